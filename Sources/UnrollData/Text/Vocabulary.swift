/// The tokens a model knows, characters or words; a token's index is its place.
///
/// Special tokens come first, in the order given: padding, unknown, start, end or any others. A token that a text
/// happens to have in the form of a special one (`<unk>`) is that special one.
public struct Vocabulary: Sendable {
    /// The usual names of special tokens. A vocabulary with `unknown` encodes every text.
    public enum Special {
        /// Fills rows that are shorter than the others.
        public static let padding = "<pad>"
        /// Stands for what the vocabulary does not have.
        public static let unknown = "<unk>"
        /// Begins a row.
        public static let start = "<s>"
        /// Ends a row.
        public static let end = "</s>"
    }

    /// The tokens by index, special ones first.
    public let tokens: [String]
    /// How many of them are special.
    public let specialCount: Int
    /// The index of `Special.padding`, if it is among the special tokens.
    public let padding: Int32?
    /// The index of `Special.unknown`, if it is among the special tokens.
    public let unknown: Int32?
    private let indices: [TokenKey: Int32]
    /// The tokens that are one character: texts by characters need no strings.
    private let characterIndices: [Unicode.Scalar: Int32]

    /// Special tokens, then the others as they come.
    /// - Precondition: no token is there twice.
    public init(tokens: [String], specials: [String] = []) {
        self.tokens = specials + tokens
        specialCount = specials.count
        var indices: [TokenKey: Int32] = [:]
        indices.reserveCapacity(self.tokens.count)
        var characterIndices: [Unicode.Scalar: Int32] = [:]
        for (index, token) in self.tokens.enumerated() {
            let former = indices.updateValue(Int32(index), forKey: TokenKey(token))
            precondition(former == nil, "a vocabulary with '\(token)' twice")
            if token.unicodeScalars.count == 1 { characterIndices[token.unicodeScalars.first!] = Int32(index) }
        }
        (self.indices, self.characterIndices) = (indices, characterIndices)
        let special = { (name: String) in specials.firstIndex(of: name).map { Int32($0) } }
        (padding, unknown) = (special(Special.padding), special(Special.unknown))
    }

    /// The different characters of a text, in ascending order.
    public init(of text: some Sequence<Unicode.Scalar>) {
        self.init(tokens: Set(text).sorted().map { String($0) })
    }

    /// The different tokens of a text, the most frequent first, among equals by their characters.
    /// - Parameters:
    ///   - limit: how many tokens there may be with the special ones; the least frequent are left out.
    ///   - minimum: how often a token must be there to be kept.
    ///   - specials: tokens that come first whether the text has them or not; no two alike.
    public init(
        counting text: some Sequence<String>, limit: Int? = nil, minimum: Int = 1, specials: [String] = []
    ) {
        var counts: [TokenKey: Int] = [:]
        for token in text { counts[TokenKey(token), default: 0] += 1 }
        for special in specials { counts[TokenKey(special)] = nil }
        let ordered = counts.filter { $0.value >= minimum }.sorted {
            $0.value == $1.value ? TokenKey.precedes($0.key.text, $1.key.text) : $0.value > $1.value
        }
        let room = limit.map { max(0, $0 - specials.count) } ?? ordered.count
        self.init(tokens: ordered.prefix(room).map(\.key.text), specials: specials)
    }

    /// How many tokens there are, with the special ones.
    public var count: Int { tokens.count }

    /// The special tokens.
    public var specials: [String] { Array(tokens.prefix(specialCount)) }

    /// The token of an index.
    public subscript(_ index: Int) -> String { tokens[index] }

    /// The index of a token, if it is one of them.
    public func index(of token: String) -> Int32? { indices[TokenKey(token)] }
}

extension Vocabulary: Equatable {
    /// The same tokens, byte by byte, in the same places.
    public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
        a.specialCount == b.specialCount && a.indices == b.indices
    }
}

// MARK: Texts

extension Vocabulary {
    /// The index of every token; of unknown ones that of `Special.unknown`.
    /// - Parameter name: where the tokens come from, for errors.
    /// - Throws: `DataError.unknownToken` where the vocabulary has no `Special.unknown`.
    public func encode(_ tokens: [String], name: String) throws -> [Int32] {
        try tokens.enumerated().map { position, token in
            guard let index = indices[TokenKey(token)] ?? unknown else {
                throw DataError.unknownToken(token, position: position, name: name)
            }
            return index
        }
    }

    /// The index of every character; of unknown ones that of `Special.unknown`.
    /// - Parameter name: where the text comes from, for errors.
    /// - Throws: `DataError.unknownCharacter` where the vocabulary has no `Special.unknown`.
    public func encode(_ text: some Sequence<Unicode.Scalar>, name: String) throws -> [Int32] {
        try text.enumerated().map { offset, character in
            guard let index = characterIndices[character] ?? unknown else {
                throw DataError.unknownCharacter(character, offset: offset, name: name)
            }
            return index
        }
    }

    /// The tokens of indices.
    public func tokens(of indices: some Sequence<Int32>) -> [String] { indices.map { tokens[Int($0)] } }

    /// The tokens of indices with nothing between them: the text where tokens are characters.
    public func decode(_ indices: some Sequence<Int32>) -> String { tokens(of: indices).joined() }

    /// Rows with a 1 at their index and 0 elsewhere, `[indices.count, count]`.
    public func oneHot(_ indices: [Int32]) -> [Float] {
        var rows = [Float](repeating: 0, count: indices.count * count)
        for (row, index) in indices.enumerated() {
            precondition(index >= 0 && index < count, "one-hot row: index \(index) of \(count) tokens")
            rows[row * count + Int(index)] = 1
        }
        return rows
    }
}

// MARK: Characters

extension Vocabulary {
    /// All tokens as one string; where each is a character, `init(of:)` of it gives the vocabulary back.
    public var string: String { tokens.joined() }

    /// The characters of all tokens.
    public var characters: [Unicode.Scalar] { Array(string.unicodeScalars) }

    /// The index of a character, if it is one of the tokens.
    public func index(of character: Unicode.Scalar) -> Int32? { characterIndices[character] }
}
