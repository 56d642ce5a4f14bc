import UnrollData
import UnrollLayers
public import UnrollTensors
public import UnrollTraining

/// Writing targets from their sources, as a task for `Trainer`: batches of pairs of about the same lengths.
public struct TranslationTask: TrainingTask {
    /// What is trained.
    public let model: Translator
    private let training, validation: EncodedPairs
    private let batchesOfEpoch: EpochBatches
    private let size: Int

    init(_ model: Translator, _ data: TranslationData, _ settings: TranslatorSettings) throws {
        self.model = model
        size = settings.run.rowsPerBatch
        training = try EncodedPairs(data.training, model.configuration, name: data.name)
        validation = try EncodedPairs(data.validation, model.configuration, name: data.name)
        batchesOfEpoch = EpochBatches(lengths: training.lengths, settings.run)
    }

    /// Of so many pairs each.
    public var batches: Int { batchesOfEpoch.count }
    /// Tokens of sources and targets, their ends with them.
    public var tokensPerBatch: Int { max(1, training.tokens / batches) }
    /// Pairs have nothing to do with one another.
    public var stateShapes: [[Int]] { [] }

    /// −ln p of the targets' tokens and ends.
    public func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let rows = batchesOfEpoch[batch]
        return (model.loss(sources: rows.map { training.sources[$0] }, targets: rows.map { training.targets[$0] }), [])
    }

    /// The same of pairs that are not learnt from.
    public func validate() throws -> Validation? {
        guard !validation.sources.isEmpty else { return nil }
        return Validation(loss: try model.loss(of: validation, batch: size))
    }
}

/// Pairs as indices.
struct EncodedPairs {
    let sources, targets: [[Int32]]

    init(_ pairs: [PairsFile.Pair], _ configuration: TranslatorConfiguration, name: String) throws {
        sources = try pairs.map { try configuration.source.encode($0.source, name: name) }
        targets = try pairs.map { try configuration.target.encode($0.target, name: name) }
    }

    /// What batches are ordered by: the source's length, then the target's.
    var lengths: [Int] { zip(sources, targets).map { $0.count << 20 + $1.count } }

    /// All there are, with ends.
    var tokens: Int { zip(sources, targets).reduce(0) { $0 + $1.0.count + $1.1.count + 1 } }
}

extension Translator {
    /// The mean of −ln p over the tokens of targets and their ends.
    func loss(of pairs: EncodedPairs, batch size: Int) throws -> Double {
        let batches = LengthBatches(lengths: pairs.lengths, size: size, seed: 0).batches(epoch: 0)
        var losses = MeanLoss(on: device)
        for rows in batches {
            let targets = rows.map { pairs.targets[$0] }
            let loss = evaluating { self.loss(sources: rows.map { pairs.sources[$0] }, targets: targets) }
            try losses.add(loss, weight: targets.reduce(0) { $0 + $1.count + 1 })
        }
        return try losses.mean()
    }
}
