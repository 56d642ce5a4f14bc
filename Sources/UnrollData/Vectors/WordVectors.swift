/// Words and a vector for each.
///
/// Neighbours and analogies are those gensim's `KeyedVectors` gives.
public struct WordVectors: Sendable {
    /// The words, each once; usually the most frequent first.
    public let words: [String]
    /// How many numbers a vector has.
    public let dimensions: Int
    /// The vectors, `[words, dimensions]`, row-major.
    public let values: [Float]
    /// The same divided by their Euclidean lengths; a vector of zeros stays.
    public let unitValues: [Float]
    private let indices: [TokenKey: Int]

    /// - Parameter values: `[words, dimensions]`. Of a word that is there twice, the first vector counts.
    public init(words: [String], dimensions: Int, values: [Float]) {
        precondition(
            dimensions > 0 && values.count == words.count * dimensions,
            "word vectors: \(words.count) words, \(dimensions) dimensions, \(values.count) numbers")
        (self.words, self.dimensions, self.values) = (words, dimensions, values)
        indices = Dictionary(words.enumerated().map { (TokenKey($1), $0) }, uniquingKeysWith: { first, _ in first })
        unitValues = [Float](unsafeUninitializedCapacity: values.count) { units, count in
            for row in 0..<words.count {
                let vector = values[row * dimensions..<(row + 1) * dimensions]
                let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                let scale = length > 0 ? 1 / length : 1
                for (i, value) in zip(row * dimensions..<(row + 1) * dimensions, vector) {
                    units[i] = Float(Double(value) * scale)
                }
            }
            count = values.count
        }
    }

    /// The place of a word, if it is one of them.
    public func index(of word: String) -> Int? { indices[TokenKey(word)] }

    /// The vector of a word, `[dimensions]`, if it is one of them.
    public subscript(_ word: String) -> [Float]? {
        index(of: word).map { Array(values[$0 * dimensions..<($0 + 1) * dimensions]) }
    }
}
