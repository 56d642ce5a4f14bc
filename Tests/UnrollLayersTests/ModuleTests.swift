import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A module of one's own: a gated sum of two views of a sequence, with modules in arrays, optionals and modules.
private class Views: Module {
    let left: Linear
    let rest: [Linear]
    let gate: Parameter
    let extra: Linear?
    let none: Linear?
    let dropout = Dropout(0.25)

    init(_ initializer: Initializer) {
        left = Linear(inputs: 3, outputs: 5, initializer)
        rest = [Linear(inputs: 3, outputs: 5, bias: false, initializer), Linear(inputs: 5, outputs: 5, initializer)]
        gate = initializer.uniform([5], bound: 1)
        extra = Linear(inputs: 5, outputs: 2, initializer)
        none = nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let gate = gate.value.sigmoid()
        let mixed = gate * left(x) + (1 - gate) * rest[1](rest[0](x).tanh())
        return extra!(dropout(mixed))
    }
}

private final class Tagger: Views {
    let reader: Recurrent
    let tied: Parameter

    override init(_ initializer: Initializer) {
        reader = Recurrent(.lstm, inputs: 2, hidden: 3, initializer)
        tied = initializer.zeros([3])
        super.init(initializer)
    }
}

@Suite struct ModuleTests {
    private let names = [
        "left.weight", "left.bias", "rest.0.weight", "rest.1.weight", "rest.1.bias", "gate", "extra.weight",
        "extra.bias",
    ]

    @Test func parametersAreFoundUnderDottedNames() {
        let model = Views(Initializer(seed: 1, on: .reference))
        #expect(model.parameters.map(\.name) == names)
        #expect(model.parameterCount == 15 + 5 + 15 + 25 + 5 + 5 + 10 + 2)
    }

    @Test func thoseOfASuperclassComeFirst() {
        let recurrent = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map { "reader.\($0)" }
        #expect(Tagger(Initializer(seed: 1, on: .reference)).parameters.map(\.name) == names + recurrent + ["tied"])
    }

    @Test func aSharedParameterCountsOnce() throws {
        let shared = Initializer(seed: 1, on: .reference).uniform([5], bound: 1)
        let model = Operands([shared, shared])
        #expect(model.parameters.map(\.name) == ["tensors.0"])
        let errors = try gradientErrors(of: model) { (model.values[0] * model.values[1].tanh()).weightedSum() }
        #expect(errors.count == 1 && errors[0].error < 1e-8)
    }

    @Test func gradientsAreThoseOfFiniteDifferences() throws {
        let model = Views(Initializer(seed: 1, on: .reference))
        let x = Operands([[2, 7, 3]], on: .reference).values[0]
        let errors = try gradientErrors(of: model, random: RandomSource(seed: 1)) { model(x).weightedSum() }
        #expect(errors.map(\.name) == names)
        for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.001, "\(error)") }
    }

    @Test func whatIsExportedLoads() throws {
        let (model, other) = (
            Views(Initializer(seed: 1, on: .reference)), Views(Initializer(seed: 2, on: .reference))
        )
        var values = Dictionary(uniqueKeysWithValues: try model.parameterValues())
        try other.load(values)
        #expect(try other.parameterValues().map(\.values) == model.parameterValues().map(\.values))

        let removed = values.removeValue(forKey: "gate")
        let gate = try #require(removed)
        #expect(throws: ParameterError.missing(name: "gate")) { try other.load(values) }
        values["gate"] = ParameterValues(shape: [1, 5], values: gate.values)
        #expect(throws: ParameterError.wrongShape(name: "gate", expected: [5], found: [1, 5])) {
            try other.load(values)
        }
        values["gate"] = gate
        values["door"] = gate
        #expect(throws: ParameterError.unknown(name: "door")) { try other.load(values) }
    }

    /// A few steps of plain gradient descent, truncated backpropagation through time and all, bring the loss down.
    @Test(arguments: TestedBackend.allAndReference)
    func aLoopOfOnesOwnLearns(_ tested: TestedBackend) throws {
        let device = tested.device
        let initializer = Initializer(seed: 1, on: device)
        let (recurrent, output) = (
            Recurrent(.gru, inputs: 1, hidden: 9, initializer), Linear(inputs: 9, outputs: 1, initializer)
        )
        let parameters = recurrent.parameters.map(\.parameter) + output.parameters.map(\.parameter)
        let model = Operands(parameters)
        let moments = parameters.map { device.backend.makeZeros(count: $0.value.count) }
        // Say what was heard one step ago.
        let heard = Operands([[3, 41, 1]], on: device).values[0]
        var losses: [Float] = []
        for _ in 0..<40 {
            var (state, total): (RecurrentState?, Float) = (nil, 0)
            for start in stride(from: 0, to: 39, by: 13) {
                let x = heard.slice(start + 2..<start + 15, along: 1)
                let target = heard.slice(start + 1..<start + 14, along: 1)
                let (loss, gradients, next) = model.valueWithGradient {
                    let (h, next) = recurrent(x, state)
                    return (output(h).meanSquaredError(target), next.detached())
                }
                state = next
                gradients.clip(norm: 1)
                for (parameter, moment) in zip(parameters, moments) {
                    device.backend.update(
                        .sgd(rate: 0.2, momentum: 0.9, decay: 0), parameter: parameter.value.buffer,
                        gradient: gradients.buffer(of: parameter)!, moments: [moment], scale: gradients.scale)
                }
                total += try loss.scalar() / 3
            }
            losses.append(total)
        }
        #expect(losses[0] > 0.2 && losses[39] < 0.1, "\(losses[0]) to \(losses[39])")
    }
}
