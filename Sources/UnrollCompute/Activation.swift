import CUnrollMicroKernels

/// The function of a gate, as ONNX defines it.
public struct Activation: Sendable, Hashable {
    /// As numbered in Kernels/activations.h.
    package enum Function: Int32, Sendable, CaseIterable {
        case sigmoid, tanh, relu, affine, leakyReLU, thresholdedReLU, scaledTanh, hardSigmoid, elu, softsign, softplus
    }

    package let function: Function
    package let alpha, beta: Float

    private init(_ function: Function, _ alpha: Float = 0, _ beta: Float = 0) {
        (self.function, self.alpha, self.beta) = (function, alpha, beta)
    }

    /// `1 / (1 + e⁻ˣ)`
    public static let sigmoid = Activation(.sigmoid)
    /// `(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`
    public static let tanh = Activation(.tanh)
    /// `max(0, x)`
    public static let relu = Activation(.relu)
    /// `x / (1 + |x|)`
    public static let softsign = Activation(.softsign)
    /// `log(1 + eˣ)`
    public static let softplus = Activation(.softplus)

    /// `alpha·x + beta`
    public static func affine(alpha: Float = 1, beta: Float = 0) -> Activation { Activation(.affine, alpha, beta) }

    /// x, or `alpha·x` where x is negative.
    public static func leakyReLU(alpha: Float = 0.01) -> Activation {
        require(alpha >= 0, "Activation.leakyReLU: alpha \(alpha) is negative")
        return Activation(.leakyReLU, alpha)
    }

    /// x where it is above `alpha`, else 0.
    public static func thresholdedReLU(alpha: Float = 1) -> Activation {
        require(alpha >= 0, "Activation.thresholdedReLU: alpha \(alpha) is negative")
        return Activation(.thresholdedReLU, alpha)
    }

    /// `alpha·tanh(beta·x)`
    public static func scaledTanh(alpha: Float = 1, beta: Float = 1) -> Activation {
        require(alpha != 0, "Activation.scaledTanh: alpha is 0")
        return Activation(.scaledTanh, alpha, beta)
    }

    /// `alpha·x + beta` held within 0 and 1.
    public static func hardSigmoid(alpha: Float = 0.2, beta: Float = 0.5) -> Activation {
        Activation(.hardSigmoid, alpha, beta)
    }

    /// x, or `alpha·(eˣ − 1)` where x is negative.
    public static func elu(alpha: Float = 1) -> Activation {
        require(alpha >= 0, "Activation.elu: alpha \(alpha) is negative")
        return Activation(.elu, alpha)
    }

    var forKernels: UnrollActivation { UnrollActivation(function: function.rawValue, alpha: alpha, beta: beta) }
}
