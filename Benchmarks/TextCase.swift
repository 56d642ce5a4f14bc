package import Unroll
package import UnrollCompute

/// Text written by a language model: for each character a step, then a draw from what the model thinks likely.
package struct TextCase: Case {
    package static let work = Work.text
    package static let grammar = "cell,embedding,hidden,layers,vocabulary"
    package static let defaults = "lstm,64,512,3,65 lstm,64,128,2,65 gru,64,128,2,65"
    package static let quick = "gru,16,32,1,20"
    package static let passes = [Pass.forward]

    /// Characters written in one run.
    package static let length = 100

    package let cell: Cell
    package let embedding, hidden, layers, vocabulary: Int

    package init(_ fields: inout CaseFields) throws {
        cell = try fields.cell()
        (embedding, hidden) = (try fields.size("embedding"), try fields.size("hidden"))
        (layers, vocabulary) = (try fields.size("layers"), try fields.size("vocabulary"))
    }

    package var fields: [JSON.Member] {
        [
            .init("cell", .string(cell.name)), .init("embedding", .integer(embedding)),
            .init("hidden", .integer(hidden)), .init("layers", .integer(layers)),
            .init("vocabulary", .integer(vocabulary)),
        ]
    }

    private var model: ModelSize {
        ModelSize(
            stack: StackSize(cell: cell, inputs: embedding, hidden: hidden, layers: layers), vocabulary: vocabulary)
    }

    package func operations(_ pass: Pass) -> Double { model.operations * Double(Self.length) }
    package var numbers: Double { 2 * model.weights }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let model = model.languageModel(on: device)
        let characters = model.characters(count: 20)
        let sampling = try Sampling(seed: 1)
        let arrays = {
            var arrays = try model.arrays()
            arrays["inputs"] = .init(shape: [1, characters.count], .int32(characters))
            arrays["length"] = .init(shape: [1], .int32([Int32(Self.length)]))
            return arrays
        }
        return Runner(
            arrays: arrays,
            // What is drawn depends on the peer's random numbers; what it is drawn from does not.
            results: {
                ["logits": try model(Tensor(characters, shape: [1, characters.count], on: device)).0.floats()]
            },
            call: { try model.generate(length: Self.length, sampling: sampling) })
    }
}
