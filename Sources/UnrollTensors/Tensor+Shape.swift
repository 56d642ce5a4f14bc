import UnrollCompute

extension Tensor {
    /// The same numbers in another shape of as many elements; nothing moves.
    public func reshaped(_ shape: [Int]) -> Tensor {
        require(shape.product == count, "reshaped: \(self.shape) does not fit \(shape)")
        return Tensor(buffer, shape: shape, on: device, node: node)
    }

    /// The same with the last two axes exchanged: `[…, m, n]` becomes `[…, n, m]`.
    public func transposed() -> Tensor {
        Tensor.check("transposed", self)
        require(shape.count >= 2, "transposed: shape \(shape) has fewer than two axes")
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let y = Tensor.empty(shape.dropLast(2) + [columns, rows], on: device)
        let x = Matrix(buffer, batches: count / (rows * columns), rows: rows, columns: columns)
        let to = Matrix(y.buffer, batches: x.batches, rows: columns, columns: rows)
        return Tensor.copied([(self, from: x.transposed, to: to)], into: y)
    }

    /// The part of an axis that a range covers; negative axes count from the end.
    public func slice(_ range: Range<Int>, along axis: Int = 0) -> Tensor {
        Tensor.check("slice", self)
        let around = extents(around: axis, in: "slice")
        require(
            !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= around.extent,
            "slice: \(range) is not a part of axis \(axis) of shape \(shape)")
        var shape = shape
        shape[around.axis] = range.count
        let y = Tensor.empty(shape, on: device)
        let (whole, part) = (around.extent * around.after, range.count * around.after)
        let from = Matrix(
            buffer, at: range.lowerBound * around.after, rows: around.before, columns: part, rowStride: whole)
        return Tensor.copied([(self, from: from, to: Matrix(y.buffer, rows: around.before, columns: part))], into: y)
    }

    /// Tensors one behind the other along an axis; their other extents are equal. Negative axes count from the end.
    public static func concatenated(_ parts: [Tensor], along axis: Int = 0) -> Tensor {
        guard let first = parts.first else { fatalError("concatenated: there are no tensors") }
        let around = first.extents(around: axis, in: "concatenated")
        var shape = first.shape
        shape[around.axis] = 0
        for part in parts {
            check("concatenated", first, part)
            let fits = shape.indices.allSatisfy { $0 == around.axis || part.shape[$0] == shape[$0] }
            require(
                part.shape.count == shape.count && fits,
                "concatenated: shapes \(first.shape) and \(part.shape) differ beside axis \(axis)")
            shape[around.axis] += part.shape[around.axis]
        }
        let y = empty(shape, on: first.device)
        let whole = shape[around.axis] * around.after
        var offset = 0
        let moves = parts.map { part in
            let columns = part.shape[around.axis] * around.after
            defer { offset += columns }
            return (
                part, from: Matrix(part.buffer, rows: around.before, columns: columns),
                to: Matrix(y.buffer, at: offset, rows: around.before, columns: columns, rowStride: whole)
            )
        }
        return copied(moves, into: y)
    }

    /// The tensor these copies fill; its gradient goes back the way the numbers came.
    private static func copied(_ moves: [(x: Tensor, from: Matrix, to: Matrix)], into y: Tensor) -> Tensor {
        let backend = y.backend
        for move in moves { backend.copy(move.from, to: move.to, accumulating: false) }
        let ways = moves.map { (node: $0.x.node, from: $0.from, to: $0.to) }
        return y.recorded(from: moves.map(\.x)) { dy, cotangents in
            for way in ways {
                guard let dx = cotangents.accumulator(for: way.node) else { continue }
                backend.copy(way.to.of(dy), to: way.from.of(dx), accumulating: true)
            }
        }
    }
}
