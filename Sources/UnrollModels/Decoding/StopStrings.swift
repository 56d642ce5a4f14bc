/// Ends a text that comes in parts before the first of some strings: what may be the beginning of one is held back until
/// it is certain.
///
///     var stops = try StopStrings(["\n\n", "THE END"])
///     for part in parts {
///         print(stops.append(part), terminator: "")
///         if stops.isMet { break }
///     }
///     print(stops.finish())
public struct StopStrings: Sendable {
    private let strings: [[Unicode.Scalar]]
    private var held: [Unicode.Scalar] = []
    /// Whether one of the strings has come; nothing follows then.
    public private(set) var isMet = false

    /// - Parameter strings: none of them empty.
    /// - Throws: `ModelError.badSetting` for an empty one.
    public init(_ strings: [String]) throws {
        guard strings.allSatisfy({ !$0.isEmpty }) else {
            throw ModelError.badSetting(flag: "--stop", value: "''", expected: "a text to stop before")
        }
        self.strings = strings.map { Array($0.unicodeScalars) }
    }

    /// What is certain of the text with one more part. It ends with the first string that is complete, however it is cut
    /// into parts.
    public mutating func append(_ part: String) -> String {
        var certain: [Unicode.Scalar] = []
        for scalar in part.unicodeScalars where !isMet {
            held.append(scalar)
            // Of several that end here the longest; then the longest beginning of one.
            if let start = held.indices.first(where: { start in strings.contains { $0 == Array(held[start...]) } }) {
                certain += held[..<start]
                (held, isMet) = ([], true)
            } else {
                let start =
                    held.indices.first { start in strings.contains { $0.starts(with: held[start...]) } } ?? held.count
                certain += held[..<start]
                held.removeFirst(start)
            }
        }
        return text(certain)
    }

    /// What is left where the text ends of itself.
    public mutating func finish() -> String {
        defer { held = [] }
        return text(held)
    }

    private func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
