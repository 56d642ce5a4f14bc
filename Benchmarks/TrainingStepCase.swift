package import Unroll
package import UnrollCompute

/// The whole step of a language model: embedding, stacked cell, linear, cross-entropy, all gradients, clipping, Adam.
package struct TrainingStepCase: Case {
    package static let work = Work.trainingStep
    package static let grammar = "cell,embedding,hidden,layers,batch,steps,vocabulary"
    package static let defaults = "lstm,64,512,3,50,50,65 lstm,64,128,2,50,50,65 gru,64,128,2,50,50,65"
    package static let quick = "lstm,16,32,2,4,8,20"
    package static let passes = [Pass.training]

    package let cell: Cell
    package let embedding, hidden, layers, batch, steps, vocabulary: Int

    /// Adam's rate and the greatest norm of the gradient.
    static let rate: Float = 0.002
    static let clip: Float = 5

    package init(_ fields: inout CaseFields) throws {
        cell = try fields.cell()
        (embedding, hidden, layers) = (
            try fields.size("embedding"), try fields.size("hidden"), try fields.size("layers")
        )
        (batch, steps) = (try fields.size("batch"), try fields.size("steps"))
        vocabulary = try fields.size("vocabulary")
    }

    package var fields: [JSON.Member] {
        [
            .init("cell", .string(cell.name)), .init("embedding", .integer(embedding)),
            .init("hidden", .integer(hidden)), .init("layers", .integer(layers)), .init("batch", .integer(batch)),
            .init("steps", .integer(steps)), .init("vocabulary", .integer(vocabulary)),
        ]
    }

    private var model: ModelSize {
        ModelSize(
            stack: StackSize(cell: cell, inputs: embedding, hidden: hidden, layers: layers), vocabulary: vocabulary)
    }

    package func operations(_ pass: Pass) -> Double { 3 * model.operations * Double(batch) * Double(steps) }

    package var numbers: Double {
        let rows = Double(batch) * Double(steps)
        return 5 * model.weights + rows * (2 * Double(vocabulary) + Double(layers) * Double(hidden) * 8)
    }

    package func runner(_ pass: Pass, on device: Device) throws -> Runner {
        let model = model.languageModel(on: device)
        let optimizer = Adam(learningRate: Self.rate)
        let characters = model.characters(count: 2 * batch * steps)
        let inputs = Tensor(Array(characters.prefix(batch * steps)), shape: [batch, steps], on: device)
        let targets = Tensor(Array(characters.suffix(batch * steps)), shape: [batch, steps], on: device)
        let step = {
            let (loss, gradients) = model.valueWithGradient { model.loss(inputs: inputs, targets: targets).loss }
            gradients.clip(norm: Self.clip)
            optimizer.update(model, gradients)
            return loss
        }
        let arrays = {
            var arrays = try model.arrays()
            arrays["inputs"] = try inputs.array()
            arrays["targets"] = try targets.array()
            arrays["settings"] = .init(shape: [2], [Self.rate, Self.clip])
            return arrays
        }
        // The second loss and the third are where gradients, clipping and Adam led.
        return Runner(
            arrays: arrays, results: { ["losses": try (0..<3).map { _ in try step().scalar() }] },
            call: { _ = step() })
    }
}

/// How much there is to a language model.
struct ModelSize {
    var stack: StackSize
    var vocabulary: Int

    var weights: Double {
        stack.weights + Double(vocabulary) * Double(stack.inputs + stack.hidden + 1)
    }

    /// Operations of one character, forward: looking it up is none.
    var operations: Double { stack.operations + 2 * Double(stack.hidden) * Double(vocabulary) }

    /// A model of the size, which has learnt nothing.
    func languageModel(on device: Device) -> LanguageModel {
        // Which characters they are does not matter: the first ones beyond the surrogates.
        let characters = (0..<vocabulary).compactMap { Unicode.Scalar(UInt32(0xE000 + $0)) }
        let configuration = LanguageModelConfiguration(
            cell: stack.cell, hidden: stack.hidden, layers: stack.layers, embedding: stack.inputs, dropout: 0,
            vocabulary: Vocabulary(of: characters))
        return LanguageModel(configuration, seed: 1, on: device)
    }
}

extension LanguageModel {
    /// Characters without any order in them.
    func characters(count: Int) -> [Int32] {
        let size = Float(configuration.encoding.count)
        return RandomSource(seed: 2).uniform(count: count, site: 0).map { Int32($0 * size) }
    }
}
