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
    private let source: RandomSource
    private var site = 0

    /// - Parameters:
    ///   - seed: what makes one model's start different from another's.
    ///   - device: where the parameters live.
    public init(seed: UInt64, on device: Device = .default) {
        // Training steps count from 0: no dropout mask shares numbers with a parameter's start.
        (source, self.device) = (RandomSource(seed: seed, step: -1), device)
    }

    /// Numbers spread evenly over `-bound..<bound`.
    public func uniform(_ shape: [Int], bound: Float) -> Parameter {
        parameter(numbers(shape.product).map { (2 * $0 - 1) * bound }, shape)
    }

    /// Numbers of the normal distribution.   (Box & Muller 1958)
    public func normal(_ shape: [Int], mean: Float = 0, deviation: Float = 1) -> Parameter {
        let (count, pairs) = (shape.product, (shape.product + 1) / 2)
        let uniform = numbers(2 * pairs)
        var values: [Float] = []
        values.reserveCapacity(2 * pairs)
        for pair in 0..<pairs {
            // 1 − u is in (0, 1], so the logarithm is finite.
            let radius = sqrt(-2 * log(1 - Double(uniform[2 * pair])))
            let angle = 2 * Double.pi * Double(uniform[2 * pair + 1])
            for number in [radius * cos(angle), radius * sin(angle)] { values.append(mean + deviation * Float(number)) }
        }
        return parameter(Array(values.prefix(count)), shape)
    }

    /// Zeros.
    public func zeros(_ shape: [Int]) -> Parameter { Parameter(.zeros(shape, on: device)) }

    /// Ones.
    public func ones(_ shape: [Int]) -> Parameter { Parameter(.full(shape, with: 1, on: device)) }

    /// Numbers in [0, 1) from the next stream.
    private func numbers(_ count: Int) -> [Float] {
        site += 1
        return source.uniform(count: count, site: site - 1)
    }

    private func parameter(_ values: [Float], _ shape: [Int]) -> Parameter {
        Parameter(Tensor(values, shape: shape, on: device))
    }
}
