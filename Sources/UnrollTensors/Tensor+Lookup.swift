import UnrollCompute

extension Tensor {
    /// Rows of a table `[rows, size]`: indices `[…]` give `[…, size]`. An index of −1 gives zeros.
    ///
    /// - Parameter indices: integers in `-1..<rows`.
    public func rows(at indices: Tensor) -> Tensor {
        Tensor.check("rows", self)
        require(shape.count == 2, "rows: the table's shape \(shape) is not [rows, size]")
        require(indices.device == device, "rows: the table is on \(device), the indices on \(indices.device)")
        for index in indices.indices("rows") where index < -1 || index >= shape[0] {
            fatalError("rows: index \(index) is outside the table of shape \(shape)")
        }
        let y = Tensor.empty(indices.shape + [shape[1]], on: device)
        backend.gather(
            Matrix(buffer, rows: shape[0], columns: shape[1]), indices: indices.buffer,
            into: Matrix(y.buffer, rows: indices.count, columns: shape[1]), accumulating: false)
        return y.recorded(from: [self]) {
            [node, backend, columns = shape[1], indices = indices.buffer] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            backend.scatterAdd(dy, columns: columns, indices: indices, into: dx)
        }
    }
}
