/// A row of a matrix that is mostly zeros: the columns that are not, ascending, and their values.
package struct SparseRow: Sendable, Equatable {
    /// Columns, from 0, ascending.
    package var indices: [Int32]
    /// The value of each of them.
    package var values: [Double]

    package init(indices: [Int32], values: [Double]) {
        precondition(indices.count == values.count, "SparseRow: \(indices.count) indices, \(values.count) values")
        (self.indices, self.values) = (indices, values)
    }
}
