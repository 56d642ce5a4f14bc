/// The text of indices as they come, for what is shown while it is made: all parts together are what
/// `TextEncoding.decode` gives.
public struct TextStream: Sendable {
    private let encoding: TextEncoding
    private var joiner = WordJoiner()
    /// The first bytes of a character that is not complete yet.
    private var bytes: [UInt8] = []

    /// A text from its beginning, or behind another, which is not given again: a word that needs a space after that one
    /// comes with it.
    public init(_ encoding: TextEncoding, after text: String = "") {
        self.encoding = encoding
        if case .words(let splitter, _) = encoding {
            joiner = WordJoiner(after: splitter.words(in: text), isSpaced: text.last?.isWhitespace ?? false)
        }
    }

    /// What is certain of the text with one more index; what is not comes with the next.
    public mutating func append(_ index: Int32) -> String {
        switch encoding {
        case .characters(let vocabulary): return vocabulary[Int(index)]
        case .words(_, let vocabulary): return joiner.append(vocabulary[Int(index)])
        case .bytePairs(let pairs):
            bytes += pairs.bytes(of: index)
            let end = bytes.count - incomplete
            defer { bytes.removeFirst(end) }
            return String(decoding: bytes[..<end], as: UTF8.self)
        }
    }

    /// What is left at the end.
    public mutating func finish() -> String {
        defer { bytes = [] }
        return joiner.finish() + String(decoding: bytes, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that has more.
    private var incomplete: Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            // Its first byte begins with as many ones as it has bytes; the others with 10.
            if byte & 0xC0 != 0x80 { return (~byte).leadingZeroBitCount > length ? length : 0 }
        }
        return 0
    }
}
