import UnrollCompute

extension Tensor {
    /// Layer normalisation along the last axis: `y = γ·(x − μ)/√(σ² + ε) + β`, with each row's own mean μ and (biased)
    /// variance σ².   (Ba, Kiros & Hinton 2016)
    ///
    /// - Parameters:
    ///   - scale: γ, `[size]`, for rows `[…, size]`.
    ///   - shift: β, `[size]`.
    ///   - epsilon: ε; keeps a row of equal numbers finite.
    public func layerNormalized(scale: Tensor, shift: Tensor, epsilon: Float = 1e-5) -> Tensor {
        Tensor.check("layerNormalized", self, scale, shift)
        let (rows, columns) = rowsAndColumns
        require(
            !shape.isEmpty && scale.shape == [columns] && shift.shape == [columns],
            "layerNormalized: scale \(scale.shape) and shift \(shift.shape) are not one row of \(shape)")
        let y = Tensor.empty(shape, on: device)
        let statistics = backend.makeBuffer(.float32, count: 2 * rows)
        backend.normalize(
            buffer, rows: rows, columns: columns, scale: scale.buffer, shift: shift.buffer, epsilon: epsilon,
            into: y.buffer, statistics: statistics)
        let nodes = (x: node, scale: scale.node, shift: shift.node)
        return y.recorded(from: [self, scale, shift]) {
            [backend, x = buffer, scale = scale.buffer] dy, cotangents in
            let addSum = { (node: Node?) in
                guard let sum = cotangents.accumulator(for: node) else { return }
                backend.reduce(
                    .sum, rowsOf: Matrix(dy, rows: rows, columns: columns), scale: 1,
                    into: Matrix(sum, rows: 1, columns: columns), accumulating: true)
            }
            addSum(nodes.shift)
            // What is left of dy is dy·x̂, whose sum is the scale's gradient.
            backend.normalizeBackward(
                x, dy: dy, rows: rows, columns: columns, scale: scale, statistics: statistics,
                into: cotangents.accumulator(for: nodes.x))
            addSum(nodes.scale)
        }
    }
}
