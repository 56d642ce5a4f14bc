/// A linear forecast of a series from its own last values and those of other series, and from what is known of the step
/// forecast, its weekday say: AR(lags), the measure of every recurrent forecaster.
///
///     ŷ(t) = b + Σ_c Σ_l w[c, l] x_c(t - horizon + 1 - l) + v · known(t)       l = 1 … lags
///
/// On `NYSE.csv` with the split, scale and lags of James et al. (2021), chapter 10, R² is 0.4129, and 0.4596 with the
/// weekday.
public struct AutoRegression: Sendable, Equatable {
    /// How many past values of every column it looks at.
    public let lags: Int
    /// How many steps ahead it looks: 1 forecasts the step that follows the last value seen.
    public let horizon: Int
    /// Its coefficients: those of the first column from the last value backwards, then of the next columns, then of what
    /// is known.
    public let model: LeastSquares

    /// Fits a forecast to some steps of a series.
    /// - Parameters:
    ///   - columns: `[columns][steps]`: the series it looks at; finite numbers.
    ///   - targets: `[steps]`: what is forecast, mostly one of the columns.
    ///   - lags: how many past values of every column.
    ///   - horizon: how many steps ahead.
    ///   - known: `[steps][any]`: what is known of every step beforehand; empty for nothing.
    ///   - steps: the steps whose targets it is fitted to, each at least `lags + horizon - 1`.
    public init(
        columns: [[Double]], targets: [Double], lags: Int, horizon: Int = 1, known: [[Double]] = [], steps: [Int]
    ) {
        (self.lags, self.horizon) = (lags, horizon)
        let rows = Self.design(columns: columns, lags: lags, horizon: horizon, known: known, steps: steps)
        precondition(
            columns.allSatisfy { $0.count == targets.count },
            "AutoRegression: \(columns.map(\.count)) steps and \(targets.count) targets")
        model = LeastSquares(features: rows, targets: steps.map { targets[$0] })
    }

    /// What it forecasts for some steps of the same columns, or of others of the same kind.
    public func predict(columns: [[Double]], known: [[Double]] = [], steps: [Int]) -> [Double] {
        model.predict(Self.design(columns: columns, lags: lags, horizon: horizon, known: known, steps: steps))
    }

    /// The steps of a series of `count` that have enough values before them.
    public static func steps(of count: Int, lags: Int, horizon: Int = 1) -> Range<Int> {
        let first = lags + horizon - 1
        return first..<max(first, count)
    }

    /// The rows of features of some steps: for every column its values `horizon`, …, `horizon + lags - 1` steps before,
    /// then what is known of the step.
    public static func design(
        columns: [[Double]], lags: Int, horizon: Int = 1, known: [[Double]] = [], steps: [Int]
    ) -> [[Double]] {
        let count = columns.first?.count ?? known.count
        precondition(lags >= 0 && horizon >= 1, "AutoRegression: \(lags) lags, \(horizon) steps ahead")
        precondition(
            columns.allSatisfy { $0.count == count } && (known.isEmpty || known.count == count),
            "AutoRegression: columns of \(columns.map(\.count)) steps and \(known.count) known")
        let valid = Self.steps(of: count, lags: lags, horizon: horizon)
        return steps.map { step in
            precondition(valid.contains(step), "AutoRegression: step \(step) is outside of \(valid)")
            let past = columns.flatMap { column in (horizon..<(horizon + lags)).map { column[step - $0] } }
            return known.isEmpty ? past : past + known[step]
        }
    }
}
