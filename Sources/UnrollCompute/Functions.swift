/// A function of one number, applied to every element. The equations are in `Kernels/functions.h`.
package struct UnaryFunction: Sendable, Hashable {
    package enum Kind: Int32, Sendable, CaseIterable {
        case affine, sigmoid, tanh, relu, exp, log, sqrt, square, reciprocal, absolute, clipFactor
    }

    package var kind: Kind
    package var alpha: Float = 0
    package var beta: Float = 0

    package init(_ kind: Kind, alpha: Float = 0, beta: Float = 0) {
        (self.kind, self.alpha, self.beta) = (kind, alpha, beta)
    }

    /// `scale·x + shift`
    package static func affine(_ scale: Float, _ shift: Float) -> Self { Self(.affine, alpha: scale, beta: shift) }
    /// `min(1, limit / (√x + ε))`: the factor that brings a gradient of squared norm x down to norm `limit`.
    package static func clipFactor(limit: Float) -> Self { Self(.clipFactor, alpha: limit, beta: 1e-6) }
}

/// A function of two numbers. `equal` gives 1 or 0.
package enum BinaryFunction: Int32, Sendable, CaseIterable {
    case add, subtract, multiply, divide, equal
}

/// What a reduction makes of the numbers it gathers.
package enum Reduction: Int32, Sendable, CaseIterable {
    case sum, sumOfSquares, maximum
}
