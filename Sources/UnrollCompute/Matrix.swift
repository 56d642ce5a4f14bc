/// A strided view of a buffer as `batches × rows × columns` numbers.
///
/// Element (b, i, j) lies at `offset + b·batchStride + i·rowStride + j·columnStride`. A stride of 0 repeats: as an
/// operand it broadcasts; as the result of `multiply`, a batch stride of 0 sums the products of all batches.
package struct Matrix {
    package var buffer: Buffer
    package var offset: Int
    package var batches: Int
    package var rows: Int
    package var columns: Int
    package var batchStride: Int
    package var rowStride: Int
    package var columnStride: Int

    /// Row-major and contiguous unless strides are given.
    package init(
        _ buffer: Buffer, at offset: Int = 0, batches: Int = 1, rows: Int, columns: Int,
        batchStride: Int? = nil, rowStride: Int? = nil, columnStride: Int = 1
    ) {
        (self.buffer, self.offset, self.batches, self.rows, self.columns) = (buffer, offset, batches, rows, columns)
        self.rowStride = rowStride ?? columns
        self.columnStride = columnStride
        self.batchStride = batchStride ?? rows * (rowStride ?? columns)
    }

    /// The same numbers with rows and columns exchanged; nothing moves.
    package var transposed: Matrix {
        var view = self
        swap(&view.rows, &view.columns)
        swap(&view.rowStride, &view.columnStride)
        return view
    }

    /// The number of elements seen, repeats included.
    package var count: Int { batches * rows * columns }

    /// `batches × rows × columns`, for messages.
    package var shape: String { "\(batches) × \(rows) × \(columns)" }

    /// Whether every element seen lies inside the buffer.
    package var isInside: Bool {
        if count == 0 { return true }
        let reach = [(batches, batchStride), (rows, rowStride), (columns, columnStride)]
        let last = reach.reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
        return offset >= 0 && reach.allSatisfy { $0.1 >= 0 } && last < buffer.count
    }
}

extension Matrix {
    /// The same elements of views of one shape, with as few levels as their strides allow, long rows last.
    package static func collapsed(_ views: [Matrix]) -> [Matrix] {
        var views = views
        let all = { (condition: (Matrix) -> Bool) in views.allSatisfy(condition) }
        if all({ $0.columns == 1 }) { views = views.map(\.transposed) }
        if all({ $0.rows == 1 || $0.rowStride == $0.columns * $0.columnStride }) {
            views = views.map { view in
                var view = view
                (view.columns, view.rows) = (view.rows * view.columns, 1)
                return view
            }
        }
        if all({ $0.rows == 1 }) {  // batches take the place of rows
            views = views.map { view in
                var view = view
                (view.rows, view.rowStride, view.batches) = (view.batches, view.batchStride, 1)
                return view
            }
            if all({ $0.rows == 1 || $0.rowStride == $0.columns * $0.columnStride }) {
                views = views.map { view in
                    var view = view
                    (view.columns, view.rows) = (view.rows * view.columns, 1)
                    return view
                }
            }
        }
        return views
    }

    /// Some rows of every batch.
    package func rows(_ range: Range<Int>) -> Matrix {
        var view = self
        (view.offset, view.rows) = (offset + range.lowerBound * rowStride, range.count)
        return view
    }

    /// Some columns of every row.
    package func columns(_ range: Range<Int>) -> Matrix {
        var view = self
        (view.offset, view.columns) = (offset + range.lowerBound * columnStride, range.count)
        return view
    }

    /// The rows of all batches as those of one, where they follow each other.
    package var flat: Matrix {
        require(batches == 1 || batchStride == rows * rowStride, "flat: batches of \(shape) do not follow each other")
        var view = self
        (view.batches, view.rows) = (1, batches * rows)
        return view
    }

    /// One batch of it.
    package func batch(_ index: Int) -> Matrix {
        var view = self
        (view.offset, view.batches) = (offset + index * batchStride, 1)
        return view
    }
}
