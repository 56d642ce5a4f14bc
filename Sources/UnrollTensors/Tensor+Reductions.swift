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
        let row = { (buffer: Buffer) in Matrix(buffer, batches: around.before, rows: 1, columns: around.after) }
        backend.reduce(.maximum, rowsOf: whole, scale: 1, into: row(y.buffer), accumulating: false)
        return y.recorded(from: [self]) { [node, backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            // Each of the largest gets dy / (how many there are).
            let isLargest = whole.of(backend.makeBuffer(.float32, count: whole.count))
            let share = row(backend.makeBuffer(.float32, count: y.count))
            backend.zip(.equal, whole, row(y.buffer).repeated(whole.rows), into: isLargest, accumulating: false)
            backend.reduce(.sum, rowsOf: isLargest, scale: 1, into: share, accumulating: false)
            backend.zip(.divide, row(dy), share, into: share, accumulating: false)
            backend.zip(.multiply, isLargest, share.repeated(whole.rows), into: whole.of(dx), accumulating: true)
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
        let row = { (buffer: Buffer) in Matrix(buffer, batches: around.before, rows: 1, columns: around.after) }
        let scale = kind == .mean ? 1 / Float(around.extent) : 1
        backend.reduce(.sum, rowsOf: whole, scale: scale, into: row(y.buffer), accumulating: false)
        return y.recorded(from: [self]) { [node, backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            if kind == .mean { backend.map(.affine(scale, 0), dy, into: dy) }
            backend.copy(row(dy).repeated(whole.rows), to: whole.of(dx), accumulating: true)
        }
    }

    private func shape(without axis: Int, _ keepingAxis: Bool) -> [Int] {
        var shape = shape
        if keepingAxis { shape[axis] = 1 } else { shape.remove(at: axis) }
        return shape
    }
}

extension Matrix {
    /// The only row of each batch, `rows` times.
    fileprivate func repeated(_ rows: Int) -> Matrix {
        var view = self
        (view.rows, view.rowStride) = (rows, 0)
        return view
    }
}
