#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A row that is zero but for a few places.
public struct SparseRow: Sendable, Equatable {
    /// The places that are not zero, ascending.
    public var indices: [Int32]
    /// What is there.
    public var values: [Double]

    /// - Precondition: as many values as places.
    public init(indices: [Int32], values: [Double]) {
        precondition(indices.count == values.count, "sparse row: \(indices.count) places, \(values.count) values")
        (self.indices, self.values) = (indices, values)
    }
}

/// A document as the counts of its words, and of pairs of neighbours: scikit-learn's `CountVectorizer`.
public struct BagOfWords: Sendable, Equatable {
    /// The words and pairs (`"not good"`) that count, by their characters in ascending order.
    public let vocabulary: Vocabulary
    /// Whether pairs of neighbours count too.
    public let pairs: Bool
    /// Whether a word counts once however often it is there.
    public let binary: Bool

    /// The words of documents.
    /// - Parameter minimum: in how many documents a word must be to count.
    public init(fitting documents: [[String]], pairs: Bool = false, minimum: Int = 1, binary: Bool = false) {
        var counts: [TokenKey: Int] = [:]
        for document in documents {
            for word in Set(BagOfWords.terms(document, pairs: pairs)) { counts[word, default: 0] += 1 }
        }
        let kept = counts.compactMap { $0.value >= minimum ? $0.key.text : nil }
        vocabulary = Vocabulary(tokens: kept.sorted(by: TokenKey.precedes))
        (self.pairs, self.binary) = (pairs, binary)
    }

    /// How many words and pairs count: the length of a row.
    public var count: Int { vocabulary.count }

    /// The counts in a document; words that do not count are left out.
    public func row(_ document: [String]) -> SparseRow {
        let indices = BagOfWords.terms(document, pairs: pairs).compactMap { vocabulary.index(of: $0.text) }.sorted()
        var row = SparseRow(indices: [], values: [])
        for index in indices {
            if row.indices.last != index {
                row.indices.append(index)
                row.values.append(1)
            } else if !binary {
                row.values[row.values.count - 1] += 1
            }
        }
        return row
    }

    /// Words, then pairs of neighbours with a space between them.
    private static func terms(_ words: [String], pairs: Bool) -> [TokenKey] {
        let single = words.map { TokenKey($0) }
        return pairs ? single + zip(words, words.dropFirst()).map { TokenKey($0 + " " + $1) } : single
    }
}

/// A bag of words in which a word counts the more the fewer documents have it: scikit-learn's `TfidfVectorizer`.
///
/// A word t that df of n documents have weighs `idf(t) = ln((1 + n) / (1 + df)) + 1`; a row is `count(t) · idf(t)`,
/// divided by its length `√Σ(count · idf)²`.
public struct TFIDF: Sendable, Equatable {
    /// The words that count.
    public let bag: BagOfWords
    /// What each weighs.
    public let idf: [Double]

    /// The words and weights of documents.
    /// - Parameter minimum: in how many documents a word must be to count.
    public init(fitting documents: [[String]], pairs: Bool = false, minimum: Int = 1, binary: Bool = false) {
        bag = BagOfWords(fitting: documents, pairs: pairs, minimum: minimum, binary: binary)
        var frequencies = [Int](repeating: 0, count: bag.count)
        for document in documents { for index in bag.row(document).indices { frequencies[Int(index)] += 1 } }
        idf = frequencies.map { log(Double(1 + documents.count) / Double(1 + $0)) + 1 }
    }

    /// How many words and pairs count: the length of a row.
    public var count: Int { bag.count }

    /// The weights in a document, of length 1 or without any.
    public func row(_ document: [String]) -> SparseRow {
        var row = bag.row(document)
        for (place, index) in row.indices.enumerated() { row.values[place] *= idf[Int(index)] }
        let length = row.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { row.values = row.values.map { $0 / length } }
        return row
    }
}
