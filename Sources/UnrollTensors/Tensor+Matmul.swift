import UnrollCompute

extension Tensor {
    /// The matrix product.
    ///
    /// `[…, k] · [k, n]` gives `[…, n]`; `[batch, m, k] · [batch, k, n]` multiplies matrix by matrix and gives
    /// `[batch, m, n]`.
    /// - Parameter transposed: whether the other's matrices are `[n, k]` and stand for what they are transposed; nothing
    ///   is copied for it.
    public func matmul(_ other: Tensor, transposed: Bool = false) -> Tensor {
        Tensor.check("matmul", self, other)
        let isBatched = shape.count == 3 && other.shape.count == 3 && shape[0] == other.shape[0]
        let extents = transposed ? other.shape.suffix(2).reversed() : Array(other.shape.suffix(2))
        require(
            !shape.isEmpty && (isBatched || other.shape.count == 2) && shape.last == extents.first,
            "matmul: shapes \(shape) and \(other.shape)\(transposed ? " transposed" : "") do not multiply")
        let (k, n) = (extents[0], extents[1])
        let batches = isBatched ? shape[0] : 1
        let b = Matrix(other.buffer, batches: batches, rows: transposed ? n : k, columns: transposed ? k : n)
        return Tensor.product(
            self, Matrix(buffer, batches: batches, rows: count / (batches * k), columns: k),
            other, transposed ? b.transposed : b, bias: nil, shape: shape.dropLast() + [n])
    }

    /// `x·Wᵀ + b` for every row: `[…, inputs]`, weight `[outputs, inputs]`, bias `[outputs]` give `[…, outputs]`.
    public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
        Tensor.check("linear", self, weight, bias ?? weight)
        require(
            weight.shape.count == 2 && shape.last == weight.shape[1]
                && (bias.map { $0.shape == [weight.shape[0]] } ?? true),
            "linear: input \(shape), weight \(weight.shape) and bias \(bias?.shape ?? []) do not fit")
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        return Tensor.product(
            self, Matrix(buffer, rows: count / inputs, columns: inputs),
            weight, Matrix(weight.buffer, rows: outputs, columns: inputs).transposed, bias: bias,
            shape: shape.dropLast() + [outputs])
    }

    /// `Y = A·B + bias`, where A is all of x and B all of w, as it is or transposed.
    ///
    /// `∂A = ∂Y·Bᵀ`, `∂B = Aᵀ·∂Y`, and the bias gets the column sums of ∂Y.
    private static func product(
        _ x: Tensor, _ a: Matrix, _ w: Tensor, _ b: Matrix, bias: Tensor?, shape: [Int]
    ) -> Tensor {
        let (y, backend) = (empty(shape, on: x.device), x.backend)
        let result = { (buffer: Buffer) in Matrix(buffer, batches: a.batches, rows: a.rows, columns: b.columns) }
        backend.multiply(
            a, b, into: result(y.buffer), bias: bias.map { Matrix($0.buffer, rows: 1, columns: b.columns) },
            accumulating: false)
        let nodes = (x: x.node, w: w.node, bias: bias?.node)
        return y.recorded(from: [x, w] + (bias.map { [$0] } ?? [])) { dy, cotangents in
            let dy = result(dy)
            if let dx = cotangents.accumulator(for: nodes.x) {
                backend.multiply(dy, b.transposed, into: a.of(dx), bias: nil, accumulating: true)
            }
            if let dw = cotangents.accumulator(for: nodes.w) {
                let db = b.of(dw)
                if db.columnStride == 1 {
                    backend.multiply(a.transposed, dy, into: db, bias: nil, accumulating: true)
                } else {
                    backend.multiply(dy.transposed, a, into: db.transposed, bias: nil, accumulating: true)
                }
            }
            if let dBias = cotangents.accumulator(for: nodes.bias) {
                let sums = Matrix(dBias, rows: 1, columns: b.columns)
                backend.reduce(.sum, rowsOf: dy, scale: 1, into: sums, accumulating: true)
            }
        }
    }
}

extension Matrix {
    /// The same view of another buffer: of the gradient of what this one views.
    func of(_ other: Buffer) -> Matrix {
        var view = self
        view.buffer = other
        return view
    }
}
