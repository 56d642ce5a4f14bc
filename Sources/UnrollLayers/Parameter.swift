import UnrollCompute
public import UnrollTensors

/// A tensor that is trained, or kept and saved beside those that are, shared by reference between a layer and the
/// optimizer.
public final class Parameter {
    /// Its present value. Optimizers move it in place, so a copy of this tensor moves with it.
    public var value: Tensor {
        willSet {
            require(
                newValue.shape == value.shape && newValue.elementType == value.elementType,
                "Parameter: a value of shape \(newValue.shape) cannot replace one of shape \(value.shape)")
        }
    }

    /// Whether it has a gradient, which moves it. What has none, as a running mean, follows the data in its own way; it is
    /// saved and loaded all the same.
    public let isTrained: Bool
    /// Whether it stays as it is: no gradient is computed for it, so no optimizer moves, decays or remembers it.
    public var isFrozen = false
    /// Whether values to load may lack it, as those of an earlier version do: it then stays as it is.
    package var mayBeMissing = false

    /// The extent of each axis.
    public var shape: [Int] { value.shape }

    /// A parameter that starts with this value.
    public convenience init(_ value: Tensor) { self.init(value, isTrained: true) }

    /// The same for what may have no gradient.
    public init(_ value: Tensor, isTrained: Bool) { (self.value, self.isTrained) = (value.detached(), isTrained) }
}
