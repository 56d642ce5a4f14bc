import UnrollCompute

// As flags and files write them: `tanh`, `hard-sigmoid`, `leaky-relu:0.2`, `affine:0.8:0.1`.
extension Activation {
    /// Names, and how many numbers may stand behind each.
    private static let kinds: [(name: String, function: Function, numbers: Int)] = [
        ("sigmoid", .sigmoid, 0), ("tanh", .tanh, 0), ("relu", .relu, 0), ("softsign", .softsign, 0),
        ("softplus", .softplus, 0), ("affine", .affine, 2), ("leaky-relu", .leakyReLU, 1),
        ("thresholded-relu", .thresholdedReLU, 1), ("scaled-tanh", .scaledTanh, 2), ("hard-sigmoid", .hardSigmoid, 2),
        ("elu", .elu, 1),
    ]

    /// All names.
    package static let names = kinds.map(\.name).joined(separator: ", ")

    /// - Returns: nil where the text is none of them, or its numbers make no sense.
    package init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let kind = Self.kinds.first(where: { $0.name == parts[0] }) else { return nil }
        let numbers = parts.dropFirst().compactMap(Float.init)
        guard numbers.count == parts.count - 1, numbers.count <= kind.numbers, numbers.allSatisfy(\.isFinite) else {
            return nil
        }
        let (alpha, beta) = (numbers.first, numbers.dropFirst().first)
        // What the functions stop the program for.
        let needsPositive: [Function] = [.leakyReLU, .thresholdedReLU, .elu]
        if needsPositive.contains(kind.function), alpha ?? 0 < 0 { return nil }
        if kind.function == .scaledTanh, alpha == 0 { return nil }
        switch kind.function {
        case .sigmoid: self = .sigmoid
        case .tanh: self = .tanh
        case .relu: self = .relu
        case .softsign: self = .softsign
        case .softplus: self = .softplus
        case .affine: self = .affine(alpha: alpha ?? 1, beta: beta ?? 0)
        case .leakyReLU: self = .leakyReLU(alpha: alpha ?? 0.01)
        case .thresholdedReLU: self = .thresholdedReLU(alpha: alpha ?? 1)
        case .scaledTanh: self = .scaledTanh(alpha: alpha ?? 1, beta: beta ?? 1)
        case .hardSigmoid: self = .hardSigmoid(alpha: alpha ?? 0.2, beta: beta ?? 0.5)
        case .elu: self = .elu(alpha: alpha ?? 1)
        }
    }

    /// What `init(text:)` makes the same of.
    package var text: String {
        let kind = Self.kinds.first { $0.function == function }!
        return ([kind.name] + [alpha, beta].prefix(kind.numbers).map(\.description)).joined(separator: ":")
    }
}
