import UnrollCompute

// Functions applied to every element.

extension Tensor {
    /// `1 / (1 + e⁻ˣ)`
    public func sigmoid() -> Tensor { map(UnaryFunction(.sigmoid), "sigmoid") }
    /// The hyperbolic tangent.
    public func tanh() -> Tensor { map(UnaryFunction(.tanh), "tanh") }
    /// `max(x, 0)`; the slope at 0 is 0.
    public func relu() -> Tensor { map(UnaryFunction(.relu), "relu") }
    /// `eˣ`
    public func exp() -> Tensor { map(UnaryFunction(.exp), "exp") }
    /// The natural logarithm.
    public func log() -> Tensor { map(UnaryFunction(.log), "log") }
    /// `√x`
    public func squareRoot() -> Tensor { map(UnaryFunction(.sqrt), "squareRoot") }
    /// `x²`
    public func squared() -> Tensor { map(UnaryFunction(.square), "squared") }
    /// `1 / x`
    public func reciprocal() -> Tensor { map(UnaryFunction(.reciprocal), "reciprocal") }
    /// `|x|`; the slope at 0 is 0.
    public func absolute() -> Tensor { map(UnaryFunction(.absolute), "absolute") }

    func map(_ f: UnaryFunction, _ name: String) -> Tensor {
        Tensor.check(name, self)
        let y = Tensor.empty(shape, on: device)
        backend.map(f, buffer, into: y.buffer)
        return y.recorded(from: [self]) { [x = buffer, node] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            y.backend.mapBackward(f, x: x, y: y.buffer, dy: dy, into: dx)
        }
    }
}
