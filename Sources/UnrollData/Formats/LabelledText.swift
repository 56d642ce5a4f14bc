/// Texts with their classes: what classifiers learn from.
public struct LabelledText: ParsedFile, Equatable {
    /// One text.
    public struct Example: Sendable, Equatable {
        /// As it stands in the file, without spaces around it.
        public var text: String
        /// Its class's place in `labels`.
        public var label: Int

        /// An example.
        public init(text: String, label: Int) { (self.text, self.label) = (text, label) }
    }

    /// The classes, in ascending order.
    public let labels: [String]
    /// In the order of the file; at least one.
    public let examples: [Example]

    /// Reads the bytes of a file of lines `label<TAB>text`. What follows a second tab is part of the text; blank lines
    /// are passed over.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` with line and column, `.notText` for bytes that are not UTF-8.
    public init(parsing bytes: [UInt8], name: String) throws {
        var lines = TextLines(bytes, name: name)
        var found: [(label: String, text: String)] = []
        while let line = lines.next() {
            if line.isBlank { continue }
            guard let tab = line.bytes.firstIndex(of: UInt8(ascii: "\t")) else {
                throw lines.failure("there is no tab; a line is a label, a tab and a text", in: line)
            }
            let (label, text) = (line.bytes[..<tab].trimmed, line.bytes[(tab + 1)...].trimmed)
            guard !label.isEmpty else { throw lines.failure("there is no label before the tab", in: line) }
            guard !text.isEmpty else { throw lines.failure("there is no text after the tab", in: line, at: tab + 1) }
            found.append((try lines.string(label), try lines.string(text)))
        }
        guard !found.isEmpty else { throw DataError.unfit(name: name, reason: "there is no example in the file") }
        labels = Set(found.map(\.label)).sorted()
        let places = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        examples = found.map { Example(text: $0.text, label: places[$0.label] ?? 0) }
    }

    /// The texts of a file that has one a line.
    package static func texts(parsing bytes: [UInt8], name: String) throws -> [String] {
        var (lines, texts) = (TextLines(bytes, name: name), [String]())
        while let line = lines.next() {
            let text = line.bytes.trimmed
            if !text.isEmpty { texts.append(try lines.string(text)) }
        }
        guard !texts.isEmpty else { throw DataError.unfit(name: name, reason: "there is no text in the file") }
        return texts
    }
}
