import UnrollCompute

extension Tensor {
    /// The sum of all elements, of shape `[]`.
    public func sum() -> Tensor { all.reduced(.sum, along: 0, keepingAxis: false, "sum") }

    /// The mean of all elements, of shape `[]`.
    public func mean() -> Tensor { all.reduced(.mean, along: 0, keepingAxis: false, "mean") }

    /// The sum along an axis, which goes, or stays with extent 1. Negative axes count from the end.
    public func sum(along axis: Int, keepingAxis: Bool = false) -> Tensor {
        reduced(.sum, along: axis, keepingAxis: keepingAxis, "sum")
    }

    /// The mean along an axis, which goes, or stays with extent 1. Negative axes count from the end.
    public func mean(along axis: Int, keepingAxis: Bool = false) -> Tensor {
        reduced(.mean, along: axis, keepingAxis: keepingAxis, "mean")
    }

    /// The largest number along an axis, which goes, or stays with extent 1; equal ones share the gradient equally.
    /// Negative axes count from the end.
    public func max(along axis: Int, keepingAxis: Bool = false) -> Tensor {
        Tensor.check("max", self)
        let around = extents(around: axis, in: "max")
        let y = Tensor.empty(shape(without: around.axis, keepingAxis), on: device)
        let whole = Matrix(buffer, batches: around.before, rows: around.extent, columns: around.after)
        backend.reduce(.maximum, rowsOf: whole, scale: 1, into: whole.reduced(y.buffer), accumulating: false)
        return y.recorded(from: [self]) { [node, backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            // Each of the largest gets dy / (how many there are).
            let isLargest = whole.of(backend.makeBuffer(.float32, count: whole.count))
            let share = whole.reduced(backend.makeBuffer(.float32, count: y.count))
            backend.zip(.equal, whole, whole.repeating(y.buffer), into: isLargest, accumulating: false)
            backend.reduce(.sum, rowsOf: isLargest, scale: 1, into: share, accumulating: false)
            backend.zip(.divide, whole.reduced(dy), share, into: share, accumulating: false)
            backend.zip(.multiply, isLargest, whole.repeating(share.buffer), into: whole.of(dx), accumulating: true)
        }
    }

    /// All elements along one axis.
    private var all: Tensor { reshaped([count]) }

    private enum Sum { case sum, mean }

    /// `y = scale · Σ x`; every x gets `scale · dy`.
    private func reduced(_ kind: Sum, along axis: Int, keepingAxis: Bool, _ name: String) -> Tensor {
        Tensor.check(name, self)
        let around = extents(around: axis, in: name)
        let y = Tensor.empty(shape(without: around.axis, keepingAxis), on: device)
        let whole = Matrix(buffer, batches: around.before, rows: around.extent, columns: around.after)
        let scale = kind == .mean ? 1 / Float(around.extent) : 1
        backend.reduce(.sum, rowsOf: whole, scale: scale, into: whole.reduced(y.buffer), accumulating: false)
        return y.recorded(from: [self]) { [node, backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            if kind == .mean { backend.map(.affine(scale, 0), dy, into: dy) }
            backend.copy(whole.repeating(dy), to: whole.of(dx), accumulating: true)
        }
    }

    private func shape(without axis: Int, _ keepingAxis: Bool) -> [Int] {
        var shape = shape
        if keepingAxis { shape[axis] = 1 } else { shape.remove(at: axis) }
        return shape
    }
}

extension Matrix {
    /// What `reduce` makes of this view: a row for each batch.
    fileprivate func reduced(_ y: Buffer) -> Matrix { Matrix(y, rows: batches, columns: columns) }

    /// Such rows, each seen in the place of every row of its batch.
    fileprivate func repeating(_ y: Buffer) -> Matrix {
        Matrix(y, batches: batches, rows: rows, columns: columns, batchStride: columns, rowStride: 0)
    }
}
