/// Text as a language model sees it: Unicode scalars.
public enum Text {
    /// The characters of a UTF-8 file.
    /// - Throws: `DataError`: what `Files.read` throws, or `.notText`.
    public static func read(_ path: String) throws -> [Unicode.Scalar] {
        try decode(try Files.read(path), name: path)
    }

    /// Decodes UTF-8. A zero byte is refused with what is not UTF-8: no text has one, and most other files do.
    /// - Parameter name: where the bytes come from, for errors: a path.
    /// - Throws: `DataError.notText` with the offset of the first byte that is wrong.
    public static func decode(_ bytes: [UInt8], name: String) throws -> [Unicode.Scalar] {
        var characters: [Unicode.Scalar] = []
        characters.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            guard let (scalar, length) = scalar(in: bytes, at: position), scalar != "\0" else {
                throw DataError.notText(name: name, offset: position)
            }
            characters.append(scalar)
            position += length
        }
        return characters
    }

    /// The scalar whose shortest encoding begins at `position`, and how many bytes it takes.
    private static func scalar(in bytes: [UInt8], at position: Int) -> (Unicode.Scalar, Int)? {
        let first = bytes[position]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = min(first.leadingBitCount, 5)
        guard (2...4).contains(length), position + length <= bytes.count else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for byte in bytes[(position + 1)..<(position + length)] {
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let least: [UInt32] = [0x80, 0x800, 0x10000]
        guard value >= least[length - 2], let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}

extension UInt8 {
    /// How many ones it begins with.
    fileprivate var leadingBitCount: Int { (~self).leadingZeroBitCount }
}

/// The characters a model knows, in ascending order; a character's index is its place.
public struct Vocabulary: Sendable, Equatable {
    /// The characters, ascending.
    public let characters: [Unicode.Scalar]
    private let indices: [Unicode.Scalar: Int32]

    /// The different characters of a text.
    public init(of text: some Sequence<Unicode.Scalar>) {
        characters = Set(text).sorted()
        indices = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, Int32($0)) })
    }

    /// How many characters there are.
    public var count: Int { characters.count }

    /// The characters as one string.
    public var string: String { Vocabulary.string(characters) }

    /// The index of a character, if it is one of them.
    public func index(of character: Unicode.Scalar) -> Int32? { indices[character] }

    /// The index of every character of a text.
    /// - Parameter name: where the text comes from, for errors.
    /// - Throws: `DataError.unknownCharacter` with its offset in characters.
    public func encode(_ text: some Sequence<Unicode.Scalar>, name: String) throws -> [Int32] {
        try text.enumerated().map { offset, character in
            guard let index = indices[character] else {
                throw DataError.unknownCharacter(character, offset: offset, name: name)
            }
            return index
        }
    }

    /// The text of indices.
    public func decode(_ indices: some Sequence<Int32>) -> String {
        Vocabulary.string(indices.map { characters[Int($0)] })
    }

    private static func string(_ characters: [Unicode.Scalar]) -> String {
        var string = String.UnicodeScalarView()
        string.append(contentsOf: characters)
        return String(string)
    }
}
