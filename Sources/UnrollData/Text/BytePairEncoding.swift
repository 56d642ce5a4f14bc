/// Text as tokens of several bytes each, learned from a text: every byte is a token, and so are the pairs of tokens that
/// were the most frequent, one after the other (Sennrich et al. 2016, on bytes as Radford et al. 2019).
///
/// Pairs are formed within pieces of the text only. A piece is a run of letters (with marks), of numbers or of other
/// characters, with one space before it if there is one; or white space up to that space. Pieces longer than 64 bytes are
/// cut. Every text, even of bytes that are not UTF-8, has tokens, and they give it back byte by byte.
public struct BytePairEncoding: Sendable, Equatable {
    /// The most bytes a piece has, and so a token: what is done for a piece takes the square of its length.
    static let longestPiece = 64

    /// The pairs that became tokens, in their order: pair i is token 256 + i.
    let merges: [Pair]
    /// The bytes of every token.
    private let tokens: [[UInt8]]
    private let merged: [Pair: Int32]

    /// Two tokens, one after the other.
    struct Pair: Hashable, Comparable, Sendable {
        var left: Int32
        var right: Int32

        static func < (a: Pair, b: Pair) -> Bool { (a.left, a.right) < (b.left, b.right) }
    }

    /// Learns tokens from a text.
    /// - Parameter size: how many tokens there shall be, at least 256, the bytes. There are fewer where the text has no
    ///   other pair twice.
    public init(training text: String, size: Int) { self.init(training: Array(text.utf8), size: size) }

    /// Learns tokens from the bytes of a text.
    /// - Parameter size: how many tokens there shall be, at least 256, the bytes.
    public init(training text: [UInt8], size: Int) {
        precondition(size >= 256, "byte pairs: \(size) tokens, and there are 256 bytes")
        self.init(merges: BytePairTraining.merges(of: text, count: size - 256))
    }

    /// - Precondition: both tokens of a pair come before its own.
    init(merges: [Pair]) {
        self.merges = merges
        var tokens = (0...255).map { [UInt8($0)] }
        var merged: [Pair: Int32] = [:]
        for pair in merges {
            merged[pair] = Int32(tokens.count)
            tokens.append(tokens[Int(pair.left)] + tokens[Int(pair.right)])
        }
        (self.tokens, self.merged) = (tokens, merged)
    }

    /// How many tokens there are.
    public var count: Int { tokens.count }

    /// The bytes of a token.
    public func bytes(of token: Int32) -> [UInt8] {
        precondition(token >= 0 && token < count, "byte pairs: token \(token) of \(count)")
        return tokens[Int(token)]
    }

    /// A token for people to read; a byte that is no character by itself as `<E2>`.
    public func tokenText(_ token: Int32) -> String {
        let bytes = bytes(of: token)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return bytes.map { byte in
            byte < 0x80 ? String(Unicode.Scalar(byte)) : "<" + String(byte, radix: 16, uppercase: true) + ">"
        }.joined()
    }
}

// MARK: Texts

extension BytePairEncoding {
    /// The tokens of a text.
    public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

    /// The tokens of any bytes.
    public func encode(_ text: [UInt8]) -> [Int32] {
        var tokens: [Int32] = []
        var known: [[UInt8]: [Int32]] = [:]
        Self.pieces(of: text) { range in
            let piece = Array(text[range])
            let found = known[piece] ?? merge(piece)
            known[piece] = found
            tokens += found
        }
        return tokens
    }

    /// A piece's bytes joined as they were in training: the earliest pair first.
    private func merge(_ piece: [UInt8]) -> [Int32] {
        var tokens = piece.map { Int32($0) }
        while true {
            var earliest: Int32?
            for (left, right) in zip(tokens, tokens.dropFirst()) {
                guard let token = merged[Pair(left: left, right: right)] else { continue }
                earliest = min(token, earliest ?? token)
            }
            guard let earliest else { return tokens }
            tokens = Self.joined(tokens, merges[Int(earliest) - 256], as: earliest)
        }
    }

    /// Every occurrence of a pair, from the left, as one token.
    static func joined(_ tokens: [Int32], _ pair: Pair, as token: Int32) -> [Int32] {
        var joined: [Int32] = []
        joined.reserveCapacity(tokens.count)
        var place = 0
        while place < tokens.count {
            let isPair = place + 1 < tokens.count && tokens[place] == pair.left && tokens[place + 1] == pair.right
            joined.append(isPair ? token : tokens[place])
            place += isPair ? 2 : 1
        }
        return joined
    }

    /// The bytes of tokens.
    public func bytes(of tokens: some Sequence<Int32>) -> [UInt8] { tokens.flatMap { bytes(of: $0) } }

    /// The text of any tokens; what is not UTF-8 is shown as `�`.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        String(decoding: bytes(of: tokens), as: UTF8.self)
    }
}

// MARK: Saving

extension BytePairEncoding {
    /// As it is saved with a model.
    public var json: JSON {
        ["merges": .array(merges.map { [.integer(Int($0.left)), .integer(Int($0.right))] })]
    }

    /// From what was saved.
    /// - Throws: `DataError.unfit` naming the first pair that no training gives.
    public init(json: JSON, name: String) throws {
        let pairs = try json.value("merges", "a list of pairs of tokens", name: name, \.array)
        guard pairs.count < Int(Int32.max) - 256 else {
            throw DataError.unfit(name: name, reason: "\(pairs.count) pairs are too many")
        }
        var lengths = [Int](repeating: 1, count: 256)
        var (merges, known): ([Pair], Set<Pair>) = ([], [])
        for (place, pair) in pairs.enumerated() {
            let parts = pair.array?.compactMap(\.integer) ?? []
            guard pair.array?.count == 2, parts.count == 2, parts.allSatisfy({ (0..<lengths.count).contains($0) })
            else {
                throw DataError.unfit(
                    name: name, reason: "pair \(place) of 'merges' is not two of the tokens before it")
            }
            let length = lengths[parts[0]] + lengths[parts[1]]
            let merge = Pair(left: Int32(parts[0]), right: Int32(parts[1]))
            guard length <= Self.longestPiece, known.insert(merge).inserted else {
                let reason = length <= Self.longestPiece ? "is there twice" : "has more than \(Self.longestPiece) bytes"
                throw DataError.unfit(name: name, reason: "pair \(place) of 'merges' \(reason)")
            }
            lengths.append(length)
            merges.append(merge)
        }
        self.init(merges: merges)
    }
}
