package import Unroll
package import UnrollCompute

/// A stack of recurrent layers over all steps of a batch, the projection of its input included, as a user pays for it.
package struct RecurrenceCase: Case {
    package static let work = Work.recurrence
    package static let grammar = "cell,inputs,hidden,batch,steps,layers[,bidirectional][,option[=value]...]"
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

    package init(_ fields: inout CaseFields) throws {
        cell = try fields.cell()
        (inputs, hidden) = (try fields.size("inputs"), try fields.size("hidden"))
        (batch, steps, layers) = (try fields.size("batch"), try fields.size("steps"), try fields.size("layers"))
        options = try fields.options()
    }

    package var fields: [JSON.Member] {
        [
            .init("cell", .string(cell.name)), .init("inputs", .integer(inputs)), .init("hidden", .integer(hidden)),
            .init("batch", .integer(batch)), .init("steps", .integer(steps)), .init("layers", .integer(layers)),
        ] + options.map { .init($0.name, .string($0.description)) }
    }

    private var stack: StackSize { StackSize(cell: cell, inputs: inputs, hidden: hidden, layers: layers) }

    package func operations(_ pass: Pass) -> Double {
        // The gradients of weights and of inputs are as many multiply-adds as the outputs, each.
        (pass == .training ? 3 : 1) * stack.operations * Double(batch) * Double(steps)
    }

    package var numbers: Double {
        let rows = Double(batch) * Double(steps)
        return 3 * stack.weights + rows * (2 * Double(inputs) + Double(layers) * Double(hidden) * 8)
    }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let initializer = Initializer(seed: 1, on: device)
        let model = Trained(
            Recurrent(cell, inputs: inputs, hidden: hidden, layers: layers, initializer),
            initializer.uniform([batch, steps, inputs], bound: 1))
        let initial = RecurrentState(
            (0..<cell.states).map { _ in initializer.uniform([layers, batch, hidden], bound: 1).value })
        let cotangent = initializer.uniform([batch, steps, hidden], bound: 1).value
        let arrays = {
            var arrays = try model.arrays()
            arrays["cotangent"] = try cotangent.array()
            for (index, state) in initial.tensors.enumerated() { arrays["initial.\(index)"] = try state.array() }
            return arrays
        }
        switch pass {
        case .forward:
            let forward = { model.recurrent(model.x.value, initial) }
            return Runner(
                arrays: arrays,
                results: {
                    let (output, state) = forward()
                    var results = ["output": try output.floats()]
                    for (index, state) in state.tensors.enumerated() { results["state.\(index)"] = try state.floats() }
                    return results
                }, call: { _ = forward() })
        case .training:
            let training = {
                model.valueWithGradient(cotangent: cotangent) { (model.recurrent(model.x.value, initial).output, ()) }
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
        init(_ recurrent: Recurrent, _ x: Parameter) { (self.recurrent, self.x) = (recurrent, x) }
    }
}

/// How much there is to a stack of recurrent layers.
struct StackSize {
    var cell: Cell
    var inputs, hidden, layers: Int

    /// Numbers in its matrices and biases.
    var weights: Double {
        let gates = Double(cell.gates) * Double(hidden)
        return gates * (Double(inputs) + Double(layers - 1) * Double(hidden) + Double(layers) * Double(hidden + 2))
    }

    /// Operations of one step of one sequence, forward: its matrix products, two operations for each weight.
    var operations: Double { 2 * (weights - 2 * Double(layers * cell.gates) * Double(hidden)) }
}
