import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct AveragingTests {
    static let file = OptimizerTests.file
    /// What validation is made out to be after each step: above the best but one from the sixth on.
    static let losses = [5.0, 4, 3, 3.5, 3.2, 3.1, 2.9, 3.3]

    /// The mean after every step by plain loops in Double, nil while there is none. `weights` is what gradient descent
    /// at rate 0.125 with weight decay 0.25 comes to.
    private static func expected(
        _ mean: (_ step: Int, _ weight: Double, _ before: (mean: Double, count: Int)?) -> Double?
    ) -> [(weights: [Double], means: [Double]?)] {
        var weights = ["a", "b"].flatMap { file.floats("start.\($0)").map(Double.init) }
        var (means, count): ([Double]?, Int) = (nil, 0)
        return (0..<8).map { step in
            let gradients = ["a", "b"].flatMap { file.floats("g.\(step).\($0)").map(Double.init) }
            for i in weights.indices { weights[i] -= 0.125 * (gradients[i] + 0.25 * weights[i]) }
            let next = weights.indices.compactMap { i in mean(step, weights[i], means.map { ($0[i], count) }) }
            if !next.isEmpty { (means, count) = (next, count + 1) }
            return (weights, means)
        }
    }

    private func check(
        _ optimizer: Optimizer, _ tested: TestedBackend, _ expected: [(weights: [Double], means: [Double]?)]
    ) throws {
        let model = Pair(Self.file, on: tested.device)
        let numbers = { try model.parameters.flatMap { try $0.parameter.value.doubles() } }
        for (step, (weights, means)) in expected.enumerated() {
            optimizer.update(model, model.gradients(Self.file, step: step))
            optimizer.observe(validation: Self.losses[step])
            let tolerance = tested.device == .reference ? 3e-7 : 1e-6
            #expect(relativeError(try numbers(), weights) < tolerance, "weights after step \(step)")
            let before = try numbers()
            #expect(optimizer.hasAverages == (means != nil), "step \(step)")
            let found = try optimizer.withAverages(of: model) { try numbers() }
            #expect(relativeError(found, means ?? weights) < tolerance, "means after step \(step)")
            #expect(try numbers() == before)
        }
        #expect(expected[7].means != nil && relativeError(expected[7].means!, expected[7].weights) > 1e-3)
    }

    @Test(arguments: TestedBackend.allAndReference) func exponential(_ tested: TestedBackend) throws {
        let optimizer = SGD(learningRate: 0.125, weightDecay: 0.25)
        optimizer.averaging = .exponential(decay: 0.75)
        try check(optimizer, tested, Self.expected { _, w, before in before.map { 0.75 * $0.mean + 0.25 * w } ?? w })
    }

    @Test(arguments: TestedBackend.allAndReference) func mean(_ tested: TestedBackend) throws {
        let optimizer = SGD(learningRate: 0.125, weightDecay: 0.25)
        optimizer.averaging = .mean(from: 4)
        try check(
            optimizer, tested,
            Self.expected { step, w, before in
                guard step >= 3 else { return nil }
                return before.map { ($0.mean * Double($0.count) + w) / Double($0.count + 1) } ?? w
            })
    }

    /// NT-ASGD of interval 1: 3.5 is not above the best of 5 and 4, but 3.2 is above that of 5, 4 and 3. So averaging
    /// begins with the step after.
    @Test(arguments: TestedBackend.allAndReference) func nonMonotonicallyTriggered(_ tested: TestedBackend) throws {
        var began: Int?
        let expected = Self.expected { step, w, before in
            // The paper's: t checks logged, triggered if v > min of the logs but for the last n.
            for t in 0..<step where t > 1 && Self.losses[t] > Self.losses[..<(t - 1)].min()! { began = began ?? t + 1 }
            guard began != nil else { return nil }
            return before.map { $0.mean + (w - $0.mean) / Double($0.count + 1) } ?? w
        }
        #expect(began == 5)
        try check(NTASGD(learningRate: 0.125, interval: 1, weightDecay: 0.25), tested, expected)
    }

    /// Read, given to another and gone on with: the same bits, whatever is averaged.
    @Test(arguments: TestedBackend.all, [Averaging.exponential(decay: 0.9), .mean(from: 2), .triggered(interval: 1)])
    func continues(_ tested: TestedBackend, _ averaging: Averaging) throws {
        func make() -> Optimizer {
            let optimizer = NAdam(learningRate: 0.05)
            optimizer.averaging = averaging
            return optimizer
        }
        let (whole, halves) = (Pair(Self.file, on: tested.device), Pair(Self.file, on: tested.device))
        func run(_ optimizer: Optimizer, _ model: Pair, _ steps: Range<Int>) {
            for step in steps {
                optimizer.update(model, model.gradients(Self.file, step: step))
                optimizer.observe(validation: Self.losses[step])
            }
        }
        let (one, first, second) = (make(), make(), make())
        run(one, whole, 0..<8)
        run(first, halves, 0..<6)
        let state = try first.state(for: halves)
        #expect(second.refusal(of: state, for: halves) == nil)
        second.load(state, for: halves)
        run(second, halves, 6..<8)
        #expect(try one.state(for: whole) == second.state(for: halves))
        #expect(try one.state(for: whole).averages.count == 2)
        for ((_, a), (_, b)) in zip(whole.parameters, halves.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }

    /// What joins later is averaged over its own updates.
    @Test(arguments: TestedBackend.allAndReference, [Averaging.exponential(decay: 0.75), .mean(from: 1)])
    func lateParametersBeginAtTheBeginning(_ tested: TestedBackend, _ averaging: Averaging) throws {
        let (late, fresh) = (Pair(Self.file, on: tested.device), Pair(Self.file, on: tested.device))
        let (optimizer, other) = (SGD(learningRate: 0.125), SGD(learningRate: 0.125))
        (optimizer.averaging, other.averaging) = (averaging, averaging)
        late.a.isFrozen = true
        for step in 0..<3 { optimizer.update(late, late.gradients(Self.file, step: step, only: "b")) }
        #expect(try optimizer.state(for: late).averages.keys.sorted() == ["b"])
        late.a.isFrozen = false
        for step in 3..<8 {
            optimizer.update(late, late.gradients(Self.file, step: step))
            other.update(fresh, fresh.gradients(Self.file, step: step))
            let expected = try other.withAverages(of: fresh) { try fresh.a.value.floats() }
            #expect(try optimizer.withAverages(of: late) { try late.a.value.floats() } == expected)
            #expect(try step == 3 || expected != fresh.a.value.floats())
        }
    }

    /// Running statistics belong to the weights, and so to their mean.
    @Test(arguments: TestedBackend.allAndReference) func runningStatistics(_ tested: TestedBackend) throws {
        let norm = BatchNorm(size: 5, Initializer(seed: 1, on: tested.device))
        let optimizer = SGD(learningRate: 0.125)
        optimizer.averaging = .exponential(decay: 0.75)
        let statistics = { try [norm.runningMean, norm.runningVariance].flatMap { try $0.value.doubles() } }
        var expected: [Double] = []
        for step in 0..<4 {
            let numbers = RandomSource(seed: 7, step: step).uniform(count: 7 * 5, site: 0)
            let x = Tensor(numbers, shape: [7, 5], on: tested.device)
            let (_, gradients) = norm.valueWithGradient { (norm(x) * x).sum() }
            optimizer.update(norm, gradients)
            let now = try statistics()
            expected = expected.isEmpty ? now : zip(expected, now).map { 0.75 * $0 + 0.25 * $1 }
            #expect(relativeError(try optimizer.withAverages(of: norm) { try statistics() }, expected) < 1e-6)
            #expect(try statistics() == now && (step == 0) == (relativeError(now, expected) < 1e-3))
        }
    }
}
