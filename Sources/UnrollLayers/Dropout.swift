import UnrollCompute
public import UnrollTensors

/// In training, zeroes each element with a probability and scales the others up; otherwise changes nothing.
///
/// Training is inside `valueWithGradient`, from whose `random` it draws: data is thinned there as well as what layers make
/// of it, frozen or not. Inside of that, `evaluating` turns it off.
public final class Dropout: Module {
    /// Of an element to be zeroed.
    public let probability: Float

    /// - Parameter probability: in `0..<1`.
    public init(_ probability: Float) {
        require((0..<1).contains(probability), "Dropout: probability \(probability) is not in 0..<1")
        self.probability = probability
    }

    /// `x`, or in training a thinned and scaled x.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.dropout(probability) }
}

/// Variational dropout of inputs and between layers: one mask for all steps of a sequence, in training, as `Dropout`.
/// (Gal & Ghahramani 2016)
public final class LockedDropout: Layer {
    /// Of a unit to be zeroed in all steps of a row.
    public let probability: Float

    /// - Parameter probability: in `0..<1`.
    public init(_ probability: Float) {
        require((0..<1).contains(probability), "LockedDropout: probability \(probability) is not in 0..<1")
        self.probability = probability
    }

    /// `[batch, steps, units]`, in training with units thinned and scaled.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.lockedDropout(probability) }
}
