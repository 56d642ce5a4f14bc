public import UnrollCompute
public import UnrollTensors

/// Modules one upon the other: each reads what the one before it wrote.
///
///     Stacked([
///         Recurrent(.lstm, inputs: 40, hidden: 128, initializer),
///         Residual(Recurrent(.lstm, inputs: 128, hidden: 128, initializer)),
///         Residual(Stacked([LayerNorm(size: 128, initializer), Recurrent(.gru, inputs: 128, hidden: 128, initializer)])),
///     ])
public final class Stacked: SequenceModule {
    /// From the bottom up.
    public let layers: [any SequenceModule]

    /// - Parameter layers: from the bottom up.
    public init(_ layers: [any SequenceModule]) { self.layers = layers }

    /// The tensors of all layers' states.
    public var stateCount: Int { layers.reduce(0) { $0 + $1.stateCount } }

    /// `[batch, steps, inputs]` of the first to `[batch, steps, outputs]` of the last, and the states of all, one behind
    /// the other.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState? = nil, mask: SequenceMask? = nil
    ) -> (output: Tensor, state: RecurrentState) {
        require(
            state?.tensors.count ?? stateCount == stateCount,
            "Stacked: a state of \(state?.tensors.count ?? 0) tensors, where the layers have \(stateCount)")
        var (output, next, first) = (x, RecurrentState([]), 0)
        for layer in layers {
            let own = state.map { RecurrentState(Array($0.tensors[first..<first + layer.stateCount])) }
            let result = layer(output, own, mask: mask)
            output = result.output
            next.tensors += result.state.tensors
            first += layer.stateCount
        }
        return (output, next)
    }
}

/// A module whose input is added to its output: `y = x + f(x)`.   (He et al. 2016; between recurrent layers Wu et al. 2016)
public final class Residual: SequenceModule {
    /// f; it keeps the size.
    public let body: any SequenceModule

    /// - Parameter body: f; it keeps the size.
    public init(_ body: any SequenceModule) { self.body = body }

    /// The body's.
    public var stateCount: Int { body.stateCount }

    /// `[batch, steps, size]` to the same shape.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState? = nil, mask: SequenceMask? = nil
    ) -> (output: Tensor, state: RecurrentState) {
        let (output, state) = body(x, state, mask: mask)
        require(output.shape == x.shape, "Residual: the body makes \(output.shape) of \(x.shape)")
        return (x + output, state)
    }
}

/// A module whose output is let through by a learnt gate, the input where it is closed.   (Srivastava, Greff &
/// Schmidhuber 2015)
///
///     y = g·f(x) + (1 − g)·x        g = σ(W·x + b)
public final class Highway: SequenceModule {
    /// f; it keeps the size.
    public let body: any SequenceModule
    /// W and b.
    public let gate: Linear

    /// A gate around any module.
    /// - Parameters:
    ///   - body: f; it keeps the size.
    ///   - size: of a step of x.
    ///   - gateBias: what b starts with: below 0, x passes nearly unchanged at first.
    public init(_ body: any SequenceModule, size: Int, gateBias: Float = -1, _ initializer: Initializer) {
        self.body = body
        gate = Linear(inputs: size, outputs: size, initializer)
        gate.bias!.value = .full([size], with: gateBias, on: initializer.device)
    }

    /// The original: `f(x) = max(W·x + b, 0)`.
    public convenience init(size: Int, gateBias: Float = -1, _ initializer: Initializer) {
        let body = Stacked([Linear(inputs: size, outputs: size, initializer), Apply { $0.relu() }])
        self.init(body, size: size, gateBias: gateBias, initializer)
    }

    /// The body's.
    public var stateCount: Int { body.stateCount }

    /// `[batch, steps, size]` to the same shape.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState? = nil, mask: SequenceMask? = nil
    ) -> (output: Tensor, state: RecurrentState) {
        let (output, state) = body(x, state, mask: mask)
        require(output.shape == x.shape, "Highway: the body makes \(output.shape) of \(x.shape)")
        return (x + gate(x).sigmoid() * (output - x), state)
    }
}
