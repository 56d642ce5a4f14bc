import UnrollData
import UnrollLayers
public import UnrollTensors
public import UnrollTraining

/// Guessing the next token of a text, as a task for `Trainer`. A batch is a window of a part of the rows.
public struct TextPrediction: TrainingTask {
    /// What is trained.
    public let model: LanguageModel
    private let rows: TextRows
    private let validation: [Int32]
    private let parts: Int
    private let spans: TruncatedSpan
    private let penalties: ActivationPenalties

    init(_ model: LanguageModel, _ corpus: TrainingCorpus, _ settings: LanguageModelSettings) throws {
        let indices = try model.configuration.encoding.encode(corpus.text, name: corpus.name)
        try corpus.check(settings, indices.count, model.configuration.encoding.unit)
        let count = settings.trainingTokens(of: indices.count)
        self.model = model
        rows = TextRows(Array(indices[..<count]), batch: settings.batch)
        validation = Array(indices[count...])
        (parts, spans) = (settings.optimization.accumulate, settings.spans)
        penalties = settings.penalties
    }

    /// Windows, each in `accumulate` parts.
    public var batches: Int { rows.length / spans.forward * parts }
    /// Tokens of a part.
    public var tokensPerBatch: Int { rows.batch / parts * spans.forward }
    /// Of the recurrent layers.
    public var stateShapes: [[Int]] {
        let (cell, layers, hidden) = (model.configuration.cell, model.configuration.layers, model.configuration.hidden)
        return Array(repeating: [layers, rows.batch / parts, hidden], count: cell.states)
    }

    /// −ln p of the next tokens, with what penalties add.
    public func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let (number, share) = (batch.number, rows.batch / parts)
        let window = spans.window(number / parts)
        let part = number % parts * share..<(number % parts + 1) * share
        let inputs = model.window(of: rows, part, from: window.start, steps: window.steps).inputs
        let judged = window.start + window.steps - spans.forward
        let targets = model.window(of: rows, part, from: judged, steps: spans.forward).targets
        let (loss, state) = model.loss(
            inputs: inputs, targets: targets, state: state.isEmpty ? nil : RecurrentState(state), carry: window.carry,
            penalties: penalties)
        return (loss, state.tensors)
    }

    /// The same of the end of the text, without them.
    public func validate() throws -> Validation? {
        Validation(loss: try model.evaluate(validation, batch: rows.batch, steps: spans.forward))
    }
}
