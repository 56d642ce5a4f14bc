import UnrollData

/// The elements of a drawing as text.
struct SVG {
    private(set) var text = ""

    /// An element with attributes in order, and the text in it; both are escaped.
    mutating func add(_ name: String, _ attributes: KeyValuePairs<String, String>, content: String? = nil) {
        text += "<\(name)" + attributes.map { " \($0)=\"\(Self.escaped($1))\"" }.joined()
        text += content.map { ">\(Self.escaped($0))</\(name)>\n" } ?? "/>\n"
    }

    /// A part that holds others.
    mutating func group(_ attributes: KeyValuePairs<String, String>, _ parts: (inout SVG) -> Void) {
        text += "<g" + attributes.map { " \($0)=\"\(Self.escaped($1))\"" }.joined() + ">\n"
        parts(&self)
        text += "</g>\n"
    }

    /// Text that is ours, as it is.
    mutating func add(verbatim text: String) { self.text += text }

    /// What XML takes for markup is written out; what it does not allow at all is replaced.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Double {
    /// As coordinates are written.
    var coordinate: String { fixed(1) }
}
