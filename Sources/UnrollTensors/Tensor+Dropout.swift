package import UnrollCompute

// In training, numbers are zeroed with a probability and the others multiplied by `1 / (1 − probability)`; otherwise
// nothing changes.
//
// Training is inside `valueWithGradient`, which then needs `random:`, whatever the tensor depends on: data, or parameters
// frozen or not. The mask of an element depends on seed, training step, call, row, step and unit alone: every device drops
// the same. Masks are made again in the backward pass, not kept.

extension Tensor {
    /// In training, zeroes each element with this probability and scales the others up.   (Srivastava et al. 2014)
    public func dropout(_ probability: Float) -> Tensor {
        Tensor.check("dropout", self)
        guard let mask = dropoutMask(probability, "dropout") else { return self }
        return dropped(by: mask, isLocked: false)
    }

    /// The same with one mask for all steps of a sequence: what is zeroed in one step of `[batch, steps, units]` is zeroed
    /// in all.   (Gal & Ghahramani 2016)
    public func lockedDropout(_ probability: Float) -> Tensor {
        Tensor.check("lockedDropout", self)
        require(shape.count == 3, "lockedDropout: shape \(shape) is not [batch, steps, units]")
        guard let mask = dropoutMask(probability, "lockedDropout") else { return self }
        return dropped(by: mask, isLocked: true)
    }

    /// One or the other by a mask that is drawn already.
    package func dropped(by mask: DropoutMask, isLocked: Bool) -> Tensor {
        // Axes are [batch, …, unit]: those between count as steps.
        let columns = shape.last ?? 1
        let batches = shape.count > 1 ? shape[0] : 1
        let view = Matrix(buffer, batches: batches, rows: count / (batches * columns), columns: columns)
        let drop = { [backend] (x: Matrix, y: Matrix, accumulating: Bool) in
            if isLocked {
                backend.dropout(mask, lockedOver: x, into: y, accumulating: accumulating)
            } else {
                backend.dropout(mask, x, into: y, accumulating: accumulating)
            }
        }
        let y = Tensor.empty(shape, on: device)
        drop(view, view.of(y.buffer), false)
        return y.recorded(from: [self]) { [node] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            drop(view.of(dy), view.of(dx), true)
        }
    }

    /// `rows(at:)` of a table of which training drops whole rows, wherever they are looked up.
    /// (Gal & Ghahramani 2016; Merity, McCann & Socher 2017)
    public func rows(at indices: Tensor, dropout probability: Float) -> Tensor {
        let rows = rows(at: indices)
        guard let mask = dropoutMask(probability, "rows") else { return rows }
        let factors = backend.factors(of: mask, rows: 1, units: shape[0])
        return rows * Tensor(factors, shape: [shape[0], 1], on: device).rows(at: indices)
    }

    /// The mask of the next site, in training.
    private func dropoutMask(_ probability: Float, _ operation: String) -> DropoutMask? {
        guard probability != 0, let tape = Tape.underWay(on: device) else { return nil }
        return DropoutMask(probability: probability, key: tape.nextKey(for: operation))
    }
}
