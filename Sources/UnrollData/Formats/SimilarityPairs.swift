/// Pairs of words with how similar people find them: WordSim-353 (Finkelstein et al., 2002), SimLex-999 (Hill et al.,
/// 2015) and the like.
///
/// A line has the two words and the score, between tabs, or commas, or spaces; further columns are passed over, and so
/// are comments (`#`), blank lines, and a line of names above the first pair.
public struct SimilarityPairs: ParsedFile, Equatable {
    /// Two words.
    public struct Pair: Sendable, Equatable {
        /// The words, in the file's order.
        public var first: String, second: String
        /// Larger for words that are more similar; scales differ between files.
        public var score: Double

        /// A pair.
        public init(first: String, second: String, score: Double) {
            (self.first, self.second, self.score) = (first, second, score)
        }
    }

    /// In the file's order; at least one.
    public let pairs: [Pair]

    /// Reads the bytes of a file.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` with line and column, `.notText` for bytes that are not UTF-8, `.unfit` where
    ///   there is no pair.
    public init(parsing bytes: [UInt8], name: String) throws {
        var (lines, pairs, hasHeader) = (TextLines(bytes, name: name), [Pair](), false)
        while let line = lines.next() {
            if line.isBlank || line.bytes.trimmed.first == UInt8(ascii: "#") { continue }
            let fields = Self.fields(line.bytes)
            guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty else {
                throw lines.failure("a line is two words and a score, between tabs, commas or spaces", in: line)
            }
            guard let score = fields[2].double else {
                if pairs.isEmpty, !hasHeader {
                    hasHeader = true
                    continue
                }
                throw lines.failure("the score \(fields[2].quoted) is not a number", in: line, at: fields[2].startIndex)
            }
            pairs.append(Pair(first: try lines.string(fields[0]), second: try lines.string(fields[1]), score: score))
        }
        guard !pairs.isEmpty else { throw DataError.unfit(name: name, reason: "there is no pair in the file") }
        self.pairs = pairs
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let separator = [UInt8(ascii: "\t"), UInt8(ascii: ",")].first(where: line.contains)
        guard let separator else { return line.words }
        return line.split(separator: separator, omittingEmptySubsequences: false).map(\.trimmed)
    }
}
