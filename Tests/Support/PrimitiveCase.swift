package import UnrollCompute

/// One use of the primitives: run on any backend it gives the same named numbers. The one list of these feeds agreement
/// and determinism tests alike.
package struct PrimitiveCase: Sendable, CustomStringConvertible {
    package let name: String
    /// Largest error relative to the largest magnitude of each result.
    package let tolerance: Double
    package let body: @Sendable (Bench) throws -> [String: [Double]]

    package var description: String { name }

    package init(
        _ name: String, tolerance: Double = 2e-6, _ body: @escaping @Sendable (Bench) throws -> [String: [Double]]
    ) {
        (self.name, self.tolerance, self.body) = (name, tolerance, body)
    }

    /// The results on a backend.
    package func results(on backend: any Backend) throws -> [String: [Double]] { try body(Bench(backend)) }

    /// What it should give, and how many numbers it draws.
    package func expected() throws -> (results: [String: [Double]], size: Int) {
        let bench = Bench.reference()
        return (try body(bench), bench.numbersDrawn)
    }

    package static let all = others + recurrences

    /// Of recurrences those in which nothing is on: options take no local memory.
    package static let plain = others + plainRecurrences

    private static let others =
        matmuls + elementwise + reductions + softmaxes + normalizations + lookups + randoms + updates + sequences
}

/// A backend and a stream of numbers to try it with; the stream is the same for every backend.
package final class Bench {
    package let backend: any Backend
    private var drawn = 0
    /// How many numbers buffers were filled with: what a case's size comes to.
    package private(set) var numbersDrawn = 0

    package init(_ backend: any Backend) { self.backend = backend }

    /// On a fresh reference backend.
    package static func reference() -> Bench { Bench(ReferenceBackend()) }

    /// Numbers spread evenly over ±bound.
    package func numbers(_ count: Int, bound: Float = 1) -> [Float] {
        drawn += 1
        numbersDrawn += count
        return RandomSource(seed: 2026).uniform(count: count, site: drawn).map { (2 * $0 - 1) * bound }
    }

    /// A buffer of such numbers: for results too, so that what is not to be written shows when it is.
    package func buffer(_ count: Int, bound: Float = 1) -> Buffer { backend.makeBuffer(numbers(count, bound: bound)) }

    package func indices(_ values: [Int32]) -> Buffer { backend.makeBuffer(values) }

    /// Everything in a buffer, in Double where the backend has it.
    package func values(_ buffer: Buffer) throws -> [Double] {
        if let reference = buffer as? ReferenceBuffer { return reference.values }
        return try backend.read(buffer).map(Double.init)
    }

    package func values(_ buffers: [String: Buffer]) throws -> [String: [Double]] { try buffers.mapValues(values) }
}
