import UnrollCompute
public import UnrollLayers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Moves the parameters of a model against their gradients: `SGD`, `Adam` or `AdamW`.
///
///     let (loss, gradients) = model.valueWithGradient { … }
///     gradients.clip(norm: 5)
///     optimizer.update(model, gradients)
///
/// Parameters move in place, on their device; nothing waits.
public class Optimizer {
    /// How far a step goes.
    public var learningRate: Float
    /// How many updates there were.
    public private(set) var steps = 0
    /// What the rule remembers of each parameter, by the parameter's name; shapes are the parameter's.
    private var moments: [String: [Buffer]] = [:]

    fileprivate init(learningRate: Float) { self.learningRate = learningRate }

    /// One step. Parameters the loss did not depend on stay as they are.
    /// - Parameter model: the module whose gradients these are.
    public func update(_ model: some Module, _ gradients: Gradients) {
        steps += 1
        let rule = rule
        for (name, parameter) in model.parameters {
            guard let gradient = gradients.buffer(of: parameter) else { continue }
            let backend = parameter.value.device.backend
            let moments =
                moments[name] ?? (0..<rule.moments).map { _ in backend.makeZeros(count: parameter.value.count) }
            require(
                moments.allSatisfy { $0.count == parameter.value.count },
                "update: '\(name)' has \(parameter.value.count) numbers, and had \(moments[0].count): an optimizer is for one model"
            )
            self.moments[name] = moments
            backend.update(
                rule, parameter: parameter.value.buffer, gradient: gradient, moments: moments, scale: gradients.scale)
        }
    }

    /// What to do in step number `steps`.
    fileprivate var rule: UpdateRule { fatalError("an optimizer has a rule") }
}

extension Optimizer {
    /// All that the next step depends on besides the settings.
    package struct State: Sendable, Equatable {
        package var steps: Int
        /// The moments of each parameter by its name.
        package var moments: [String: [[Float]]]

        package init(steps: Int, moments: [String: [[Float]]]) { (self.steps, self.moments) = (steps, moments) }
    }

    /// Reads the state from a model's device; waits for it.
    package func state(for model: some Module) throws -> State {
        var state = State(steps: steps, moments: [:])
        for (name, parameter) in model.parameters {
            guard let moments = moments[name] else { continue }
            state.moments[name] = try moments.map { try parameter.value.device.backend.read($0) }
        }
        return state
    }

    /// Whether `state` is one of this rule for these parameters.
    package func accepts(_ state: State, for model: some Module) -> Bool {
        let counts = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.parameter.value.count) })
        return state.moments.allSatisfy { name, moments in
            moments.count == rule.moments && moments.allSatisfy { $0.count == counts[name] }
        }
    }

    /// Continues where `state` was read; `accepts` it.
    package func load(_ state: State, for model: some Module) {
        steps = state.steps
        moments = [:]
        for (name, parameter) in model.parameters {
            moments[name] = state.moments[name]?.map { parameter.value.device.backend.makeBuffer($0) }
        }
    }
}

/// Stochastic gradient descent: `v ← μ·v + g;  w ← w − η·v`.
public final class SGD: Optimizer {
    /// μ: how much of the last movement goes on.
    public let momentum: Float
    /// λ: `g` is the gradient plus `λ·w`.
    public let weightDecay: Float

    /// PyTorch's defaults, but for the learning rate, which has none.
    public init(learningRate: Float, momentum: Float = 0, weightDecay: Float = 0) {
        (self.momentum, self.weightDecay) = (momentum, weightDecay)
        super.init(learningRate: learningRate)
    }

    fileprivate override var rule: UpdateRule {
        .sgd(rate: learningRate, momentum: momentum, decay: weightDecay)
    }
}

/// Adam (Kingma & Ba 2015): steps of a size that does not depend on the gradient's.
///
///     m ← β₁·m + (1 − β₁)·g    v ← β₂·v + (1 − β₂)·g²    w ← w − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
public class Adam: Optimizer {
    /// β₁ and β₂: how long the means of gradients and of their squares remember.
    public let betas: (Float, Float)
    /// ε: keeps the quotient finite.
    public let epsilon: Float
    /// λ: `g` is the gradient plus `λ·w`.
    public let weightDecay: Float

    /// PyTorch's defaults.
    public init(
        learningRate: Float = 0.001, betas: (Float, Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        weightDecay: Float = 0
    ) {
        (self.betas, self.epsilon, self.weightDecay) = (betas, epsilon, weightDecay)
        super.init(learningRate: learningRate)
    }

    fileprivate override var rule: UpdateRule { rule(decay: weightDecay, keep: 1) }

    /// The bias corrections, in Double as they differ from 1 by little.
    fileprivate func rule(decay: Float, keep: Float) -> UpdateRule {
        let first = 1 - pow(Double(betas.0), Double(steps))
        let second = 1 - pow(Double(betas.1), Double(steps))
        return .adam(
            rate: Float(Double(learningRate) / first), beta1: betas.0, beta2: betas.1, epsilon: epsilon,
            root: Float(1 / second.squareRoot()), decay: decay, keep: keep)
    }
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

    fileprivate override var rule: UpdateRule {
        rule(decay: 0, keep: Float(1 - Double(learningRate) * Double(weightDecay)))
    }
}
