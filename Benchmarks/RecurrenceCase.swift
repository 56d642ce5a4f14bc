package import Unroll
package import UnrollCompute

/// A stack of recurrent layers over all steps of a batch, the projection of its input included, as a user pays for it.
package struct RecurrenceCase: Case {
    package static let work = Work.recurrence
    package static let grammar = "cell,inputs,hidden,batch,steps,layers[,option[=value]...]"
    package static let passes = Pass.allCases

    /// Those of DeepBench that fit two cores, and small ones that people train.
    package static let defaults = """
        lstm,512,512,16,25,1 lstm,512,512,32,25,1 lstm,512,512,64,25,1 lstm,512,512,128,25,1
        lstm,1024,1024,64,25,1 lstm,1536,1536,8,50,1
        lstm,256,256,16,150,1 lstm,256,256,32,150,1 lstm,256,256,64,150,1
        gru,512,512,32,50,1 gru,1024,1024,32,100,1
        rnn,1760,1760,16,50,1
        lstm,64,64,1,50,1 lstm,64,64,20,50,1 lstm,64,64,32,50,1
        lstm,128,128,1,50,1 lstm,128,128,20,50,1 lstm,128,128,32,50,1
        lstm,200,200,1,50,1 lstm,200,200,20,50,1 lstm,200,200,32,50,1
        gru,64,64,1,50,1 gru,128,128,20,50,1 gru,200,200,32,50,1
        rnn,64,64,1,50,1 rnn,128,128,20,50,1 rnn,200,200,32,50,1
        """
    package static let quick = "lstm,64,64,8,10,1 gru,33,48,3,7,2 rnn-relu,32,32,1,5,1"

    package let cell: Cell
    package let inputs, hidden, batch, steps, layers: Int
    package let options: [CaseOption]
    private let settings: RecurrenceSettings

    package init(_ fields: inout CaseFields) throws {
        cell = try fields.cell()
        (inputs, hidden) = (try fields.size("inputs"), try fields.size("hidden"))
        (batch, steps, layers) = (try fields.size("batch"), try fields.size("steps"), try fields.size("layers"))
        options = try fields.options(of: cell, layers: layers)
        var settings = RecurrenceSettings(cell)
        for option in options {
            let known = CaseOption.known.first { $0.name == option.name }
            _ = known?.set(&settings, option.value ?? "")
        }
        self.settings = settings
    }

    private init(plain item: RecurrenceCase) {
        (cell, inputs, hidden) = (item.cell, item.inputs, item.hidden)
        (batch, steps, layers, options) = (item.batch, item.steps, item.layers, [])
        settings = RecurrenceSettings(cell)
    }

    /// A bidirectional layer does the work of two.
    package var plain: (item: any Case, times: Double)? {
        options.isEmpty ? nil : (RecurrenceCase(plain: self), Double(settings.direction.count))
    }

    package var fields: [JSON.Member] {
        [
            .init("cell", .string(cell.name)), .init("inputs", .integer(inputs)), .init("hidden", .integer(hidden)),
            .init("batch", .integer(batch)), .init("steps", .integer(steps)), .init("layers", .integer(layers)),
        ] + options.map { .init($0.name, .string($0.description)) }
    }

    private var stack: StackSize {
        StackSize(
            cell: cell, inputs: inputs, hidden: hidden, layers: layers, directions: settings.direction.count)
    }

    package func operations(_ pass: Pass) -> Double {
        // The gradients of weights and of inputs are as many multiply-adds as the outputs, each.
        (pass == .training ? 3 : 1) * stack.operations * Double(lengths.reduce(0, +))
    }

    package var numbers: Double {
        let rows = Double(batch) * Double(steps)
        return 3 * stack.weights
            + rows * (2 * Double(inputs) + Double(layers * settings.direction.count) * Double(hidden) * 8)
    }

    /// Of each row: all steps, or evenly from 1 to all.
    private var lengths: [Int] {
        guard settings.lengths == .drawn else { return Array(repeating: steps, count: batch) }
        return RandomSource(seed: 3).uniform(count: batch, site: 0).map { 1 + Int($0 * Float(steps)) }
    }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let initializer = Initializer(seed: 1, on: device)
        let model = Trained(
            Recurrent(
                settings.cell, inputs: inputs, hidden: hidden, layers: layers, direction: settings.direction,
                options: settings.recurrent, dropout: settings.dropout, memory: settings.memory, initializer),
            initializer.uniform([batch, steps, inputs], bound: 1), lockedDropout: settings.lockedDropout)
        let sweeps = layers * settings.direction.count
        let initial = RecurrentState(
            (0..<cell.states).map { _ in initializer.uniform([sweeps, batch, hidden], bound: 1).value })
        let cotangent = initializer.uniform([batch, steps, model.recurrent.outputs], bound: 1).value
        let mask = settings.lengths == .padded ? nil : try SequenceMask(lengths: lengths, steps: steps)
        let arrays = {
            var arrays = try model.arrays()
            arrays["cotangent"] = try cotangent.array()
            arrays["lengths"] = .init(shape: [batch], .int32(lengths.map(Int32.init)))
            for (index, state) in initial.tensors.enumerated() { arrays["initial.\(index)"] = try state.array() }
            return arrays
        }
        switch pass {
        case .forward:
            let forward = { model(initial, mask) }
            return Runner(
                arrays: arrays,
                results: {
                    let (output, state) = forward()
                    var results = ["output": try output.floats()]
                    for (index, state) in state.tensors.enumerated() { results["state.\(index)"] = try state.floats() }
                    return results
                }, call: { _ = forward() })
        case .training:
            // What is dropped is the same in every run, and on every device.
            let random = RandomSource(seed: 4)
            let training = {
                model.valueWithGradient(random: random, cotangent: cotangent) { (model(initial, mask).output, ()) }
            }
            return Runner(
                arrays: arrays,
                results: {
                    let (output, gradients, _) = training()
                    var results = ["output": try output.floats()]
                    for (name, parameter) in model.parameters { results[name] = try gradients[parameter]?.floats() }
                    return results
                }, call: { _ = training() })
        }
    }

    /// Layers and their input, whose gradient is asked for with theirs.
    private final class Trained: Module {
        let recurrent: Recurrent
        let x: Parameter
        let lockedDropout: LockedDropout

        init(_ recurrent: Recurrent, _ x: Parameter, lockedDropout: Float) {
            (self.recurrent, self.x, self.lockedDropout) = (recurrent, x, LockedDropout(lockedDropout))
        }

        func callAsFunction(
            _ initial: RecurrentState, _ mask: SequenceMask?
        ) -> (output: Tensor, state: RecurrentState) {
            let (output, state) = recurrent(lockedDropout(x.value), initial, mask: mask)
            return (lockedDropout(output), state)
        }
    }
}

/// How much there is to a stack of recurrent layers.
struct StackSize {
    var cell: Cell
    var inputs, hidden, layers: Int
    var directions = 1

    /// Numbers in its matrices and biases.
    var weights: Double { count { [$0.input, $0.recurrent, $0.inputBias, $0.recurrentBias] } }

    /// Operations of one step of one sequence, forward: its matrix products, two operations for each weight.
    var operations: Double { 2 * count { [$0.input, $0.recurrent] } }

    private func count(_ chosen: (RecurrentWeights<[Int]>) -> [[Int]]) -> Double {
        let stack = RecurrentStack(
            cell: cell, inputs: inputs, hidden: hidden, layers: layers,
            direction: directions == 2 ? .bidirectional : .forward)
        return (0..<stack.sweeps).reduce(0) { sum, sweep in
            sum + chosen(stack.shapes(of: sweep / directions)).reduce(0) { $0 + Double($1.reduce(1, *)) }
        }
    }
}
