import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A model as a user would write it.
private final class Reader: Module {
    let embedding: Embedding
    let linear: Linear

    init(_ initializer: Initializer) {
        embedding = Embedding(count: 11, size: 5, initializer)
        linear = Linear(inputs: 5, outputs: 7, initializer)
    }

    func callAsFunction(_ indices: Tensor) -> Tensor { linear(embedding(indices)) }
}

@Suite struct LayerTests {
    @Test(arguments: TestedBackend.allAndReference)
    func embeddingAndLinearAgreeWithPyTorch(_ tested: TestedBackend) throws {
        let device = tested.device
        let (fixture, model) = (try Fixture("layers"), Reader(Initializer(seed: 1, on: device)))
        try fixture.load(into: model)
        let indices = fixture.indices("indices", on: device)
        let (_, gradients, output) = model.valueWithGradient {
            let output = model(indices)
            return ((output * fixture.tensor("cotangent", on: device)).sum(), output)
        }
        func check(_ tensor: Tensor?, _ name: String) throws {
            let error = relativeError(try #require(tensor).doubles(), fixture.doubles(name))
            #expect(error < tested.tolerance, "\(name)")
        }
        try check(output, "output")
        for (name, parameter) in model.parameters { try check(gradients[parameter], "gradient.\(name)") }
        try check(gradients.norm, "norm")
        gradients.clip(norm: 1000)
        for (name, parameter) in model.parameters { try check(gradients[parameter], "gradient.\(name)") }
        gradients.clip(norm: 1.5)
        for (name, parameter) in model.parameters { try check(gradients[parameter], "clipped.\(name)") }
    }

    @Test(arguments: TestedBackend.allAndReference)
    func lossesAgreeWithPyTorch(_ tested: TestedBackend) throws {
        let (fixture, device) = (try Fixture("losses"), tested.device)
        let x = Parameter(fixture.tensor("x", on: device))
        let cotangent = fixture.tensor("cotangent", on: device)
        let losses: [(name: String, loss: () -> Tensor)] = [
            ("softmax", { (x.value.softmax() * cotangent).sum() }),
            ("logSoftmax", { (x.value.logSoftmax() * cotangent).sum() }),
            ("crossEntropy", { x.value.crossEntropy(fixture.indices("classes", on: device)) }),
            ("meanSquaredError", { x.value.meanSquaredError(fixture.tensor("target", on: device)) }),
        ]
        // A mean's factor 1/n is a float on every device.
        let tolerance = max(tested.tolerance, 1e-7)
        for (name, loss) in losses {
            let (value, gradients) = Operands([x]).valueWithGradient(loss)
            #expect(relativeError(try value.doubles(), fixture.doubles(name)) < tolerance, "\(name)")
            let gradient = try #require(gradients[x]).doubles()
            #expect(relativeError(gradient, fixture.doubles("gradient.\(name)")) < tolerance, "\(name)")
        }
    }

    @Test func gradientsAreThoseOfFiniteDifferences() throws {
        let model = Reader(Initializer(seed: 1, on: .reference))
        let indices = Tensor([3, 10, 3, -1, 0, 7] as [Int32], shape: [2, 3], on: .reference)
        let errors = try gradientErrors(of: model) { model(indices).tanh().weightedSum() }
        #expect(errors.map(\.name) == ["embedding.weight", "linear.weight", "linear.bias"])
        for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.01, "\(error)") }
    }

    @Test func initializersArePyTorchs() throws {
        let initializer = Initializer(seed: 9, on: .reference)
        let linear = Linear(inputs: 101, outputs: 37, initializer)
        let bound = 1 / 101.0.squareRoot()
        for parameter in [linear.weight, try #require(linear.bias)] {
            let values = try parameter.value.doubles()
            #expect(values.allSatisfy { abs($0) <= bound } && largest(values) > 0.9 * bound)
            #expect(values.contains { $0 < 0 })
        }
        let normal = try Embedding(count: 101, size: 37, initializer).weight.value.doubles()
        let mean = normal.reduce(0, +) / Double(normal.count)
        let variance = normal.reduce(0) { $0 + $1 * $1 } / Double(normal.count)
        #expect(abs(mean) < 0.05 && abs(variance - 1) < 0.05 && largest(normal) > 3)
        #expect(Linear(inputs: 3, outputs: 5, bias: false, initializer).bias == nil)
    }

    @Test func seedsDecideTheStart() throws {
        let starts = try [1, 1, 2].map { seed in
            try Reader(Initializer(seed: seed, on: .reference)).parameterValues().map(\.values)
        }
        #expect(starts[0] == starts[1])
        #expect(starts[0] != starts[2])
        #expect(starts[0][1].values != Array(starts[0][0].values.prefix(starts[0][1].values.count)))
    }
}
