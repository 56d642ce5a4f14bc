import UnrollCompute

extension Tensor {
    /// `eˣ / Σ eˣ` along the last axis.
    public func softmax() -> Tensor { softmax(logarithmic: false, "softmax") }

    /// The logarithm of the softmax along the last axis.
    public func logSoftmax() -> Tensor { softmax(logarithmic: true, "logSoftmax") }

    private func softmax(logarithmic: Bool, _ name: String) -> Tensor {
        Tensor.check(name, self)
        let (rows, columns) = rowsAndColumns
        let y = Tensor.empty(shape, on: device)
        backend.softmax(buffer, rows: rows, columns: columns, logarithmic: logarithmic, into: y.buffer)
        return y.recorded(from: [self]) { [node] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            y.backend.softmaxBackward(
                y: y.buffer, dy: dy, rows: rows, columns: columns, logarithmic: logarithmic, into: dx)
        }
    }

    /// The mean of `−log softmax(x)[target]` over the targets that are not −1: in nats. 0 when all are −1.
    ///
    /// - Parameter targets: integers in `-1..<classes`, one for each row of these logits `[…, classes]`.
    public func crossEntropy(_ targets: Tensor) -> Tensor {
        Tensor.check("crossEntropy", self)
        require(
            targets.shape == Array(shape.dropLast()) && targets.device == device,
            "crossEntropy: logits \(shape) on \(device) and targets \(targets.shape) on \(targets.device) do not fit")
        let (rows, columns) = rowsAndColumns
        let indices = targets.indices("crossEntropy")
        for target in indices where target < -1 || target >= columns {
            fatalError("crossEntropy: target \(target) is not one of \(columns) classes, nor −1")
        }
        let used = indices.count { $0 >= 0 }
        let scale = used == 0 ? 0 : 1 / Float(used)
        let loss = Tensor.empty([], on: device)
        let logSumExp = backend.makeBuffer(.float32, count: rows)
        backend.crossEntropy(
            buffer, rows: rows, columns: columns, targets: targets.buffer, scale: scale, into: loss.buffer,
            logSumExp: logSumExp)
        return loss.recorded(from: [self]) { [node, backend, buffer] dLoss, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            backend.crossEntropyBackward(
                buffer, rows: rows, columns: columns, targets: targets.buffer, scale: scale, logSumExp: logSumExp,
                dLoss: dLoss, into: dx)
        }
    }

    /// The mean of `(x − target)²` over all elements.
    public func meanSquaredError(_ target: Tensor) -> Tensor {
        require(shape == target.shape, "meanSquaredError: shapes \(shape) and \(target.shape) differ")
        return (self - target).squared().mean()
    }
}
