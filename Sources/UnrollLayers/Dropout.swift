import UnrollCompute
public import UnrollTensors

/// In training, zeroes each element with a probability and scales the others up; otherwise changes nothing.
///
/// It draws from the `random` given to `valueWithGradient`. Numbers that depend on no parameter, as a model's inputs
/// before its first layer, pass unchanged: see `Tensor.dropout`.
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
