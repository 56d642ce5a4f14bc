/// Reads the header of a `.npy` file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, as Python writes
/// a dictionary.
struct NPYHeaderParser {
    struct Header {
        var kind: StoredNumbers.Kind
        var isBigEndian: Bool
        var isFortranOrder: Bool
        var shape: [Int]
    }

    private let text: ArraySlice<UInt8>
    private let name: String
    private var position: Int

    init(text: ArraySlice<UInt8>, name: String) { (self.text, self.name, position) = (text, name, text.startIndex) }

    mutating func whole() throws -> Header {
        var type: (kind: StoredNumbers.Kind, isBigEndian: Bool)?
        var (isFortranOrder, shape): (Bool?, [Int]?)
        try expect("{")
        while !skip("}") {
            let start = position
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where type == nil: type = try self.type()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try flag()
            case "shape" where shape == nil: shape = try sizes()
            default: throw failure("the header has '\(key)' where it should not", at: start)
            }
            if !skip(",") {
                try expect("}")
                break
            }
        }
        guard let type, let isFortranOrder, let shape else {
            throw failure("the header lacks one of 'descr', 'fortran_order' and 'shape'", at: text.startIndex)
        }
        return Header(
            kind: type.kind, isBigEndian: type.isBigEndian, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func type() throws -> (kind: StoredNumbers.Kind, isBigEndian: Bool) {
        skipSpace()
        let start = position
        guard position < text.endIndex, text[position] != UInt8(ascii: "[") else {
            throw failure("an array of records; one of numbers is needed", at: start)
        }
        let code = try string()
        let hasOrder = code.first.map { "<>|=".contains($0) } ?? false
        guard let kind = Self.kinds[String(code.dropFirst(hasOrder ? 1 : 0))] else {
            let known = "b1 i1 i2 i4 i8 u1 u2 u4 f4 f8"
            throw failure("numbers of type '\(code)' are not read (\(known)); use astype('float32')", at: start)
        }
        return (kind, code.first == ">")
    }

    private static let kinds: [String: StoredNumbers.Kind] = [
        "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32,
        "f4": .float32, "f8": .float64,
    ]

    private mutating func flag() throws -> Bool {
        if skip("True") { return true }
        try expect("False")
        return false
    }

    /// `()`, `(3,)`, `(3, 4)`; Python 2 wrote `(3L, 4L)`.
    private mutating func sizes() throws -> [Int] {
        var sizes: [Int] = []
        try expect("(")
        while !skip(")") {
            skipSpace()
            let start = position
            let digits = text[position...].prefix { (0x30...0x39).contains($0) }
            guard let size = digits.integer, sizes.count < 64 else {
                throw failure("a shape is up to 64 whole numbers", at: start)
            }
            position = digits.endIndex
            skip("L")
            sizes.append(size)
            if !skip(",") {
                try expect(")")
                break
            }
        }
        return sizes
    }

    private mutating func string() throws -> String {
        skipSpace()
        let quote = position < text.endIndex ? text[position] : 0
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            let end = text[(position + 1)...].firstIndex(of: quote)
        else { throw failure("a text in quotes is missing", at: position) }
        defer { position = end + 1 }
        let inner = text[(position + 1)..<end]
        guard inner.count <= 24, inner.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw failure("\(inner.quoted) is not part of such a header", at: position)
        }
        return String(decoding: inner, as: UTF8.self)
    }

    private mutating func skipSpace() {
        while position < text.endIndex, text[position].isBlank { position += 1 }
    }

    @discardableResult
    private mutating func skip(_ word: String) -> Bool {
        skipSpace()
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func expect(_ word: String) throws {
        guard skip(word) else { throw failure("'\(word)' is missing", at: position) }
    }

    private func failure(_ reason: String, at offset: Int) -> DataError {
        .malformed(name: name, offset: offset, reason: "header: " + reason)
    }
}
