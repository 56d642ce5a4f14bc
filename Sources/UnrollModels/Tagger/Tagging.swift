import UnrollData
public import UnrollTensors
public import UnrollTraining

/// Giving words their tags, as a task for `Trainer`. A batch has sentences of about the same length.
public struct Tagging: TrainingTask {
    /// What is trained.
    public let model: Tagger
    private let training: EncodedSentences
    private let validation: EncodedSentences?
    private let settings: TaggerSettings
    private let order: EpochBatches
    /// Of each word whether it occurs once.
    private let isRare: [Bool]

    init(_ model: Tagger, _ text: TaggedText, _ settings: TaggerSettings) throws {
        (self.model, self.settings) = (model, settings)
        training = try text.training.encoded(model.configuration)
        validation = try text.validation.flatMap { $0.count == 0 ? nil : try $0.encoded(model.configuration) }
        // A tag that is written in two ways that Unicode holds equal.
        for part in [training, validation].compactMap(\.self) where part.tags.contains(where: { $0.contains(-1) }) {
            throw ModelError.badText(name: text.training.name, reason: "it has a tag that the model does not give")
        }
        order = EpochBatches(lengths: training.lengths, settings.run)
        var counts = Array(repeating: 0, count: model.configuration.words.count)
        for word in training.words.joined() { counts[Int(word)] += 1 }
        isRare = counts.map { $0 == 1 }
    }

    /// Of about as many sentences.
    public var batches: Int { order.count }
    /// Words.
    public var tokensPerBatch: Int { max(1, training.lengths.reduce(0, +) / order.count) }
    /// Nothing is carried.
    public var stateShapes: [[Int]] { [] }

    /// −ln p of the tags, a word.
    public func loss(batch place: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let rows = order[place]
        let batch = model.batch(training, rows, words: words(rows, place))
        return (model.loss(batch, tags(training, rows)), [])
    }

    /// The words of some sentences, of which those that occur once are now and then unknown: so that the model learns
    /// what to make of unknown words.
    private func words(_ rows: [Int], _ place: BatchPlace) -> [[Int32]] {
        let words = rows.map { training.words[$0] }
        guard settings.unknown > 0, let unknown = model.configuration.words.unknown else { return words }
        var random = SplitMix(
            seed: UInt64(settings.seed), stream: UInt64(place.epoch) << 32 | UInt64(place.number) + 1)
        return words.map { sentence in
            sentence.map { isRare[Int($0)] && random.uniform() < Double(settings.unknown) ? unknown : $0 }
        }
    }

    private func tags(_ sentences: EncodedSentences, _ rows: [Int]) -> Tensor {
        SequenceBatch(rows.map { sentences.tags[$0] }, on: model.device).values
    }

    /// The same of the sentences that validate, and the part of their words whose tag is right.
    public func validate() throws -> Validation? {
        guard let validation else { return nil }
        var losses = MeanLoss(on: model.device)
        let batches = LengthBatches(lengths: validation.lengths, size: Tagger.sentencesAtOnce, seed: 0)
        for rows in batches.batches(epoch: 0) {
            let count = rows.reduce(0) { $0 + validation.words[$1].count }
            if count == 0 { continue }
            let batch = model.batch(validation, rows)
            try losses.add(evaluating { model.loss(batch, tags(validation, rows)) }, weight: count)
        }
        let found = try model.tags(of: validation)
        let right = zip(found, validation.tags).reduce(0) { sum, pair in
            sum + zip(pair.0, pair.1).count { $0 == Int($1) }
        }
        let accuracy = Double(right) / Double(losses.weight)
        return Validation(loss: try losses.mean(), figures: [Figure("validation_accuracy", accuracy)])
    }
}
