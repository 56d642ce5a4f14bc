/// Columns of numbers brought to mean 0 and standard deviation 1, and back: `z = (x - mean) / scale`.
///
/// Means and scales come from the rows that a model is trained on, and from no other: those of the test rows are not
/// known when a forecast is made.
public struct Standardization: Sendable, Equatable {
    /// Of each column, over the rows given.
    public let means: [Double]
    /// Of each column, the population standard deviation over the rows given; 1 where all are equal.
    public let scales: [Double]

    /// What a model was saved with.
    /// - Precondition: as many means as scales, and scales above zero.
    public init(means: [Double], scales: [Double]) {
        precondition(
            means.count == scales.count && scales.allSatisfy { $0 > 0 },
            "standardization: \(means.count) means, scales \(scales)")
        (self.means, self.scales) = (means, scales)
    }

    /// The means and standard deviations of some rows of columns. Missing numbers (NaN) count for nothing; a column
    /// without a number there has mean 0 and scale 1.
    public init(of columns: [[Double]], rows: some Collection<Int>) {
        let moments = columns.map { column in Self.moments(of: rows.lazy.map { column[$0] }) }
        self.init(means: moments.map(\.mean), scales: moments.map(\.scale))
    }

    /// The mean and the standard deviation of numbers, by the same rules.
    package static func moments(of numbers: some Collection<Double>) -> (mean: Double, scale: Double) {
        let numbers = numbers.lazy.filter { !$0.isNaN }
        let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
        // Equal numbers have a mean that rounding may not give.
        if low == high { return (low, 1) }
        // Larger numbers than squares allow are scaled down first.
        let unit = max(abs(low), abs(high))
        let count = Double(numbers.reduce(0) { count, _ in count + 1 })
        let mean = numbers.reduce(0) { $0 + $1 / unit } / count
        let variance = numbers.reduce(0) { $0 + ($1 / unit - mean) * ($1 / unit - mean) } / count
        let scale = variance.squareRoot() * unit
        return (mean * unit, scale > 0 ? scale : 1)
    }

    /// All columns, standardized.
    /// - Precondition: as many columns as there are means.
    public func apply(_ columns: [[Double]]) -> [[Double]] {
        precondition(columns.count == means.count, "standardization: \(columns.count) columns, \(means.count) means")
        return columns.enumerated().map { place, column in column.map { apply($0, column: place) } }
    }

    /// A number of a column, standardized.
    public func apply(_ value: Double, column: Int) -> Double { (value - means[column]) / scales[column] }

    /// A standardized number of a column as it was.
    public func invert(_ value: Double, column: Int) -> Double { value * scales[column] + means[column] }
}
