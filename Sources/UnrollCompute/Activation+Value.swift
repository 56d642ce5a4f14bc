#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Activation {
    /// What it makes of x, for what the host has to know of a sweep.
    func value(_ x: Float) -> Float {
        let (alpha, beta, x) = (Double(alpha), Double(beta), Double(x))
        let value: Double =
            switch function {
            case .sigmoid: 1 / (1 + exp(-x))
            case .tanh: hyperbolicTangent(x)
            case .relu: max(0, x)
            case .affine: alpha * x + beta
            case .leakyReLU: x > 0 ? x : alpha * x
            case .thresholdedReLU: x > alpha ? x : 0
            case .scaledTanh: alpha * hyperbolicTangent(beta * x)
            case .hardSigmoid: max(0, min(1, alpha * x + beta))
            case .elu: x > 0 ? x : alpha * expm1(x)
            case .softsign: x / (1 + abs(x))
            case .softplus: max(0, x) + log1p(exp(-abs(x)))
            }
        return Float(value)
    }
}

// `Activation.tanh` hides the function.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
