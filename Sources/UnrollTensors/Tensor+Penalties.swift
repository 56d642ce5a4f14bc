public import UnrollCompute

extension Tensor {
    /// Activation regularisation, to be added to a loss: `α · mean(h²)` over the steps that are there.
    /// (Merity, McCann & Socher 2017)
    ///
    /// - Parameters:
    ///   - alpha: α.
    ///   - mask: which steps of `[batch, steps, size]` are there; nil is all.
    public func activationPenalty(_ alpha: Float, mask: SequenceMask? = nil) -> Tensor {
        let h = mask.map { present(in: $0) } ?? self
        return h.map { $0.squared().mean() * alpha } ?? Tensor(0, on: device)
    }

    /// Temporal activation regularisation, to be added to a loss: `β · mean((hₜ − hₜ₋₁)²)` over neighbouring steps that
    /// are both there.   (Merity, McCann & Socher 2017)
    ///
    /// - Parameters:
    ///   - beta: β.
    ///   - mask: which steps of `[batch, steps, size]` are there; nil is all.
    public func temporalActivationPenalty(_ beta: Float, mask: SequenceMask? = nil) -> Tensor {
        require(shape.count == 3, "temporalActivationPenalty: shape \(shape) is not [batch, steps, size]")
        if let mask { check(mask, in: "temporalActivationPenalty") }
        return changes(mask).map { $0.squared().mean() * beta } ?? Tensor(0, on: device)
    }

    /// `hₜ − hₜ₋₁` wherever both are there; nil if they nowhere are.
    private func changes(_ mask: SequenceMask?) -> Tensor? {
        let steps = shape[1]
        guard let mask, !mask.isFull else {
            return steps < 2 ? nil : slice(1..<steps, along: 1) - slice(0..<steps - 1, along: 1)
        }
        let later = mask.presence.indices.filter { $0 % steps > 0 && mask.presence[$0] && mask.presence[$0 - 1] }
        guard let h = stepRows(at: later), let before = stepRows(at: later.map { $0 - 1 }) else { return nil }
        return h - before
    }
}
