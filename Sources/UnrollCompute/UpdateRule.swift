/// How an optimizer moves a parameter; the equations are in `Kernels/update.h`. Step-dependent factors are worked out by
/// the host in Double, once a step.
package struct UpdateRule: Sendable, Hashable {
    /// In the order of `Kernels/update.h`.
    package enum Kind: Int32, Sendable, CaseIterable {
        case sgd, adam, nadam, rmsprop, adagrad, adadelta, average
    }

    package let kind: Kind
    /// η, β, ε, … in the order of the kind's function below, eight at most.
    package let numbers: [Float]
    /// How many buffers the rule carries for each parameter, three at most, zeros at the start.
    package let moments: Int
    /// No element of a gradient counts as larger than ± this.
    package var limit = Float.infinity

    /// Without momentum there is nothing to carry. `decay` is added to the gradient, times the weight.
    package static func sgd(rate: Float, momentum: Float, decay: Float) -> UpdateRule {
        UpdateRule(kind: .sgd, numbers: [rate, momentum, decay], moments: momentum == 0 ? 0 : 1)
    }

    /// m and v. `rate` is η/(1 − β₁ᵗ), `root` 1/√(1 − β₂ᵗ), `keep` 1 − η·λ for AdamW (else 1), `decay` λ for Adam (else 0).
    package static func adam(
        rate: Float, beta1: Float, beta2: Float, epsilon: Float, root: Float, decay: Float, keep: Float
    ) -> UpdateRule {
        UpdateRule(kind: .adam, numbers: [rate, beta1, beta2, epsilon, root, decay, keep], moments: 2)
    }

    /// m and v. `mean` and `gradient` are the rates of m and of the gradient itself.
    package static func nadam(
        mean: Float, gradient: Float, beta1: Float, beta2: Float, epsilon: Float, root: Float, decay: Float
    ) -> UpdateRule {
        UpdateRule(kind: .nadam, numbers: [mean, gradient, beta1, beta2, epsilon, root, decay], moments: 2)
    }

    /// v; with momentum b besides; centred b and the mean gradient besides.
    package static func rmsprop(
        rate: Float, alpha: Float, epsilon: Float, momentum: Float, centred: Bool, decay: Float
    ) -> UpdateRule {
        UpdateRule(
            kind: .rmsprop, numbers: [rate, alpha, epsilon, momentum, centred ? 1 : 0, decay],
            moments: centred ? 3 : momentum == 0 ? 1 : 2)
    }

    /// v.
    package static func adagrad(rate: Float, epsilon: Float, decay: Float) -> UpdateRule {
        UpdateRule(kind: .adagrad, numbers: [rate, epsilon, decay], moments: 1)
    }

    /// v and u.
    package static func adadelta(rate: Float, rho: Float, epsilon: Float, decay: Float) -> UpdateRule {
        UpdateRule(kind: .adadelta, numbers: [rate, rho, epsilon, decay], moments: 2)
    }

    /// A mean of weights, given the weights as its gradient: goes `weight` of the way.
    package static func average(weight: Float) -> UpdateRule {
        UpdateRule(kind: .average, numbers: [weight], moments: 0)
    }
}
