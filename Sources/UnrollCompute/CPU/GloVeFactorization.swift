import CUnrollMicroKernels

/// GloVe's weighted least squares by AdaGrad, on the CPU: the memory of a run, and its epochs.
///
/// Words are dealt into groups. The pairs of two groups are a block, and blocks that share no group, a stratum, are learned
/// at the same time: no number is ever in two hands, and the result does not depend on the number of threads (Gemulla et
/// al. 2011, doi:10.1145/2020408.2020426).
package final class GloVeFactorization {
    /// Two words, and how often they occur together.
    package struct Pair: Sendable {
        package var row: Int32
        package var column: Int32
        package var count: Float

        package init(row: Int32, column: Int32, count: Float) {
            (self.row, self.column, self.count) = (row, column, count)
        }
    }

    /// As many threads find work.
    package static let groups = 16

    private let backend: CPUBackend
    private let pairs: Int
    private let weights: WordVectorRows
    private let squares: WordVectorRows
    private let biases: WordVectorMemory<Float>
    private let biasSquares: WordVectorMemory<Float>
    private let starts: WordVectorMemory<Int>
    private let rows: WordVectorMemory<Int32>
    private let columns: WordVectorMemory<Int32>
    private let factors: WordVectorMemory<Float>
    private let logarithms: WordVectorMemory<Float>
    private let losses = WordVectorMemory<Double>(count: GloVeFactorization.groups, repeating: 0)

    /// - Parameters:
    ///   - pairs: each two words once in either order; learned in this order within their block.
    ///   - factors: f(x) of each pair.
    ///   - logarithms: log x of each pair.
    ///   - vectors: `[words, dimensions]` of the words as rows, and as columns: what to begin with.
    package init(
        words: Int, dimensions: Int, pairs: [Pair], factors: [Float], logarithms: [Float],
        vectors: (rows: [Float], columns: [Float]), on backend: CPUBackend
    ) {
        require(
            factors.count == pairs.count && logarithms.count == pairs.count,
            "glove: \(pairs.count) pairs, \(factors.count) factors, \(logarithms.count) logarithms")
        require(
            pairs.allSatisfy { 0..<Int32(words) ~= $0.row && 0..<Int32(words) ~= $0.column },
            "glove: a pair of what is no word")
        (self.backend, self.pairs) = (backend, pairs.count)
        weights = WordVectorRows(words: words, dimensions: dimensions)
        weights.set(vectors.rows, half: 0)
        weights.set(vectors.columns, half: 1)
        squares = WordVectorRows(words: words, dimensions: dimensions, repeating: 1)
        biases = WordVectorMemory(count: 2 * words, repeating: 0)
        biasSquares = WordVectorMemory(count: 2 * words, repeating: 1)

        // Words are in order of their frequency: dealt out by turns, no group has all that occur with each other.
        let groups = Self.groups
        let blockOf = { (pair: Pair) in Int(pair.row) % groups * groups + Int(pair.column) % groups }
        var starts = [Int](repeating: 0, count: groups * groups + 1)
        for pair in pairs { starts[blockOf(pair) + 1] += 1 }
        for block in 0..<groups * groups { starts[block + 1] += starts[block] }
        self.starts = WordVectorMemory(starts, else: 0)
        rows = WordVectorMemory(count: pairs.count, repeating: 0)
        columns = WordVectorMemory(count: pairs.count, repeating: 0)
        self.factors = WordVectorMemory(count: pairs.count, repeating: 0)
        self.logarithms = WordVectorMemory(count: pairs.count, repeating: 0)
        for (index, pair) in pairs.enumerated() {
            let place = starts[blockOf(pair)]
            starts[blockOf(pair)] += 1
            (rows.start[place], columns.start[place]) = (pair.row, pair.column)
            (self.factors.start[place], self.logarithms.start[place]) = (factors[index], logarithms[index])
        }
    }

    /// Once through all pairs.
    /// - Parameter rate: η.
    /// - Returns: the loss Σ f(x)·e² of all pairs.
    package func epoch(rate: Float) -> Double {
        let arguments = UnrollGloVe(
            words: weights.words, columns: weights.columns, groups: Self.groups, starts: starts.start,
            rows: rows.start, columns_of: columns.start, factors: factors.start, logarithms: logarithms.start,
            rate: rate, weights: weights.memory.start, squares: squares.memory.start, biases: biases.start,
            bias_squares: biasSquares.start, losses: losses.start)
        backend.run(backend.kernels.pointee.glove, arguments, work: pairs * weights.dimensions)
        return (0..<Self.groups).reduce(0) { $0 + losses.start[$1] }
    }

    /// What has been learned, `[words, dimensions]`: a word's vector as a row and as a column, added.
    package var vectors: [Float] { zip(weights.values(half: 0), weights.values(half: 1)).map(+) }
}
