package import Unroll
package import UnrollCompute

/// One sequence, one step a call, the state carried: as a live service calls a model.
package struct StreamingCase: Case {
    package static let work = Work.streaming
    package static let grammar = "cell,inputs,hidden,layers"
    package static let defaults = "lstm,64,64,1 lstm,512,512,1 gru,64,64,1 gru,512,512,1"
    package static let quick = "lstm,24,32,1 gru,17,24,2"
    package static let passes = [Pass.forward]

    package let cell: Cell
    package let inputs, hidden, layers: Int

    package init(_ fields: inout CaseFields) throws {
        cell = try fields.cell()
        (inputs, hidden, layers) = (try fields.size("inputs"), try fields.size("hidden"), try fields.size("layers"))
    }

    package var fields: [JSON.Member] {
        [
            .init("cell", .string(cell.name)), .init("inputs", .integer(inputs)), .init("hidden", .integer(hidden)),
            .init("layers", .integer(layers)),
        ]
    }

    private var stack: StackSize { StackSize(cell: cell, inputs: inputs, hidden: hidden, layers: layers) }

    package func operations(_ pass: Pass) -> Double { stack.operations }
    package var numbers: Double { 2 * stack.weights }
    /// Bytes of the weights, all of which every step reads.
    package var bytesRead: Int { Int(4 * stack.weights) }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let initializer = Initializer(seed: 1, on: device)
        let model = Streamed(Recurrent(cell, inputs: inputs, hidden: hidden, layers: layers, initializer))
        let x = initializer.uniform([1, 1, inputs], bound: 1).value
        var state = RecurrentState.zeros(cell, layers: layers, batch: 1, hidden: hidden, on: device)
        let step = {
            let (output, next) = model.recurrent(x, state)
            state = next
            return output
        }
        let arrays = {
            var arrays = try model.arrays()
            arrays["x"] = try x.array()
            return arrays
        }
        return Runner(
            arrays: arrays, results: { ["outputs": try (0..<4).flatMap { _ in try step().floats() }] },
            call: { _ = step() })
    }

    private final class Streamed: Module {
        let recurrent: Recurrent
        init(_ recurrent: Recurrent) { self.recurrent = recurrent }
    }
}
