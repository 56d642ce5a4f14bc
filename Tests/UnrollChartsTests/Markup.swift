/// What the tests read from drawings.
enum Markup {
    /// The values of an attribute, in order.
    static func values(of attribute: String, in svg: some StringProtocol) -> [String] {
        String(svg).split(separator: " \(attribute)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    /// An attribute as a number.
    static func number(_ attribute: String, in element: some StringProtocol) -> Double? {
        values(of: attribute, in: element).first.flatMap(Double.init)
    }

    /// The lines of elements with a class among theirs.
    static func elements(_ name: String, _ style: String, in svg: String) -> [String] {
        svg.split(separator: "\n").map(String.init).filter { line in
            line.hasPrefix("<\(name) ")
                && (values(of: "class", in: line).first ?? "").split(separator: " ").contains(Substring(style))
        }
    }

    /// What is written in the drawing, in order.
    static func texts(in svg: String) -> [String] {
        svg.split(separator: "\n").filter { $0.hasPrefix("<text") }.map {
            String($0.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" })
        }
    }

    /// Whether every element ends where it should, and nothing else looks like markup.
    static func isWellFormed(_ svg: String) -> Bool {
        var open: [Substring] = []
        var rest = svg[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return false }
            let tag = rest[rest.index(after: start)..<end]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else {
                guard !tag.contains("<"), tag.filter({ $0 == "\"" }).count.isMultiple(of: 2) else { return false }
                if !tag.hasSuffix("/") { open.append(tag.prefix { $0 != " " }) }
            }
            rest = rest[rest.index(after: end)...]
        }
        return open.isEmpty && svg.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" }
    }
}
