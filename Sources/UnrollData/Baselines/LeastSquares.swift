/// A linear model with an intercept that makes the sum of its squared errors smallest: what every forecast should beat.
///
///     ŷ = b + w · x       w, b = argmin Σ (y - ŷ)²
///
/// By Householder's reflections of the centred features. Where the features do not determine `w` (one that others add up
/// to, fewer rows than features), it is the shortest that fits best, as scikit-learn's `LinearRegression` finds.
public struct LeastSquares: Sendable, Equatable {
    /// `w`: a number for each feature.
    public let coefficients: [Double]
    /// `b`
    public let intercept: Double
    /// How many of the features are independent in the rows it was made from.
    public let rank: Int

    /// Fits rows of features to targets.
    /// - Parameter features: `[rows][features]`, at least one row; finite numbers (others make every prediction NaN).
    /// - Parameter targets: `[rows]`
    public init(features: [[Double]], targets: [Double]) {
        precondition(
            !features.isEmpty && features.count == targets.count,
            "LeastSquares: \(features.count) rows of features and \(targets.count) targets")
        let (rows, count) = (features.count, features[0].count)
        precondition(
            features.allSatisfy { $0.count == count }, "LeastSquares: rows that do not all have \(count) features")
        let mean = { (values: [Double]) in values.reduce(0, +) / Double(rows) }
        var columns = (0..<count).map { column in features.map { $0[column] } }
        let means = columns.map(mean)
        for column in columns.indices {
            // The same in all rows: exactly zero, whatever the mean rounds to.
            let same = columns[column].allSatisfy { $0 == columns[column][0] }
            columns[column] = columns[column].map { same ? 0 : $0 - means[column] }
        }
        let targetMean = mean(targets)
        (coefficients, rank) = Self.shortest(columns, rows: rows, targets.map { $0 - targetMean })
        intercept = zip(coefficients, means).reduce(targetMean) { $0 - $1.0 * $1.1 }
    }

    /// The shortest w that makes `|y - A w|` smallest, and A's rank.
    private static func shortest(_ columns: [[Double]], rows: Int, _ y: [Double]) -> ([Double], Int) {
        let matrix = Householder(columns, rows: rows, pivoting: true)
        let (rank, rotated) = (matrix.rank, matrix.rotated(y))
        var inOrder: [Double]
        if rank == columns.count {
            inOrder = matrix.solved(rotated)
        } else {
            // M w = c with M = R's first rows, [rank][features]: w = Mᵀ (M Mᵀ)⁻¹ c = Q R⁻ᵀ c of Mᵀ = Q R.
            let transposed = (0..<rank).map { i in
                columns.indices.map { j in j < i ? 0 : matrix.upper(i, j) }
            }
            let dual = Householder(transposed, rows: columns.count, pivoting: false)
            let solved = dual.solvedTransposed(rotated)
            inOrder = dual.rotatedBack(solved + Array(repeating: 0, count: columns.count - solved.count))
        }
        var w = Array(repeating: 0.0, count: columns.count)
        for (place, column) in matrix.order.enumerated() { w[column] = inOrder[place] }
        return (w, rank)
    }

    /// What it says for one row of features.
    public func predict(_ features: [Double]) -> Double {
        precondition(
            features.count == coefficients.count,
            "LeastSquares.predict: \(features.count) features where \(coefficients.count) were fitted")
        return zip(coefficients, features).reduce(intercept) { $0 + $1.0 * $1.1 }
    }

    /// What it says for rows of features.
    public func predict(_ features: [[Double]]) -> [Double] { features.map { predict($0) } }
}
