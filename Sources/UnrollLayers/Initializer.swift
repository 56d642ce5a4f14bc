public import UnrollCompute
import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes parameters and chooses what they start with.
///
/// Every parameter draws from a stream of its own, counted in the order they are made: the same seed gives the same
/// model on every device.
public final class Initializer {
    /// Where the parameters live.
    public let device: Device
    /// What weights start with, where that is not for the layer to say.
    public let scheme: Scheme
    private let source: RandomSource
    private var site = 0

    /// - Parameters:
    ///   - seed: what makes one model's start different from another's.
    ///   - device: where the parameters live.
    ///   - scheme: what weights start with; every layer's own choice, which is PyTorch's, unless it says otherwise.
    public init(seed: UInt64, on device: Device = .default, _ scheme: Scheme = Scheme()) {
        // Training steps count from 0: no dropout mask shares numbers with a parameter's start.
        (source, self.device) = (RandomSource(seed: seed, step: -1), device)
        self.scheme = scheme
    }

    /// A layer's weight: what the scheme has for its role, else the layer's own choice.
    /// - Parameters:
    ///   - role: what the weight is for.
    ///   - shape: `[outputs, inputs]`, or `[outputs]` for a bias.
    ///   - blocks: how many matrices it is made of, one above another: gates. Each is drawn as a matrix of its own.
    ///   - constant: a block that starts with one number whatever the role has: the bias of the forget gate.
    ///   - otherwise: the layer's own choice.
    public func weight(
        _ role: Role, _ shape: [Int], blocks: Int = 1, constant: (block: Int, value: Float)? = nil,
        otherwise: Distribution
    ) -> Parameter {
        parameter(scheme[role] ?? otherwise, shape, blocks: blocks, constant: constant)
    }

    /// Numbers of a distribution.
    public func callAsFunction(_ distribution: Distribution, _ shape: [Int], blocks: Int = 1) -> Parameter {
        parameter(distribution, shape, blocks: blocks)
    }

    /// Numbers spread evenly over `-bound..<bound`.
    public func uniform(_ shape: [Int], bound: Float) -> Parameter { parameter(.uniform(bound: bound), shape) }

    /// Numbers of the normal distribution.   (Box & Muller 1958)
    public func normal(_ shape: [Int], mean: Float = 0, deviation: Float = 1) -> Parameter {
        parameter(.normal(mean: mean, deviation: deviation), shape)
    }

    /// Zeros.
    public func zeros(_ shape: [Int]) -> Parameter { Parameter(.zeros(shape, on: device)) }

    /// Ones.
    public func ones(_ shape: [Int]) -> Parameter { Parameter(.full(shape, with: 1, on: device)) }

    private func parameter(
        _ distribution: Distribution, _ shape: [Int], blocks: Int = 1, constant: (block: Int, value: Float)? = nil
    ) -> Parameter {
        require(
            blocks > 0 && shape.first.map { $0 % blocks == 0 } ?? (blocks == 1),
            "Initializer: shape \(shape) is not made of \(blocks) equal blocks")
        site += 1
        var values = distribution.values(shape, blocks: blocks, from: source, site: site - 1)
        if let constant {
            let size = values.count / blocks
            require(0..<blocks ~= constant.block, "Initializer: there is no block \(constant.block) of \(blocks)")
            for index in 0..<size { values[constant.block * size + index] = constant.value }
        }
        return Parameter(Tensor(values, shape: shape, on: device))
    }
}

// MARK: What for

extension Initializer {
    /// What a weight is for.
    public enum Role: Sendable {
        /// Applied to a layer's input, or to what it made of it in the same step.
        case input
        /// Applied to the state of the step before.
        case recurrent
        /// Added.
        case bias
    }

    /// What the weights of a model start with, by their role; nil is each layer's own choice, which is PyTorch's.
    ///
    /// Tables, and vectors that multiply unit by unit (peepholes, an element-wise recurrence's weights), are none of these.
    ///
    ///     let initializer = Initializer(seed: 1, on: device, .orthogonal)
    public struct Scheme: Sendable, Equatable {
        /// Of weights applied to a layer's input.
        public var input: Distribution?
        /// Of weights applied to the state of the step before.
        public var recurrent: Distribution?
        /// Of biases.
        public var bias: Distribution?
        /// What the biases of a forget gate come to, so that a new cell remembers: 1 is common.
        /// (Gers et al. 2000; Jozefowicz et al. 2015)
        public var forgetBias: Float?

        /// A scheme of these.
        public init(
            input: Distribution? = nil, recurrent: Distribution? = nil, bias: Distribution? = nil,
            forgetBias: Float? = nil
        ) {
            (self.input, self.recurrent) = (input, recurrent)
            (self.bias, self.forgetBias) = (bias, forgetBias)
        }

        /// Glorot & Bengio's (2010), biases zero.
        public static let glorot = Scheme(input: .glorotUniform, recurrent: .glorotUniform, bias: .constant(0))
        /// He's (2015), for rectifiers, biases zero.
        public static let he = Scheme(input: .heNormal, recurrent: .heNormal, bias: .constant(0))
        /// Orthogonal recurrent weights (Saxe et al. 2014), as Keras has them.
        public static let orthogonal = Scheme(input: .glorotUniform, recurrent: .orthogonal(), bias: .constant(0))
        /// A rectifier that starts by remembering everything, the IRNN (Le et al. 2015).
        public static let identity = Scheme(
            input: .normal(deviation: 0.001), recurrent: .identity(), bias: .constant(0))

        subscript(role: Role) -> Distribution? {
            switch role {
            case .input: input
            case .recurrent: recurrent
            case .bias: bias
            }
        }
    }
}
