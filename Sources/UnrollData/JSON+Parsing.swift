extension JSON {
    /// Reads one JSON value (RFC 8259) that fills all of `bytes`.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte where it stops making sense. A name given twice in one object and
    ///   nesting deeper than 128 are refused.
    public init(parsing bytes: [UInt8], name: String) throws {
        var parser = JSONParser(bytes: bytes, name: name)
        self = try parser.whole()
    }

    /// Reads one JSON value from text.
    public init(parsing text: String, name: String) throws { try self.init(parsing: Array(text.utf8), name: name) }
}

private struct JSONParser {
    let bytes: [UInt8]
    let name: String
    var position = 0
    var depth = 0

    mutating func whole() throws -> JSON {
        let value = try value()
        guard peek == nil else { throw failure("more after the end of the JSON value") }
        return value
    }

    private var byte: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    /// The next byte that is not white space.
    private var peek: UInt8? {
        mutating get {
            while let byte, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
            return byte
        }
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> DataError {
        .malformed(name: name, offset: offset ?? position, reason: reason)
    }

    private mutating func value() throws -> JSON {
        guard let first = peek else { throw failure("a JSON value is missing") }
        switch first {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure("a JSON value is missing")
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("a JSON value is missing") }
        position += word.utf8.count
        return value
    }

    private mutating func elements() throws -> [JSON] {
        var elements: [JSON] = []
        try list(until: UInt8(ascii: "]")) { parser in elements.append(try parser.value()) }
        return elements
    }

    private mutating func members() throws -> [JSON.Member] {
        var members: [JSON.Member] = []
        var names: Set<String> = []
        try list(until: UInt8(ascii: "}")) { parser in
            guard parser.peek == UInt8(ascii: "\"") else { throw parser.failure("a member's name is missing") }
            let start = parser.position
            let name = try parser.string()
            guard names.insert(name).inserted else { throw parser.failure("'\(name)' is given twice", at: start) }
            guard parser.peek == UInt8(ascii: ":") else { throw parser.failure("':' is missing") }
            parser.position += 1
            members.append(JSON.Member(name, try parser.value()))
        }
        return members
    }

    /// What stands between brackets, separated by commas.
    private mutating func list(until end: UInt8, one: (inout Self) throws -> Void) throws {
        depth += 1
        guard depth <= 128 else { throw failure("nested deeper than 128") }
        position += 1
        if peek != end {
            try one(&self)
            while peek == UInt8(ascii: ",") {
                position += 1
                try one(&self)
            }
        }
        guard peek == end else { throw failure("',' or '\(Character(Unicode.Scalar(end)))' is missing") }
        position += 1
        depth -= 1
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number() throws -> JSON {
        let start = position
        var whole = true
        skip("-")
        if !skip("0") { try digits() }
        if skip(".") {
            whole = false
            try digits()
        }
        if skip("e") || skip("E") {
            whole = false
            if !skip("+") { skip("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw failure("a number out of range", at: start) }
        return .number(value)
    }

    @discardableResult
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func digits() throws {
        let start = position
        while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure("a digit is missing") }
    }

    private mutating func string() throws -> String {
        let start = position
        var text: [UInt8] = []
        position += 1
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("a control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: UTF8.encode(try escape())!)
            } else {
                text.append(byte)
            }
        }
        guard byte != nil else { throw failure("a string does not end", at: start) }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure("a string is not UTF-8", at: start)
        }
        return string
    }

    private mutating func escape() throws -> Unicode.Scalar {
        let start = position - 1
        defer { position += 1 }
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit(start)
            // A character beyond U+FFFF is written as two escapes, a surrogate pair.
            if UTF16.isLeadSurrogate(unit), bytes[(position + 1)...].starts(with: "\\u".utf8) {
                position += 2
                let second = try codeUnit(start)
                guard UTF16.isTrailSurrogate(second) else { throw failure("half a surrogate pair", at: start) }
                return Unicode.Scalar(0x10000 + ((UInt32(unit) & 0x3FF) << 10 | (UInt32(second) & 0x3FF)))!
            }
            guard let scalar = Unicode.Scalar(unit) else { throw failure("half a surrogate pair", at: start) }
            return scalar
        default: throw failure("an unknown escape", at: start)
        }
    }

    /// The four hexadecimal digits after the `u` at `position`, which ends at the last of them.
    private mutating func codeUnit(_ start: Int) throws -> UInt16 {
        let digits = bytes[(position + 1)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits are missing", at: start) }
        position += 4
        return unit
    }
}
