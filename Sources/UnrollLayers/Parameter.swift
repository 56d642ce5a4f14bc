import UnrollCompute
public import UnrollTensors

/// A trainable tensor, shared by reference between a layer and the optimizer.
public final class Parameter {
    /// Its present value. Optimizers move it in place, so a copy of this tensor moves with it.
    public var value: Tensor {
        willSet {
            require(
                newValue.shape == value.shape && newValue.elementType == value.elementType,
                "Parameter: a value of shape \(newValue.shape) cannot replace one of shape \(value.shape)")
        }
    }

    /// The extent of each axis.
    public var shape: [Int] { value.shape }

    /// A parameter that starts with this value.
    public init(_ value: Tensor) { self.value = value.detached() }
}
