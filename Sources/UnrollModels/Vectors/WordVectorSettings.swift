import UnrollCompute

/// How word vectors are learned from a text.
public struct WordVectorSettings: Sendable, Equatable {
    /// What is learned from.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// Every word near it is to foretell a word, told from noise (Mikolov et al. 2013, arXiv:1310.4546).
        case skipGram = "skip-gram"
        /// The mean of the words near it is to foretell a word, told from noise (arXiv:1301.3781).
        case bagOfWords = "cbow"
        /// Products of vectors are to be the logarithms of how often words are near each other (Pennington, Socher &
        /// Manning 2014).
        case gloVe = "glove"
    }

    /// What is learned from.
    public var algorithm: Algorithm
    /// How many numbers stand for a word.
    public var dimensions = 100
    /// How far away a word may be to be near. Negative sampling draws the reach for each word evenly from 1 to this; GloVe
    /// divides by the distance.
    public var window = 5
    /// Noise words for every word, drawn in proportion to their counts to the power of ¾: negative sampling only.
    public var negatives = 5
    /// Words that are there less often are left out, as if the text did not have them.
    public var minimumCount = 5
    /// Words that are more than this part of the text are dropped at random, the more the more frequent they are; 0 drops
    /// none. Negative sampling only.
    public var subsampling = 1e-3
    /// How often the text, or the table of pairs, is gone through.
    public var epochs = 5
    /// η, of negative sampling at the start: it falls to next to nothing in a straight line. GloVe's AdaGrad keeps it.
    public var learningRate: Float = 0.025
    /// xₘ of GloVe: pairs that are there as often as this have the full weight, others (x / xₘ)^¾.
    public var fullCount: Float = 10
    /// The same seed gives the same vectors, bit by bit, for any number of threads.
    public var seed = 1

    /// The usual settings of an algorithm: those of gensim, and of the authors' GloVe.
    public init(_ algorithm: Algorithm = .skipGram) {
        self.algorithm = algorithm
        if algorithm == .gloVe { (window, epochs, learningRate) = (10, 25, 0.05) }
    }

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    public func check() throws {
        try ModelError.check("--dimensions", dimensions, in: 1...1 << 16)
        try ModelError.check("--window", window, in: 1...NegativeSampling.Shape.greatestWindow)
        try ModelError.check("--negatives", negatives, in: 1...NegativeSampling.Shape.mostNegatives)
        try ModelError.check("--minimum-count", minimumCount, in: 1...Int(Int32.max))
        try ModelError.check("--epochs", epochs, in: 1...1_000_000)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        guard learningRate > 0, learningRate <= 10 else {
            throw ModelError.badSetting(
                flag: "--learning-rate", value: "\(learningRate)", expected: "a number above 0, at most 10")
        }
        guard subsampling >= 0, subsampling <= 1 else {
            throw ModelError.badSetting(
                flag: "--subsampling", value: "\(subsampling)", expected: "a number from 0 to 1")
        }
        guard fullCount >= 1, fullCount.isFinite else {
            throw ModelError.badSetting(flag: "--full-count", value: "\(fullCount)", expected: "a number from 1 on")
        }
    }
}
