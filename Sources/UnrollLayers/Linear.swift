import UnrollCompute
public import UnrollTensors

/// `y = x·Wᵀ + b`: a matrix applied to the last axis.
public final class Linear: Module {
    /// `[outputs, inputs]`
    public let weight: Parameter
    /// `[outputs]`
    public let bias: Parameter?

    /// Starts with numbers spread evenly over ±1/√inputs, as PyTorch does, unless the initializer has a scheme.
    public init(inputs: Int, outputs: Int, bias: Bool = true, _ initializer: Initializer) {
        require(inputs > 0 && outputs > 0, "Linear: \(inputs) inputs and \(outputs) outputs are not both positive")
        let own = Initializer.Distribution.uniform(bound: 1 / Float(inputs).squareRoot())
        weight = initializer.weight(.input, [outputs, inputs], otherwise: own)
        self.bias = bias ? initializer.weight(.bias, [outputs], otherwise: own) : nil
    }

    /// From vectors of an embedding's size to a number for each of its symbols, by the embedding's own table: one
    /// parameter, with the gradients of both uses, under the name of the one found first.   (Inan et al. 2017; Press &
    /// Wolf 2017)
    public init(tiedTo embedding: Embedding, bias: Bool = true, _ initializer: Initializer) {
        weight = embedding.weight
        self.bias = bias ? initializer.zeros([weight.shape[0]]) : nil
    }

    /// `[…, inputs]` to `[…, outputs]`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight.value, bias: bias?.value) }
}
