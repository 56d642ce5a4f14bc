/// The lines of a text file: what readers of formats with one record a line share, errors with their places first.
///
/// Lines end with `\n` or `\r\n`; a byte order mark at the start says nothing.
struct TextLines {
    /// One line, without its end.
    struct Line {
        /// Counts from 1.
        var number: Int
        var bytes: ArraySlice<UInt8>

        /// Whether nothing but spaces and tabs stands on it.
        var isBlank: Bool { bytes.allSatisfy(\.isBlank) }
    }

    let bytes: [UInt8]
    let name: String
    /// Of the line that is next: its number, and where it starts; nil after the last.
    private var (number, start): (Int, Int?)

    init(_ bytes: [UInt8], name: String) {
        (self.bytes, self.name) = (bytes, name)
        (number, start) = (1, bytes.markEnd)
    }

    /// How many lines there are up to here; what follows the last end of line is a line only if there is something.
    var count: Int { number - 1 }

    mutating func next() -> Line? {
        guard let first = start, first < bytes.endIndex else { return nil }
        let end = bytes[first...].firstIndex(of: UInt8(ascii: "\n"))
        var line = bytes[first..<(end ?? bytes.endIndex)]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { (number, start) = (number + 1, end.map { $0 + 1 }) }
        return Line(number: number, bytes: line)
    }

    /// Part of a line as text.
    /// - Throws: `DataError.notText` with the offset of the byte that is wrong.
    func string(_ text: ArraySlice<UInt8>) throws -> String { try text.string(name: name) }

    /// An error where the text ends, when all lines are read: behind the last, or at the start of what would be the next.
    func end(_ reason: String) -> DataError {
        let last = bytes[bytes.markEnd...].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.markEnd
        let line = start == nil ? number - 1 : number
        return .malformedText(name: name, line: line, column: bytes[last...].characterCount + 1, reason: reason)
    }

    /// An error at a place in a line; columns are counted in characters.
    func failure(_ reason: String, in line: Line, at index: Int? = nil) -> DataError {
        let place = min(max(index ?? line.bytes.startIndex, line.bytes.startIndex), line.bytes.endIndex)
        let column = line.bytes[..<place].characterCount + 1
        return .malformedText(name: name, line: line.number, column: column, reason: reason)
    }
}

extension String {
    /// Its lines, blank ones with them, as all files of lines are read: they end with `\n` or `\r\n`, and what follows
    /// the last end is a line only if there is something.
    package var textLines: [String] {
        var (lines, all) = (TextLines(Array(utf8), name: ""), [String]())
        while let line = lines.next() { all.append(String(decoding: line.bytes, as: UTF8.self)) }
        return all
    }
}

extension [UInt8] {
    /// Where the text begins: behind the byte order mark, if there is one.
    var markEnd: Int { starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
}

extension UInt8 {
    /// A space or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }
}

extension ArraySlice<UInt8> {
    /// Without spaces and tabs at both ends.
    var trimmed: ArraySlice<UInt8> {
        let start = firstIndex { !$0.isBlank } ?? endIndex
        let end = self[start...].lastIndex { !$0.isBlank }.map { $0 + 1 } ?? start
        return self[start..<end]
    }

    /// What stands between spaces and tabs.
    var words: [ArraySlice<UInt8>] { split(whereSeparator: \.isBlank) }

    /// What stands between tabs, blank or not.
    var tabbed: [ArraySlice<UInt8>] { split(separator: 0x09, omittingEmptySubsequences: false) }

    /// How many characters of UTF-8 begin here.
    var characterCount: Int { count { $0 & 0xC0 != 0x80 } }

    /// The start of it, for an error.
    var quoted: String {
        var end = Swift.min(startIndex + 24, endIndex)
        // Not within a character.
        while end < endIndex, end > startIndex, self[end] & 0xC0 == 0x80 { end -= 1 }
        return "'" + String(decoding: self[..<end], as: UTF8.self) + (end < endIndex ? "…" : "") + "'"
    }

    /// As text.
    /// - Throws: `DataError.notText` with the offset of the byte that is wrong.
    func string(name: String) throws -> String {
        if let string = String(validating: self, as: UTF8.self) { return string }
        var (offset, iterator, parser) = (startIndex, makeIterator(), UTF8.ForwardParser())
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        throw DataError.notText(name: name, offset: offset)
    }
}
