import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// Two parameters and nothing else.
final class Pair: Module {
    let a: Parameter
    let b: Parameter

    init(_ file: Safetensors, on device: Device) {
        let parameter = { (name: String) in
            Parameter(Tensor(file.floats("start.\(name)"), shape: file.arrays["start.\(name)"]!.shape, on: device))
        }
        (a, b) = (parameter("a"), parameter("b"))
    }

    /// The gradients of one step of the fixture; of `only` alone where it is given.
    func gradients(_ file: Safetensors, step: Int, only: String? = nil) -> Gradients {
        let device = a.value.device
        return Gradients(
            parameters.map { name, parameter in
                let wanted = only == nil || only == name
                return (parameter, wanted ? device.backend.makeBuffer(file.floats("g.\(step).\(name)")) : nil)
            }, on: device)
    }
}

extension Safetensors {
    func floats(_ name: String) -> [Float] { arrays[name]!.values.floats! }

    func doubles(_ name: String) -> [Double] {
        guard case .float64(let values) = arrays[name]?.values else { return [] }
        return values
    }
}

@Suite struct OptimizerTests {
    static let file = try! Safetensors(path: fixture("optimizers.safetensors"))
    static let optimizers: [(name: String, make: @Sendable () -> Optimizer)] = [
        ("sgd", { SGD(learningRate: 0.1) }),
        ("sgd-momentum", { SGD(learningRate: 0.1, momentum: 0.75, weightDecay: 0.125) }),
        ("adam", { Adam() }),
        ("adam-decay", { Adam(learningRate: 0.01, betas: (0.8, 0.95), epsilon: 1e-3, weightDecay: 0.125) }),
        ("adamw", { AdamW() }),
        ("adamw-decay", { AdamW(learningRate: 0.05, betas: (0.7, 0.9), epsilon: 1e-4, weightDecay: 0.25) }),
        ("nadam", { NAdam() }),
        (
            "nadam-decay",
            {
                NAdam(
                    learningRate: 0.02, betas: (0.8, 0.95), epsilon: 1e-3, weightDecay: 0.125, momentumDecay: 0.5)
            }
        ),
        ("rmsprop", { RMSprop() }),
        (
            "rmsprop-momentum",
            { RMSprop(learningRate: 0.02, alpha: 0.75, epsilon: 1e-3, momentum: 0.5, weightDecay: 0.125) }
        ),
        ("rmsprop-centred", { RMSprop(learningRate: 0.02, alpha: 0.75, epsilon: 1e-2, centred: true) }),
        (
            "rmsprop-all",
            {
                RMSprop(
                    learningRate: 0.02, alpha: 0.875, epsilon: 1e-2, momentum: 0.75, centred: true, weightDecay: 0.25)
            }
        ),
        ("adagrad", { Adagrad() }),
        ("adagrad-decay", { Adagrad(learningRate: 0.25, epsilon: 1e-2, weightDecay: 0.125) }),
        ("adadelta", { Adadelta() }),
        ("adadelta-decay", { Adadelta(learningRate: 0.5, rho: 0.75, epsilon: 1e-3, weightDecay: 0.125) }),
    ]

    /// Every weight after every one of eight steps, as PyTorch has it: what a step moves is compared, not where it ends.
    @Test(arguments: TestedBackend.allAndReference, optimizers.map(\.name))
    func movesAsPyTorch(_ tested: TestedBackend, _ name: String) throws {
        let (file, device) = (Self.file, tested.device)
        let model = Pair(file, on: device)
        let optimizer = Self.optimizers.first { $0.name == name }!.make()
        for step in 0..<8 {
            optimizer.update(model, model.gradients(file, step: step))
            for (key, parameter) in model.parameters {
                let start = file.doubles("start.\(key)")
                let moved = zip(try parameter.value.doubles(), start).map { $0 - $1 }
                let expected = zip(file.doubles("w.\(name).\(step).\(key)"), start).map { $0 - $1 }
                // A weight of size 3 is stored to 2·10⁻⁷ of itself, and Adam's first steps move it by 10⁻³; the factor of
                // AdamW's decay is as near to 1 as that, and a Float on every backend.
                let isExact = tested.device == .reference && name != "adamw"
                let rounding = isExact ? 0 : Double(step + 1) * 4e-7 / largest(expected)
                #expect(relativeError(moved, expected) < 3e-6 + rounding, "\(key) after step \(step)")
            }
        }
        #expect(optimizer.steps == 8)
    }

    /// The clip factor scales what the optimizer sees.
    @Test(arguments: TestedBackend.allAndReference) func clippedGradientsAreScaled(_ tested: TestedBackend) throws {
        let file = Self.file
        let model = Pair(file, on: tested.device)
        let gradients = model.gradients(file, step: 1)
        gradients.clip(norm: 0.5)
        SGD(learningRate: 1).update(model, gradients)
        let all = model.parameters.flatMap { file.floats("g.1.\($0.name)").map(Double.init) }
        let factor = 0.5 / all.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(factor < 1)
        let expected = model.parameters.flatMap { name, _ in
            zip(file.floats("start.\(name)"), file.floats("g.1.\(name)")).map { Double($0) - factor * Double($1) }
        }
        #expect(relativeError(try model.parameters.flatMap { try $0.parameter.value.doubles() }, expected) < 1e-6)
    }

    /// Every element by itself, after the norm's factor, whichever was asked for first; what is read is what is used.
    @Test(arguments: TestedBackend.allAndReference) func clippedByValue(_ tested: TestedBackend) throws {
        let file = Self.file
        let all = ["a", "b"].flatMap { file.floats("g.1.\($0)").map(Double.init) }
        let factor = 2.5 / all.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for (norm, limit) in [(nil, 0.4), (Float(2.5), Float(0.4))] {
            let model = Pair(file, on: tested.device)
            let gradients = model.gradients(file, step: 1)
            gradients.clip(value: limit)
            if let norm { gradients.clip(norm: norm) }
            let clipped = all.map { max(-Double(limit), min(Double(limit), $0 * (norm == nil ? 1 : factor))) }
            #expect(clipped.contains(Double(limit)) && clipped.contains { abs($0) < Double(limit) })
            let read = try model.parameters.flatMap { try gradients[$0.parameter]!.doubles() }
            #expect(relativeError(read, clipped) < 1e-6)
            SGD(learningRate: 1).update(model, gradients)
            let starts = ["a", "b"].flatMap { file.floats("start.\($0)").map(Double.init) }
            let moved = try zip(starts, model.parameters.flatMap { try $0.parameter.value.doubles() }).map { $0 - $1 }
            #expect(relativeError(moved, clipped) < 1e-5)
        }
    }

    @Test func parametersWithoutGradientStay() throws {
        let file = Self.file
        let model = Pair(file, on: TestedBackend.cpu[0].device)
        Adam(weightDecay: 0.5).update(model, model.gradients(file, step: 0, only: "b"))
        #expect(try model.a.value.floats() == file.floats("start.a"))
        #expect(try model.b.value.floats() != file.floats("start.b"))
    }

    /// Read, given to another optimizer and gone on with: the same bits.
    @Test(arguments: TestedBackend.all, optimizers.map(\.name))
    func stateContinues(_ tested: TestedBackend, _ name: String) throws {
        let (file, make) = (Self.file, Self.optimizers.first { $0.name == name }!.make)
        let (whole, halves) = (Pair(file, on: tested.device), Pair(file, on: tested.device))
        let (one, first, second) = (make(), make(), make())
        for step in 0..<6 { one.update(whole, whole.gradients(file, step: step)) }
        for step in 0..<3 { first.update(halves, halves.gradients(file, step: step)) }
        let state = try first.state(for: halves)
        second.load(state, for: halves)
        #expect(try second.state(for: halves) == state)
        for step in 3..<6 { second.update(halves, halves.gradients(file, step: step)) }
        #expect(try one.state(for: whole) == second.state(for: halves))
        for ((_, a), (_, b)) in zip(whole.parameters, halves.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }

    /// A parameter that joins later moves as one that is there from the start: bias corrections and momenta are of its own
    /// updates, also from a state that was read.
    @Test(arguments: TestedBackend.all, optimizers.map(\.name))
    func lateParametersBeginAtTheBeginning(_ tested: TestedBackend, _ name: String) throws {
        let (file, make) = (Self.file, Self.optimizers.first { $0.name == name }!.make)
        let (late, fresh) = (Pair(file, on: tested.device), Pair(file, on: tested.device))
        let (first, second, other) = (make(), make(), make())
        for step in 0..<3 { first.update(late, late.gradients(file, step: step, only: "b")) }
        #expect(try late.a.value.floats() == fresh.a.value.floats())
        for step in 3..<8 {
            if step == 5 { second.load(try first.state(for: late), for: late) }
            (step < 5 ? first : second).update(late, late.gradients(file, step: step))
            other.update(fresh, fresh.gradients(file, step: step))
            #expect(try late.a.value.floats() == fresh.a.value.floats(), "after step \(step)")
        }
        #expect(second.steps == 8 && other.steps == 5)
        #expect(try late.a.value.floats() != file.floats("start.a"))
    }
}
