import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Adam (Kingma & Ba 2015): steps of a size that does not depend on the gradient's.
///
///     m ← β₁·m + (1 − β₁)·g    v ← β₂·v + (1 − β₂)·g²    w ← w − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
public class Adam: Optimizer {
    /// β₁ and β₂: how long the means of gradients and of their squares remember.
    public let betas: (Float, Float)
    /// ε: keeps the quotient finite.
    public let epsilon: Float

    /// PyTorch's defaults.
    public init(
        learningRate: Float = 0.001, betas: (Float, Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        weightDecay: Float = 0
    ) {
        (self.betas, self.epsilon) = (betas, epsilon)
        super.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        rule(rate: rate, decay: decay, keep: 1, step: step)
    }

    /// The bias corrections, in Double as they differ from 1 by little.
    fileprivate func rule(rate: Double, decay: Float, keep: Float, step: Int) -> UpdateRule {
        .adam(
            rate: Float(rate / (1 - pow(Double(betas.0), Double(step)))), beta1: betas.0, beta2: betas.1,
            epsilon: epsilon, root: root(step), decay: decay, keep: keep)
    }

    /// 1/√(1 − β₂ᵗ)
    fileprivate func root(_ step: Int) -> Float { Float(1 / (1 - pow(Double(betas.1), Double(step))).squareRoot()) }

    override var name: String { "adam" }
}

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): `w ← w·(1 − η·λ)`, then Adam's step.
public final class AdamW: Adam {
    /// PyTorch's defaults.
    public override init(
        learningRate: Float = 0.001, betas: (Float, Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        weightDecay: Float = 0.01
    ) {
        super.init(learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        rule(rate: rate, decay: 0, keep: Float(1 - rate * Double(decay)), step: step)
    }

    override var name: String { "adamw" }
}

/// Adam that looks one step of its momentum ahead (Nesterov's; Dozat 2016), the momentum rising from half of β₁:
///
///     μₜ = β₁·(1 − 0.96^(t·ψ)/2)      Mₜ = μ₁·…·μₜ
///     w ← w − η · ((1 − μₜ)/(1 − Mₜ) · g + μₜ₊₁/(1 − Mₜ₊₁) · m) / (√(v/(1 − β₂ᵗ)) + ε)
public final class NAdam: Adam {
    /// ψ: how fast the momentum rises.
    public let momentumDecay: Float
    /// M₀, M₁, …, up to the first that cannot be told from 0 beside 1.
    private var products = [1.0]

    /// PyTorch's defaults.
    public init(
        learningRate: Float = 0.002, betas: (Float, Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        weightDecay: Float = 0, momentumDecay: Float = 0.004
    ) {
        self.momentumDecay = momentumDecay
        super.init(learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecay: weightDecay)
    }

    override func rule(rate: Double, decay: Float, step: Int) -> UpdateRule {
        while products.count <= step, let last = products.last, last > 1e-20 {
            products.append(last * momentum(products.count))
        }
        let product = products[min(step, products.count - 1)]
        let (now, next) = (momentum(step), momentum(step + 1))
        return .nadam(
            mean: Float(rate * next / (1 - product * next)), gradient: Float(rate * (1 - now) / (1 - product)),
            beta1: betas.0, beta2: betas.1, epsilon: epsilon, root: root(step), decay: decay)
    }

    /// μₜ
    private func momentum(_ step: Int) -> Double {
        Double(betas.0) * (1 - 0.5 * pow(0.96, Double(step) * Double(momentumDecay)))
    }

    override var name: String { "nadam" }
}
