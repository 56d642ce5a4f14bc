/// A row of a matrix that is mostly zeros: the columns that are not, ascending, and their values.
public struct SparseRow: Sendable, Equatable {
    /// Columns, from 0, ascending.
    public var indices: [Int32]
    /// The value of each of them.
    public var values: [Double]

    /// As many values as columns.
    public init(indices: [Int32], values: [Double]) {
        precondition(indices.count == values.count, "SparseRow: \(indices.count) indices, \(values.count) values")
        (self.indices, self.values) = (indices, values)
    }
}
