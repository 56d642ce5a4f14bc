import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct ParameterGroupTests {
    static let file = OptimizerTests.file

    @Test func namesAndShapes() {
        let names = ["embedding.weight", "recurrent.weight_hh_l0", "recurrent.bias_hh_l0", "linear.bias"]
        func selected(_ selection: ParameterSelection) -> [Int] {
            names.indices.filter { selection.contains(names[$0], shape: names[$0].contains("bias") ? [3] : [3, 2]) }
        }
        #expect(selected(.all) == [0, 1, 2, 3])
        #expect(selected(.vectors) == [2, 3])
        #expect(selected(.named(["linear.bias"])) == [3] && selected(.named(["linear"])) == [])
        #expect(selected(.named(["recurrent.*"])) == [1, 2] && selected(.named(["*.weight*"])) == [0, 1])
        #expect(selected(.named(["*_hh_*"])) == [1, 2] && selected(.named(["*bias", "embedding.*"])) == [0, 3])
        #expect(selected(.named(["*"])) == [0, 1, 2, 3] && selected(.named(["re*hh*hh*"])) == [])
        #expect(selected(.named(["recurrent.bias_hh_l0*bias_hh_l0"])) == [])
    }

    /// Two groups move as two optimizers with their settings would.
    @Test(arguments: TestedBackend.allAndReference, [OptimizerKind.adamw, .adam, .rmsprop, .sgd, .nadam])
    func groupsAreOptimizersOfTheirOwn(_ tested: TestedBackend, _ kind: OptimizerKind) throws {
        let (file, device) = (Self.file, tested.device)
        let (model, first, second) = (Pair(file, on: device), Pair(file, on: device), Pair(file, on: device))
        let optimizer = kind.optimizer(learningRate: 0.0625, weightDecay: 0.5)
        optimizer.groups = [
            ParameterGroup(.vectors, weightDecay: 0), ParameterGroup(.named(["a", "b"]), learningRate: 0.25),
        ]
        let one = kind.optimizer(learningRate: 0.015625, weightDecay: 0.5)
        let other = kind.optimizer(learningRate: 0.0625)
        for step in 0..<5 {
            optimizer.update(model, model.gradients(file, step: step))
            one.update(first, first.gradients(file, step: step))
            other.update(second, second.gradients(file, step: step))
        }
        #expect(try model.a.value.floats() == first.a.value.floats())
        #expect(try model.b.value.floats() == second.b.value.floats())
        #expect(try model.a.value.floats() != second.a.value.floats())
    }

    /// No gradient, no moments, no decay, no mean; everything else as if it were not there.
    @Test(arguments: TestedBackend.allAndReference) func frozenParametersStay(_ tested: TestedBackend) throws {
        let device = tested.device
        func trained(_ freeze: (Echo.Model) -> Void) throws -> (Echo.Model, Optimizer) {
            let task = Echo(on: device)
            freeze(task.model)
            let optimizer = AdamW(learningRate: 0.05, weightDecay: 0.5)
            optimizer.averaging = .exponential(decay: 0.5)
            for step in 1...3 {
                let (_, gradients) = task.model.valueWithGradient(random: RandomSource(seed: 4, step: step)) {
                    task.loss(batch: BatchPlace(number: step), state: []).loss
                }
                for (name, parameter) in task.model.parameters {
                    #expect((gradients[parameter] == nil) == parameter.isFrozen, "\(name)")
                }
                optimizer.update(task.model, gradients)
            }
            return (task.model, optimizer)
        }
        let start = try Echo(on: device).model.parameterValues()
        let (model, optimizer) = try trained { $0.freeze(.named(["recurrent.*_l0", "linear.bias"])) }
        let state = try optimizer.state(for: model)
        #expect(model.parameters.count { $0.parameter.isFrozen } == 5)
        for ((name, parameter), before) in zip(model.parameters, start) {
            let isSame = try parameter.value.floats() == before.values.values
            #expect(isSame == parameter.isFrozen && (state.moments[name] == nil) == parameter.isFrozen, "\(name)")
            #expect((state.averages[name] == nil) == parameter.isFrozen, "\(name)")
        }
        // Frozen and freed again is not frozen.
        let (free, _) = try trained { _ in }
        let (freed, _) = try trained { model in
            model.freeze()
            model.unfreeze()
        }
        for ((_, a), (_, b)) in zip(free.parameters, freed.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }

    /// What is computed without the gradients of frozen parameters is the same for the others.
    @Test(arguments: TestedBackend.allAndReference) func othersHaveTheSameGradients(_ tested: TestedBackend) throws {
        func gradients(_ selection: ParameterSelection?) throws -> [[Double]?] {
            let task = Echo(on: tested.device)
            if let selection { task.model.freeze(selection) }
            let (_, gradients) = task.model.valueWithGradient(random: RandomSource(seed: 4, step: 1)) {
                task.loss(batch: BatchPlace(number: 1), state: []).loss
            }
            return try task.model.parameters.map { try gradients[$0.parameter]?.doubles() }
        }
        let all = try gradients(nil)
        for selection in [ParameterSelection.vectors, .named(["*_l0"]), .named(["*_l1"]), .named(["*weight*"])] {
            let found = try gradients(selection)
            #expect(found.contains { $0 == nil } && found.contains { $0 != nil })
            for (a, b) in zip(found, all) where a != nil { #expect(a == b) }
        }
    }
}
