import UnrollCompute
public import UnrollTensors

/// A table with a vector for each of a number of symbols.
public final class Embedding: Module {
    /// `[count, size]`
    public let weight: Parameter
    /// The probability with which a training step does without a symbol's vector, wherever the symbol occurs.
    public let dropout: Float

    /// Starts with numbers of the standard normal distribution, as PyTorch does.
    /// - Parameter dropout: in `0..<1`; whole vectors are dropped and the others scaled up.   (Merity et al. 2017)
    public init(count: Int, size: Int, dropout: Float = 0, _ initializer: Initializer) {
        require(count > 0 && size > 0, "Embedding: count \(count) and size \(size) are not both positive")
        require((0..<1).contains(dropout), "Embedding: dropout \(dropout) is not in 0..<1")
        weight = initializer.normal([count, size])
        self.dropout = dropout
    }

    /// Integers `[…]` in `-1..<count` to `[…, size]`; −1 gives zeros.
    public func callAsFunction(_ indices: Tensor) -> Tensor { weight.value.rows(at: indices, dropout: dropout) }
}
