import CUnrollMicroKernels

/// Skip-gram and continuous bag of words by negative sampling, on the CPU: the memory of a run, and its rounds.
///
/// A round is so many blocks of the text, however many threads there are. Each learns from the weights as they were when
/// the round began and from its own changes since; then all changes are added in the order of the blocks, fewer
/// of a row that they all change much. So the numbers
/// depend on nothing but the arguments.
package final class NegativeSampling {
    /// What is learned.
    package struct Shape: Sendable {
        package var dimensions: Int
        package var window: Int
        package var negatives: Int
        /// The mean of the words around foretells a word; else each of them does.
        package var averages: Bool

        package init(dimensions: Int, window: Int, negatives: Int, averages: Bool) {
            (self.dimensions, self.window, self.negatives) = (dimensions, window, negatives)
            self.averages = averages
        }

        package static let greatestWindow = UNROLL_MOST_CONTEXTS / 2
        package static let mostNegatives = UNROLL_MOST_OUTPUTS - 1
    }

    /// Tokens of a block: short enough that a frequent word has not moved far before the blocks hear of each other.
    package static let block = 128
    /// Of a round: as many threads find work.
    package static let blocks = 16

    private let shape: Shape
    private let backend: CPUBackend
    private let key: RandomKey
    private let tokens: WordVectorMemory<Int32>
    private let kept: WordVectorMemory<UInt32>
    private let noise: (thresholds: WordVectorMemory<UInt32>, aliases: WordVectorMemory<Int32>)
    private let rows: WordVectorRows
    private let copies: WordVectorMemory<Float>
    private let touched: WordVectorMemory<Int32>
    private let totals: WordVectorMemory<Int32>
    private let slots: WordVectorMemory<Int32>
    private let lists: WordVectorMemory<Int32>
    private let dx: WordVectorMemory<Float>
    private let losses = WordVectorMemory<Double>(count: NegativeSampling.blocks, repeating: 0)
    private let examples = WordVectorMemory<Int>(count: NegativeSampling.blocks, repeating: 0)
    private let slotsOfBlock: Int
    private let listed: Int

    /// - Parameters:
    ///   - tokens: the text, as words by number and −1 between sentences.
    ///   - kept: of each word, how likely a token of it is used, in units of 2⁻³²; the greatest number is always.
    ///   - noise: how often each word is to be drawn, in any unit.
    ///   - vectors: `[words, dimensions]`, what to begin with; the outputs begin with 0.
    package init(
        _ shape: Shape, tokens: [Int32], kept: [UInt32], noise: [Double], vectors: [Float], key: RandomKey,
        on backend: CPUBackend
    ) {
        let words = kept.count
        require(
            1...Shape.greatestWindow ~= shape.window && 0...Shape.mostNegatives ~= shape.negatives,
            "negative sampling: window \(shape.window), \(shape.negatives) negatives")
        require(noise.count == words && words > 0, "negative sampling: \(noise.count) of noise for \(words) words")
        require(tokens.allSatisfy { $0 >= -1 && $0 < words }, "negative sampling: a token that is no word")
        (self.shape, self.backend, self.key) = (shape, backend, key)
        self.tokens = WordVectorMemory(tokens, else: -1)
        self.kept = WordVectorMemory(kept, else: 0)
        let alias = AliasTable(noise)
        self.noise = (WordVectorMemory(alias.thresholds, else: 0), WordVectorMemory(alias.aliases, else: 0))
        rows = WordVectorRows(words: words, dimensions: shape.dimensions)
        rows.set(vectors, half: 0)
        slotsOfBlock = min(2 * words, Self.block * (shape.negatives + 2) + 2 * shape.window)
        listed = Self.block + 2 * shape.window
        copies = WordVectorMemory(count: Self.blocks * slotsOfBlock * rows.columns, repeating: 0)
        touched = WordVectorMemory(count: Self.blocks * (2 * slotsOfBlock + 1), repeating: 0)
        totals = WordVectorMemory(count: 4 * words, repeating: 0)
        slots = WordVectorMemory(count: backend.threads * 2 * words, repeating: -1)
        lists = WordVectorMemory(count: backend.threads * 2 * listed, repeating: 0)
        dx = WordVectorMemory(
            count: backend.threads * (UNROLL_MOST_CONTEXTS + 1) * rows.columns, repeating: 0)
    }

    /// Learns from the tokens from `first` on, up to `blocks · block` of them.
    /// - Parameters:
    ///   - epoch: every time through the text has its own random numbers.
    ///   - rate: η.
    /// - Returns: the loss of all examples, in nats, and how many they were.
    package func round(from first: Int, epoch: Int, rate: Float) -> (loss: Double, examples: Int) {
        require(first >= 0 && first < tokens.count, "negative sampling: from token \(first) of \(tokens.count)")
        let blocks = min(Self.blocks, (tokens.count - first + Self.block - 1) / Self.block)
        let arguments = UnrollNegativeSampling(
            words: rows.words, columns: rows.columns, count: tokens.count, window: shape.window,
            negatives: Int32(shape.negatives), averages: shape.averages, tokens: tokens.start, kept: kept.start,
            thresholds: noise.thresholds.start, aliases: noise.aliases.start, key0: key.word0, key1: key.word1,
            epoch: UInt32(truncatingIfNeeded: epoch), rate: rate, first: first, blocks: blocks, block: Self.block,
            weights: rows.memory.start, slots_of_block: slotsOfBlock, listed: listed, copies: copies.start,
            touched: touched.start, uses: touched.start + Self.blocks * slotsOfBlock,
            touched_counts: touched.start + 2 * Self.blocks * slotsOfBlock, totals: totals.start, slots: slots.start,
            lists: lists.start, dx: dx.start, losses: losses.start, examples: examples.start)
        backend.run(
            backend.kernels.pointee.negative_sampling, arguments, work: blocks * Self.block * shape.dimensions)
        return (0..<blocks).reduce(into: (loss: 0, examples: 0)) { sum, block in
            sum.loss += losses.start[block]
            sum.examples += examples.start[block]
        }
    }

    /// What has been learned: `[words, dimensions]`.
    package var vectors: [Float] { rows.values(half: 0) }
    /// What foretells words, `[words, dimensions]`.
    package var outputs: [Float] { rows.values(half: 1) }
}

/// Draws from a distribution in constant time (Walker 1977; Vose 1991): a column is drawn evenly, and is itself or its
/// alias.
struct AliasTable {
    /// A second draw of 32 bits below it leaves the column itself.
    private(set) var thresholds: [UInt32]
    private(set) var aliases: [Int32]

    /// - Parameter weights: how often each is to be drawn, in any unit.
    init(_ weights: [Double]) {
        let total = weights.reduce(0, +)
        var scaled = weights.map { $0 / total * Double(weights.count) }
        thresholds = Array(repeating: .max, count: weights.count)
        aliases = weights.indices.map { Int32($0) }
        var poor = scaled.indices.filter { scaled[$0] < 1 }
        var rich = scaled.indices.filter { scaled[$0] >= 1 }
        while let small = poor.popLast(), let large = rich.last {
            thresholds[small] = UInt32(min(scaled[small] * 0x1p32, 0x1p32 - 1))
            aliases[small] = Int32(large)
            scaled[large] -= 1 - scaled[small]
            if scaled[large] < 1 {
                rich.removeLast()
                poor.append(large)
            }
        }
    }
}
