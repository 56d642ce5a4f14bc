import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// Training from fixed seeds until a figure of sequences nobody trained on is below a bar, or iterations run out.
struct Learning {
    let name: String
    let bar: Double
    let iterations: Int
    /// Looks after every so many.
    var every = 100
    /// How many sequences it looks at then.
    var few = 1_000
    /// And at the end.
    var many = 10_000
    var clip: Float? = 1

    /// Whether it took no more than two minutes, which is asked of the long forms: they have two cores to themselves.
    static func isInTime(_ seconds: Double) -> Bool { !testsAreLong || seconds < 120 }

    /// What came of it.
    struct Outcome: CustomStringConvertible {
        let name: String
        let bar: Double
        /// Before the first iteration.
        let untrained: Double
        /// Of `many` sequences, after the last one.
        let final: Double
        /// Of `few`, on the way.
        let lowest: Double
        let iterations: Int
        let seconds: Double

        var hasLearnt: Bool { untrained > bar && final < bar }
        var isInTime: Bool { Learning.isInTime(seconds) }

        var description: String {
            let spoken = "\(name): \(final) after \(iterations) iterations, bar \(bar)"
            return "\(spoken), lowest \(lowest), untrained \(untrained), \(Int(seconds.rounded())) s"
        }
    }

    /// - Parameters:
    ///   - loss: of a batch made up from a source.
    ///   - figure: of so many sequences made up from another.
    func run(
        _ model: some Module, _ optimizer: Optimizer, loss: (RandomSource) throws -> Tensor,
        figure: (_ count: Int, RandomSource) throws -> Double
    ) throws -> Outcome {
        let start = ContinuousClock.now
        func look() throws -> Double { try figure(few, RandomSource(seed: 2)) }
        let untrained = try look()
        var (lowest, final, iteration) = (Double.infinity, Double.infinity, 0)
        while iteration < iterations, final >= bar {
            let (_, gradients) = try model.valueWithGradient { try loss(RandomSource(seed: 1, step: iteration)) }
            if let clip { gradients.clip(norm: clip) }
            optimizer.update(model, gradients)
            iteration += 1
            guard iteration % every == 0 || iteration == iterations else { continue }
            lowest = min(lowest, try look())
            if lowest < bar || iteration == iterations { final = try figure(many, RandomSource(seed: 3)) }
        }
        let outcome = Outcome(
            name: name, bar: bar, untrained: untrained, final: final, lowest: lowest, iterations: iteration,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        print("learning: \(outcome)")
        return outcome
    }
}
