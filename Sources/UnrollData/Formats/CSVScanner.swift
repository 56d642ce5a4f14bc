/// Cuts a table's bytes into records and fields.
struct CSVScanner: Sendable {
    /// A field: its bytes in the file, or what is within its quotes.
    struct Field {
        var text: ArraySlice<UInt8>
        /// With the quote, if it has one.
        var start: Int
        var isQuoted = false
    }

    /// A line, or several where a field in quotes goes over their ends.
    struct Record {
        var fields: [Field]
        var start: Int
        /// Where its last field ends, and where the next record begins.
        var (textEnd, end): (Int, Int)
    }

    let bytes: [UInt8]
    let name: String
    private let separator: UInt8

    init(bytes: [UInt8], name: String) {
        (self.bytes, self.name) = (bytes, name)
        separator = Self.separator(in: bytes)
    }

    /// The one that the first line has most of, outside of quotes.
    private static func separator(in bytes: [UInt8]) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        var counts = [0, 0, 0]
        var (isQuoted, hasText) = (false, false)
        for byte in bytes[bytes.markEnd...] {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if hasText { break }
                continue
            }
            hasText = hasText || !byte.isBlank
            if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
        }
        let most = max(counts[0], counts[1], counts[2])
        return candidates[counts.firstIndex(of: most) ?? 0]
    }

    /// The record at or after `position`; nil where only blank lines are left.
    func record(at position: Int) throws -> Record? {
        var position = position
        while position < bytes.endIndex {
            let record = try fields(at: position)
            let isBlank = record.fields.allSatisfy { !$0.isQuoted && $0.text.allSatisfy(\.isBlank) }
            guard record.fields.count == 1, isBlank else { return record }
            position = record.end
        }
        return nil
    }

    private func fields(at start: Int) throws -> Record {
        var record = Record(fields: [], start: start, textEnd: start, end: start)
        var position = start
        while true {
            let field = try field(at: position)
            record.fields.append(field)
            position = field.isQuoted ? field.text.endIndex + 1 : field.text.endIndex
            guard position < bytes.endIndex, bytes[position] == separator else { break }
            position += 1
        }
        record.textEnd = position
        if position < bytes.endIndex {
            let isPair = bytes[position...].starts(with: [0x0D, 0x0A])
            position += isPair ? 2 : 1
        }
        record.end = position
        return record
    }

    private func field(at start: Int) throws -> Field {
        guard start < bytes.endIndex, bytes[start] == UInt8(ascii: "\"") else {
            let end = bytes[start...].firstIndex { $0 == separator || $0 == 0x0A || $0 == 0x0D } ?? bytes.endIndex
            return Field(text: bytes[start..<end], start: start)
        }
        var position = start + 1
        while let quote = bytes[position...].firstIndex(of: UInt8(ascii: "\"")) {
            let next = quote + 1
            guard next < bytes.endIndex, bytes[next] == UInt8(ascii: "\"") else {
                guard next == bytes.endIndex || [separator, 0x0A, 0x0D].contains(bytes[next]) else {
                    throw failure("more text after the quote that ends a field; double a quote within one", at: next)
                }
                return Field(text: bytes[(start + 1)..<quote], start: start, isQuoted: true)
            }
            position = next + 1
        }
        throw failure("a field begins with a quote that does not end", at: start)
    }

    /// A field's text, its doubled quotes as one.
    func string(_ field: Field) throws -> String {
        let string = try field.text.string(name: name)
        guard field.isQuoted, field.text.contains(UInt8(ascii: "\"")) else { return string }
        var (text, isSecond): ([UInt8], Bool) = ([], false)
        for byte in field.text {
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            if byte != UInt8(ascii: "\"") || isSecond { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The columns' names; those without one, as the first of a table of a data frame, may be several.
    func names(_ fields: [Field]) throws -> [String] {
        var seen: Set<String> = []
        return try fields.map { field in
            let name = field.isQuoted ? try string(field) : try field.text.trimmed.string(name: self.name)
            guard name.isEmpty || seen.insert(name).inserted else {
                throw failure("two columns are called \(Array(name.utf8)[...].quoted)", at: field.start)
            }
            return name
        }
    }

    /// An error at a byte.
    func failure(_ reason: String, at offset: Int) -> DataError {
        var (line, lineStart) = (1, bytes.markEnd)
        for (place, byte) in bytes[..<offset].enumerated() {
            let isPair = byte == 0x0D && place + 1 < bytes.endIndex && bytes[place + 1] == 0x0A
            if byte == 0x0A || (byte == 0x0D && !isPair) { (line, lineStart) = (line + 1, place + 1) }
        }
        let column = bytes[min(lineStart, offset)..<offset].characterCount + 1
        return .malformedText(name: name, line: line, column: column, reason: reason)
    }
}
