import UnrollCompute
public import UnrollTensors

/// A table with a vector for each of a number of symbols.
public final class Embedding: Module {
    /// `[count, size]`
    public let weight: Parameter

    /// Starts with numbers of the standard normal distribution, as PyTorch does.
    public init(count: Int, size: Int, _ initializer: Initializer) {
        require(count > 0 && size > 0, "Embedding: count \(count) and size \(size) are not both positive")
        weight = initializer.normal([count, size])
    }

    /// Integers `[…]` in `-1..<count` to `[…, size]`; −1 gives zeros.
    public func callAsFunction(_ indices: Tensor) -> Tensor { weight.value.rows(at: indices) }
}
