import UnrollCompute
public import UnrollTensors

/// `y = x·Wᵀ + b`: a matrix applied to the last axis.
public final class Linear: Module {
    /// `[outputs, inputs]`
    public let weight: Parameter
    /// `[outputs]`
    public let bias: Parameter?

    /// Starts with numbers spread evenly over ±1/√inputs, as PyTorch does.
    public init(inputs: Int, outputs: Int, bias: Bool = true, _ initializer: Initializer) {
        require(inputs > 0 && outputs > 0, "Linear: \(inputs) inputs and \(outputs) outputs are not both positive")
        let bound = 1 / Float(inputs).squareRoot()
        weight = initializer.uniform([outputs, inputs], bound: bound)
        self.bias = bias ? initializer.uniform([outputs], bound: bound) : nil
    }

    /// `[…, inputs]` to `[…, outputs]`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight.value, bias: bias?.value) }
}
