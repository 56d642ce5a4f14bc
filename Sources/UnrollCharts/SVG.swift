import UnrollData

/// The elements of a drawing as text.
struct SVG {
    private(set) var text = ""

    /// An element with attributes in order, and the text in it; both are escaped.
    /// - Parameter tip: what a reader sees who points at it.
    mutating func add(
        _ name: String, _ attributes: KeyValuePairs<String, String>, content: String? = nil, tip: String? = nil
    ) {
        text += "<\(name)" + attributes.map { " \($0)=\"\(Self.escaped($1))\"" }.joined()
        if let content {
            text += ">\(Self.escaped(content))</\(name)>\n"
        } else if let tip {
            text += "><title>\(Self.escaped(tip))</title></\(name)>\n"
        } else {
            text += "/>\n"
        }
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

/// The shapes drawings are made of.
extension SVG {
    /// - Parameter angle: in degrees about its own place, clockwise.
    mutating func text(_ text: String, _ x: Double, _ y: Double, _ style: String = "", angle: Double = 0) {
        if angle == 0 {
            add("text", ["class": style, "x": x.coordinate, "y": y.coordinate], content: text)
        } else {
            let turn = "translate(\(x.coordinate) \(y.coordinate)) rotate(\(angle.fixed(0)))"
            add("text", ["class": style, "transform": turn], content: text)
        }
    }

    mutating func rule(from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ style: String) {
        add(
            "line",
            [
                "class": style, "x1": start.x.coordinate, "y1": start.y.coordinate, "x2": end.x.coordinate,
                "y2": end.y.coordinate,
            ])
    }

    /// Through points; a dot where there is but one.
    mutating func line(_ points: [(x: Double, y: Double)]) {
        if points.count == 1 {
            dot(points[0].x, points[0].y, radius: 2.5)
        } else {
            add("polyline", ["points": Self.places(points)])
        }
    }

    mutating func polygon(_ points: [(x: Double, y: Double)], _ style: String) {
        add("polygon", ["class": style, "points": Self.places(points)])
    }

    mutating func dot(_ x: Double, _ y: Double, radius: Double = 3.5, tip: String? = nil) {
        add(
            "circle",
            ["class": "dot solid", "cx": x.coordinate, "cy": y.coordinate, "r": radius.coordinate], tip: tip)
    }

    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        add(
            "rect",
            [
                "class": style, "x": x.coordinate, "y": y.coordinate, "width": width.coordinate,
                "height": height.coordinate,
            ])
    }

    private static func places(_ points: [(x: Double, y: Double)]) -> String {
        points.map { "\($0.x.coordinate),\($0.y.coordinate)" }.joined(separator: " ")
    }
}

extension Double {
    /// As coordinates are written.
    var coordinate: String { fixed(1) }
}
