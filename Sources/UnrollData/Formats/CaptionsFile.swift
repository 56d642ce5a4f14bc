/// Captions of the rows of a file of features: lines `row<TAB>caption`, rows counted from 0. A row may have several.
public struct CaptionsFile: Sendable, Equatable {
    /// One caption.
    public struct Caption: Sendable, Equatable {
        /// Of the features.
        public var row: Int
        /// Without spaces around it.
        public var text: String

        /// A caption.
        public init(row: Int, text: String) { (self.row, self.text) = (row, text) }
    }

    /// In the file's order; at least one.
    public let captions: [Caption]

    /// Reads a file.
    /// - Parameter rows: how many the features have.
    /// - Throws: `DataError`: what `Files.read` throws, and what `init(parsing:name:rows:)` does.
    public init(reading path: String, rows: Int = .max) throws {
        try self.init(parsing: try Files.read(path), name: path, rows: rows)
    }

    /// Reads the bytes of a file; blank lines are passed over.
    /// - Parameters:
    ///   - name: what the bytes are, for errors: a path.
    ///   - rows: how many the features have.
    /// - Throws: `DataError.malformedText` with line and column, also of a row that the features do not have; `.notText`
    ///   for bytes that are not UTF-8.
    public init(parsing bytes: [UInt8], name: String, rows: Int = .max) throws {
        var (lines, captions) = (TextLines(bytes, name: name), [Caption]())
        while let line = lines.next() {
            if line.isBlank { continue }
            guard let tab = line.bytes.firstIndex(of: UInt8(ascii: "\t")) else {
                throw lines.failure("there is no tab; a line is a row, a tab and a caption", in: line)
            }
            let (number, text) = (line.bytes[..<tab].trimmed, line.bytes[(tab + 1)...].trimmed)
            guard let row = number.integer, row >= 0 else {
                throw lines.failure("\(number.quoted) is not a row's number, counted from 0", in: line)
            }
            guard row < rows else {
                throw lines.failure("there is no row \(row): the features have \(rows), counted from 0", in: line)
            }
            guard !text.isEmpty else { throw lines.failure("there is no caption after the tab", in: line, at: tab + 1) }
            captions.append(Caption(row: row, text: try lines.string(text)))
        }
        guard !captions.isEmpty else { throw DataError.unfit(name: name, reason: "there is no caption in the file") }
        self.captions = captions
    }
}
