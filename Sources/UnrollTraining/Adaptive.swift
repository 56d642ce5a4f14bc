import UnrollCompute

/// Steps divided by the root of the mean square of recent gradients (Hinton 2012):
///
///     v ← α·v + (1 − α)·g²    w ← w − η · g / (√v + ε)
///
/// Centred, by their deviation: `√(v − u²)` with u the mean gradient (Graves 2013). With momentum μ the quotient enters
/// `b ← μ·b + …`, and `w ← w − η·b`.
public final class RMSprop: Optimizer {
    /// α: how long the mean remembers.
    public let alpha: Float
    /// ε: keeps the quotient finite.
    public let epsilon: Float
    /// μ: how much of the last movement goes on.
    public let momentum: Float
    /// Whether it divides by the deviation.
    public let isCentred: Bool

    /// PyTorch's defaults.
    public init(
        learningRate: Float = 0.01, alpha: Float = 0.99, epsilon: Float = 1e-8, momentum: Float = 0,
        centred: Bool = false, weightDecay: Float = 0
    ) {
        (self.alpha, self.epsilon, self.momentum, isCentred) = (alpha, epsilon, momentum, centred)
        super.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        .rmsprop(
            rate: Float(rate), alpha: alpha, epsilon: epsilon, momentum: momentum, centred: isCentred, decay: decay)
    }

    override var name: String { "rmsprop" }
}

/// Steps divided by the root of the sum of all squared gradients (Duchi et al. 2011):
///
///     v ← v + g²    w ← w − η · g / (√v + ε)
public final class Adagrad: Optimizer {
    /// ε: keeps the quotient finite.
    public let epsilon: Float

    /// PyTorch's defaults.
    public init(learningRate: Float = 0.01, epsilon: Float = 1e-10, weightDecay: Float = 0) {
        self.epsilon = epsilon
        super.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        .adagrad(rate: Float(rate), epsilon: epsilon, decay: decay)
    }

    override var name: String { "adagrad" }
}

/// Steps in the weights' own unit, whatever the gradient's (Zeiler 2012):
///
///     v ← ρ·v + (1 − ρ)·g²    Δ = g·√(u + ε)/√(v + ε)    u ← ρ·u + (1 − ρ)·Δ²    w ← w − η·Δ
public final class Adadelta: Optimizer {
    /// ρ: how long the means of squares remember.
    public let rho: Float
    /// ε: how the first steps get going.
    public let epsilon: Float

    /// PyTorch's defaults.
    public init(learningRate: Float = 1, rho: Float = 0.9, epsilon: Float = 1e-6, weightDecay: Float = 0) {
        (self.rho, self.epsilon) = (rho, epsilon)
        super.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        .adadelta(rate: Float(rate), rho: rho, epsilon: epsilon, decay: decay)
    }

    override var name: String { "adadelta" }
}
