import UnrollCompute

/// Stochastic gradient descent: `v ← μ·v + g;  w ← w − η·v`.
public class SGD: Optimizer {
    /// μ: how much of the last movement goes on.
    public let momentum: Float

    /// PyTorch's defaults, but for the learning rate, which has none.
    public init(learningRate: Float, momentum: Float = 0, weightDecay: Float = 0) {
        self.momentum = momentum
        super.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        .sgd(rate: Float(rate), momentum: momentum, decay: decay)
    }

    override var name: String { "sgd" }
}

/// Gradient descent that turns to the mean of its weights once validation has stopped improving: NT-ASGD, by which
/// AWD-LSTM language models are trained (Merity et al. 2017).
///
/// Tell it what validation comes to with `observe(validation:)`, and evaluate with `withAverages`; `Trainer` does.
public final class NTASGD: SGD {
    /// - Parameter interval: n: how many checks may go by without a new best before averaging begins.
    public init(learningRate: Float, interval: Int = 5, weightDecay: Float = 0) {
        super.init(learningRate: learningRate, weightDecay: weightDecay)
        averaging = .triggered(interval: interval)
    }

    override var name: String { "nt-asgd" }
}
