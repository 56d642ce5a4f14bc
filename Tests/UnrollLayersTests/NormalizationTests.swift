import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A module and its input, whose gradient is asked for as well.
private final class Applied<Body: Module>: Module {
    let x: Parameter
    let body: Body

    init(_ x: Tensor, _ body: Body) { (self.x, self.body) = (Parameter(x), body) }
}

@Suite struct NormalizationTests {
    private let size = 9

    private func checks(
        _ fixture: Fixture, _ tested: TestedBackend
    ) -> (_ found: Tensor?, _ name: String) throws -> Void {
        // A mean's factor 1/n is a float on every device.
        let tolerance = max(tested.tolerance, 2e-7)
        return { found, name in
            let error = relativeError(try #require(found, "\(name)").doubles(), fixture.doubles(name))
            #expect(error < tolerance, "\(name): \(error)")
        }
    }

    @Test(arguments: TestedBackend.allAndReference) func layerNormAgreesWithPyTorch(_ tested: TestedBackend) throws {
        let (fixture, device) = (try Fixture("normalizations"), tested.device)
        let check = checks(fixture, tested)
        let norm = LayerNorm(size: size, Initializer(seed: 1, on: device))
        norm.weight.value = fixture.tensor("layer.weight", on: device)
        norm.bias.value = fixture.tensor("layer.bias", on: device)
        let model = Applied(fixture.tensor("x0", on: device), norm)
        let (_, gradients, y) = model.valueWithGradient {
            let y = norm(model.x.value)
            return ((y * fixture.tensor("cotangent", on: device)).sum(), y)
        }
        try check(y, "layer.output")
        try check(gradients[model.x], "layer.gradient.x")
        try check(gradients[norm.weight], "layer.gradient.weight")
        try check(gradients[norm.bias], "layer.gradient.bias")
        // Of a constant, the same to the bit.
        let (_, alone) = norm.valueWithGradient {
            (norm(model.x.value.detached()) * fixture.tensor("cotangent", on: device)).sum()
        }
        for parameter in [norm.weight, norm.bias] {
            #expect(try alone[parameter]?.doubles() == gradients[parameter]?.doubles())
        }
    }

    /// Two steps of training, whose running statistics inference then uses.
    @Test(arguments: TestedBackend.allAndReference, ["batch", "masked"])
    func batchNormAgreesWithPyTorch(_ tested: TestedBackend, _ prefix: String) throws {
        let (fixture, device) = (try Fixture("normalizations"), tested.device)
        let check = checks(fixture, tested)
        let lengths = fixture.doubles("lengths").map { Int($0) }
        let mask = prefix == "masked" ? try SequenceMask(lengths: lengths, steps: 7) : nil
        let norm = BatchNorm(size: size, momentum: 0.25, Initializer(seed: 1, on: device))
        norm.weight.value = fixture.tensor("batch.weight", on: device)
        norm.bias.value = fixture.tensor("batch.bias", on: device)
        for step in 0..<2 {
            let model = Applied(fixture.tensor("x\(step)", on: device), norm)
            let (_, gradients, y) = model.valueWithGradient {
                let y = norm(model.x.value, mask: mask)
                return ((y * fixture.tensor("cotangent", on: device)).sum(), y)
            }
            try check(y, "\(prefix).\(step).output")
            try check(gradients[model.x], "\(prefix).\(step).gradient.x")
            try check(gradients[norm.weight], "\(prefix).\(step).gradient.weight")
            try check(gradients[norm.bias], "\(prefix).\(step).gradient.bias")
            try check(norm.runningMean.value, "\(prefix).\(step).running_mean")
            try check(norm.runningVariance.value, "\(prefix).\(step).running_var")
            #expect(gradients[norm.runningMean] == nil && gradients[norm.runningVariance] == nil)
        }
        try check(norm(fixture.tensor("x0", on: device), mask: mask), "\(prefix).inference")
    }

    /// Inference changes nothing, and neither does a batch of which too little is there.
    @Test func runningStatisticsStay() throws {
        let norm = BatchNorm(size: size, Initializer(seed: 1, on: .reference))
        let x = Operands([[3, 5, size]], on: .reference).values[0]
        let before = try norm.parameterValues().map(\.values)
        _ = norm(x)
        for lengths in [[0, 0, 0], [0, 1, 0]] {
            let mask = try SequenceMask(lengths: lengths, steps: 5)
            let y = norm.valueWithGradient { () -> (Tensor, Tensor) in
                let y = norm(x, mask: mask)
                return ((y + norm.bias.value).sum(), y)
            }.auxiliary
            #expect(try y.doubles().allSatisfy { $0 == 0 })
        }
        #expect(try norm.parameterValues().map(\.values) == before)
        _ = norm.valueWithGradient { norm(x).sum() }
        #expect(try norm.parameterValues().map(\.values) != before)
    }

    /// What is not there may be anything.
    @Test(arguments: TestedBackend.all) func absentStepsDoNotCount(_ tested: TestedBackend) throws {
        let mask = try SequenceMask([[true, false, true], [false, true, true]])
        let results = try [Float.nan, 100].map { filler in
            var values = RandomSource(seed: 3).uniform(count: 6 * size, site: 0)
            for step in [1, 3] {
                values.replaceSubrange(step * size..<(step + 1) * size, with: Array(repeating: filler, count: size))
            }
            let norm = BatchNorm(size: size, Initializer(seed: 1, on: tested.device))
            let (_, gradients, y) = norm.valueWithGradient {
                let y = norm(Tensor(values, shape: [2, 3, size], on: tested.device), mask: mask)
                return (y.weightedSum(), y)
            }
            return try [y, gradients[norm.weight]!, norm.runningMean.value, norm.runningVariance.value].map {
                try $0.floats()
            }
        }
        #expect(results[0] == results[1] && results[0].joined().allSatisfy(\.isFinite))
    }

    @Test func gradientsAreThoseOfFiniteDifferences() throws {
        let initializer = Initializer(seed: 2, on: .reference)
        let x = Operands([[3, 5, 7]], in: 1...4, on: .reference).values[0]
        let mask = try SequenceMask(lengths: [2, 5, 0], steps: 5)
        let (layer, batch) = (LayerNorm(size: 7, initializer), BatchNorm(size: 7, initializer))
        // A shift before a batch normalisation changes nothing: no bias there.
        let linear = Linear(inputs: 7, outputs: 7, bias: false, initializer)
        let model = Applied(x, Stacked([linear, batch, Apply { $0.tanh() }, layer]))
        for mask in [nil, mask] {
            let errors = try gradientErrors(of: model) {
                model.body(model.x.value, nil, mask: mask).output.tanh().weightedSum()
            }
            #expect(errors.count == 1 + 1 + 2 + 2)
            for error in errors { #expect(error.error < 1e-6 && error.magnitude > 0.001, "\(error)") }
        }
    }

    /// Saved and loaded with the module, moved by no optimizer, not counted among what is trained.
    @Test func runningStatisticsAreParametersThatAreNotTrained() throws {
        let (norm, other) = (
            BatchNorm(size: size, Initializer(seed: 1, on: .reference)),
            BatchNorm(size: size, Initializer(seed: 1, on: .reference))
        )
        #expect(norm.parameters.map(\.name) == ["weight", "bias", "running_mean", "running_var"])
        #expect(norm.parameterCount == 2 * size)
        _ = norm.valueWithGradient { norm(Operands([[3, size]], in: 2...5, on: .reference).values[0]).sum() }
        try other.load(Dictionary(uniqueKeysWithValues: try norm.parameterValues()))
        let x = Operands([[3, size]], on: .reference).values[0]
        #expect(relativeError(try other(x).doubles(), try norm(x).doubles()) < 1e-6)
        #expect(try norm(x).doubles() != BatchNorm(size: size, Initializer(seed: 1, on: .reference))(x).doubles())
    }

    /// A frozen γ changes nothing else; with the whole layer its statistics are frozen, and take the batch's place.
    @Test func frozenStatisticsAreUsed() throws {
        let x = Operands([[3, 5, size]], in: 1...4, on: .reference).values[0]
        func trained(_ freeze: (BatchNorm) -> Void) throws -> (output: [Double], statistics: [[Double]]) {
            let norm = BatchNorm(size: size, Initializer(seed: 1, on: .reference))
            let linear = Linear(inputs: size, outputs: 5, Initializer(seed: 2, on: .reference))
            freeze(norm)
            let model = Stacked([norm, linear])
            let y = model.valueWithGradient {
                let y = norm(x)
                return (linear(y).sum(), y.detached())
            }.auxiliary
            return (try y.doubles(), try [norm.runningMean, norm.runningVariance].map { try $0.value.doubles() })
        }
        let (free, scaled, frozen) = (
            try trained { _ in }, try trained { $0.weight.isFrozen = true }, try trained { $0.freeze() }
        )
        #expect(scaled.output == free.output && scaled.statistics == free.statistics)
        let norm = BatchNorm(size: size, Initializer(seed: 1, on: .reference))
        #expect(try frozen.output == norm(x).doubles() && frozen.output != free.output)
        #expect(frozen.statistics == [Array(repeating: 0, count: size), Array(repeating: 1, count: size)])
        #expect(free.statistics != frozen.statistics)
    }
}
