/// Finds out a file's format and reads it.
struct WordVectorsParser {
    private let bytes: [UInt8]
    private let name: String
    private var (words, values): ([String], [Float]) = ([], [])
    private var (seen, duplicates): (Set<TokenKey>, Int) = ([], 0)

    init(bytes: [UInt8], name: String) { (self.bytes, self.name) = (bytes, name) }

    mutating func whole() throws -> WordVectorsFile {
        var lines = TextLines(bytes, name: name)
        guard let first = lines.next() else { throw DataError.unfit(name: name, reason: "the file is empty") }
        let fields = first.bytes.words
        guard fields.count == 2, let count = fields[0].integer, let dimensions = fields[1].integer else {
            return try readText(TextLines(bytes, name: name), count: nil, dimensions: fields.count - 1, .glove)
        }
        guard count >= 0, dimensions > 0 else {
            throw lines.failure("\(count) words of \(dimensions) dimensions; vectors need at least one", in: first)
        }
        let start = min(first.bytes.endIndex, bytes.endIndex)
        let body = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
        let isText = isText(at: body, dimensions: dimensions)
        // A word is a byte at least. Text: a space and a digit for each number, and the end of a line.
        let (numbers, overflow) = dimensions.multipliedReportingOverflow(by: isText ? 2 : 4)
        let (least, tooMany) = count.multipliedReportingOverflow(by: overflow ? .max : numbers)
        guard !overflow, !tooMany, least <= bytes.count - body else {
            let reason = "\(count) words of \(dimensions) dimensions do not fit in \(bytes.count - body) bytes"
            throw lines.failure(reason + ": cut off, or no file of vectors", in: first)
        }
        values.reserveCapacity(count * dimensions)
        if isText { return try readText(lines, count: count, dimensions: dimensions, .text) }
        return try readBinary(at: body, count: count, dimensions: dimensions)
    }

    /// Whether what follows the line of sizes is text: it begins with a line as it should be, or has no byte that text
    /// does not have, so that a mistake in the first line is told as one.
    private func isText(at start: Int, dimensions: Int) -> Bool {
        let fields = bytes[start...].prefix { $0 != 0x0A && $0 != 0x0D }.words
        if fields.count > dimensions, fields.suffix(dimensions).allSatisfy({ $0.float != nil }) { return true }
        return bytes[start...].prefix(1 << 12).allSatisfy { $0 >= 0x20 || (0x09...0x0D).contains($0) }
    }

    /// True where the word is new.
    private mutating func add(_ text: ArraySlice<UInt8>) -> Bool {
        let word = String(decoding: text, as: UTF8.self)
        guard seen.insert(TokenKey(word)).inserted else {
            duplicates += 1
            return false
        }
        words.append(word)
        return true
    }

    private func file(_ dimensions: Int, _ format: WordVectorsFile.Format) -> WordVectorsFile {
        WordVectorsFile(
            words: words, dimensions: dimensions, values: values, duplicates: duplicates, format: format)
    }

    // MARK: Text

    private mutating func readText(
        _ lines: TextLines, count: Int?, dimensions: Int, _ format: WordVectorsFile.Format
    ) throws -> WordVectorsFile {
        var (lines, read) = (lines, 0)
        while let line = lines.next() {
            if line.isBlank { continue }
            guard dimensions > 0 else { throw lines.failure("a word and no numbers", in: line) }
            if let count, read == count {
                throw lines.failure("more words than the \(count) that the first line says", in: line)
            }
            try readLine(line, of: lines, dimensions)
            read += 1
        }
        if let count, read < count {
            let reason = "\(read) words where the first line says \(count): the file is cut off"
            throw DataError.malformedText(name: name, line: lines.count + 1, column: 1, reason: reason)
        }
        guard !words.isEmpty else { throw DataError.unfit(name: name, reason: "there is no word in the file") }
        return file(dimensions, format)
    }

    /// The numbers are the last of a line; what stands before them is the word, which in some of GloVe's files has
    /// spaces.
    private mutating func readLine(_ line: TextLines.Line, of lines: TextLines, _ dimensions: Int) throws {
        let fields = line.bytes.words
        // A word may be a space of another kind, or nothing at all.
        let isWordEmpty = fields.count == dimensions && line.bytes.first?.isBlank == true
        guard fields.count > dimensions || isWordEmpty else {
            let found = fields.count - 1
            throw lines.failure("\(found) numbers where \(dimensions) are expected", in: line, at: line.bytes.endIndex)
        }
        let numbers = fields.suffix(dimensions)
        let vector = try numbers.map { text in
            guard let number = text.float else {
                throw lines.failure("\(text.quoted) is not a number", in: line, at: text.startIndex)
            }
            return number
        }
        let word = line.bytes[line.bytes.startIndex..<(numbers.first?.startIndex ?? line.bytes.startIndex)].trimmed
        if add(word) { values += vector }
    }

    // MARK: Binary

    private mutating func readBinary(at start: Int, count: Int, dimensions: Int) throws -> WordVectorsFile {
        let size = 4 * dimensions
        var position = start
        for read in 0..<count {
            if position < bytes.endIndex, bytes[position] == 0x0A { position += 1 }
            guard let space = bytes[position...].firstIndex(of: 0x20), space + 1 + size <= bytes.endIndex else {
                let reason = "\(read) words where the first line says \(count): the file is cut off"
                throw DataError.malformed(name: name, offset: position, reason: reason)
            }
            if add(bytes[position..<space]) { try readVector(at: space + 1, dimensions) }
            position = space + 1 + size
        }
        if position < bytes.endIndex, bytes[position] == 0x0A { position += 1 }
        guard position == bytes.endIndex else {
            let reason = "more bytes than the \(count) words of \(dimensions) dimensions that the first line says"
            throw DataError.malformed(name: name, offset: position, reason: reason)
        }
        guard !words.isEmpty else { throw DataError.unfit(name: name, reason: "there is no word in the file") }
        return file(dimensions, .binary)
    }

    private mutating func readVector(at start: Int, _ dimensions: Int) throws {
        for place in 0..<dimensions {
            let bits = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start + 4 * place, as: UInt32.self) }
            let value = Float(bitPattern: UInt32(littleEndian: bits))
            guard value.isFinite else {
                let reason = "a number of \(Array((words.last ?? "").utf8)[...].quoted) is not finite"
                throw DataError.malformed(name: name, offset: start + 4 * place, reason: reason)
            }
            values.append(value)
        }
    }
}
