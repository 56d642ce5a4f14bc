import UnrollCompute

extension Tensor {
    /// In training, zeroes each element with this probability and multiplies the others by `1 / (1 − probability)`;
    /// otherwise the tensor itself.   (Srivastava et al. 2014)
    ///
    /// Training is where the tensor depends on parameters inside `valueWithGradient`, which then needs `random:`. The
    /// mask of an element depends on seed, training step, call, row, step and unit alone: every device drops the same.
    public func dropout(_ probability: Float) -> Tensor {
        Tensor.check("dropout", self)
        guard let node, probability != 0 else { return self }
        let mask = DropoutMask(probability: probability, key: node.tape.nextKey(for: "dropout"))
        // Axes are [batch, …, unit]: those between count as steps.
        let columns = shape.last ?? 1
        let batches = shape.count > 1 ? shape[0] : 1
        let view = Matrix(buffer, batches: batches, rows: count / (batches * columns), columns: columns)
        let y = Tensor.empty(shape, on: device)
        backend.dropout(mask, view, into: view.of(y.buffer), accumulating: false)
        return y.recorded(from: [self]) { [backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            backend.dropout(mask, view.of(dy), into: view.of(dx), accumulating: true)
        }
    }
}
