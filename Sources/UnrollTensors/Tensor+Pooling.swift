public import UnrollCompute

/// What stands for a whole sequence.
public enum Pooling: Sendable, CaseIterable {
    /// The last step that is there.
    case last
    /// The mean of the steps that are there.
    case mean
    /// Of every number the largest in any step that is there; equal ones share the gradient.
    case max
}

extension Tensor {
    /// `[batch, steps, size]` to `[batch, size]`. A row without a step gives zeros.
    ///
    /// - Parameter mask: which steps are there; nil is all.
    public func pooled(_ pooling: Pooling, mask: SequenceMask? = nil) -> Tensor {
        require(shape.count == 3, "pooled: shape \(shape) is not [batch, steps, size]")
        if let mask { check(mask, in: "pooled") }
        let (batch, steps, size) = (shape[0], shape[1], shape[2])
        let mask = mask.flatMap { $0.isFull ? nil : $0 }
        switch (pooling, mask) {
        case (.last, nil): return slice(steps - 1..<steps, along: 1).reshaped([batch, size])
        case (.mean, nil): return mean(along: 1)
        case (.max, nil): return max(along: 1)
        case (.last, let mask?):
            let places = mask.ends.enumerated().map { row, end in Int32(end == 0 ? -1 : row * steps + end - 1) }
            return stepRows.rows(at: Tensor(places, on: device))
        case (.mean, let mask?):
            let shares = Tensor(mask.counts.map { 1 / Float(Swift.max(1, $0)) }, shape: [batch, 1], on: device)
            return masked(mask).sum(along: 1) * shares
        case (.max, let mask?):
            let isThere = Tensor(mask.counts.map { $0 == 0 ? 0 : 1 }, shape: [batch, 1], on: device)
            let candidates = masked(mask) + mask.penalty(on: device).reshaped([batch, steps, 1])
            return candidates.max(along: 1) * isThere
        }
    }
}
