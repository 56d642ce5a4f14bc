public import UnrollCompute
public import UnrollTensors

/// Layer normalisation (Ba, Kiros & Hinton 2016): every row to mean 0 and variance 1, then scaled and shifted.
///
///     y = γ·(x − μ)/√(σ² + ε) + β        μ, σ²: of the row itself
public final class LayerNorm: Layer {
    /// γ, `[size]`
    public let weight: Parameter
    /// β, `[size]`
    public let bias: Parameter
    /// ε
    public let epsilon: Float

    /// Starts with γ = 1 and β = 0.
    public init(size: Int, epsilon: Float = 1e-5, _ initializer: Initializer) {
        require(size > 0, "LayerNorm: size \(size) is not positive")
        (weight, bias, self.epsilon) = (initializer.ones([size]), initializer.zeros([size]), epsilon)
    }

    /// `[…, size]` to `[…, size]`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.layerNormalized(scale: weight.value, shift: bias.value, epsilon: epsilon)
    }
}

/// Batch normalisation (Ioffe & Szegedy 2015): every feature to mean 0 and variance 1 over the batch and the steps that
/// are there, then scaled and shifted.
///
///     y = γ·(x − μ)/√(σ² + ε) + β
///
/// In training (inside `valueWithGradient`) μ and σ² are those of the batch, and running means follow them:
/// `r ← (1 − m)·r + m·s`, with the unbiased variance, as PyTorch has it. Elsewhere, and where they are frozen as with
/// the whole layer, the running ones take their place. They are saved with the module under PyTorch's names; no optimizer
/// moves them, but one that averages weights averages them too.
public final class BatchNorm: SequenceModule {
    /// γ, `[size]`
    public let weight: Parameter
    /// β, `[size]`
    public let bias: Parameter
    /// The running mean, `[size]`.
    public let runningMean: Parameter
    /// The running variance, `[size]`.
    public let runningVariance: Parameter
    /// m: how far one batch moves the running statistics.
    public let momentum: Float
    /// ε
    public let epsilon: Float

    /// Starts with γ = 1, β = 0, and running statistics of mean 0 and variance 1.
    /// - Parameter momentum: in `0...1`.
    public init(size: Int, momentum: Float = 0.1, epsilon: Float = 1e-5, _ initializer: Initializer) {
        require(size > 0, "BatchNorm: size \(size) is not positive")
        require((0...1).contains(momentum), "BatchNorm: momentum \(momentum) is not in 0...1")
        (weight, bias) = (initializer.ones([size]), initializer.zeros([size]))
        runningMean = Parameter(.zeros([size], on: initializer.device), isTrained: false)
        runningVariance = Parameter(.full([size], with: 1, on: initializer.device), isTrained: false)
        (self.momentum, self.epsilon) = (momentum, epsilon)
    }

    /// Under PyTorch's names.
    public var parameters: [(name: String, parameter: Parameter)] {
        [("weight", weight), ("bias", bias), ("running_mean", runningMean), ("running_var", runningVariance)]
    }

    /// `[batch, steps, size]` (without a mask `[…, size]`) to the same shape.
    ///
    /// - Parameter mask: which steps are there; the others do not count and give zeros. nil is all.
    public func callAsFunction(_ x: Tensor, mask: SequenceMask? = nil) -> Tensor {
        let size = weight.shape[0]
        require(x.shape.last == size, "BatchNorm: shape \(x.shape) does not end in \(size)")
        guard let mask, !mask.isFull else {
            return normalized(x.reshaped([x.count / size, size])).reshaped(x.shape)
        }
        guard let rows = x.present(in: mask) else { return .zeros(x.shape, on: x.device) }
        return normalized(rows).spread(over: mask)
    }

    /// The same as a part of a stack: without a state.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState?, mask: SequenceMask?
    ) -> (output: Tensor, state: RecurrentState) {
        (self(x, mask: mask), RecurrentState([]))
    }

    /// `[rows, size]`
    private func normalized(_ rows: Tensor) -> Tensor {
        let isFrozen = runningMean.isFrozen || runningVariance.isFrozen
        guard Tape.underWay(on: rows.device) != nil, !isFrozen else {
            let factor = weight.value / (runningVariance.value + epsilon).squareRoot()
            return rows * factor + (bias.value - runningMean.value * factor)
        }
        let mean = rows.mean(along: 0)
        let centred = rows - mean
        let variance = centred.squared().mean(along: 0)
        // Of one row there is no unbiased variance: it says nothing of the spread.
        if rows.shape[0] > 1 {
            let unbiased = Float(rows.shape[0]) / Float(rows.shape[0] - 1)
            runningMean.follow(mean, by: momentum)
            runningVariance.follow(variance.detached() * unbiased, by: momentum)
        }
        return centred * (weight.value / (variance + epsilon).squareRoot()) + bias.value
    }
}

extension Parameter {
    /// `w ← (1 − m)·w + m·s`, in place, as optimizers move parameters.
    fileprivate func follow(_ s: Tensor, by m: Float) {
        let (backend, view) = (value.device.backend, { Matrix($0, rows: 1, columns: $0.count) })
        backend.map(.affine(1 - m, 0), value.buffer, into: value.buffer)
        backend.copy(view((s.detached() * m).buffer), to: view(value.buffer), accumulating: true)
    }
}
