import UnrollData
import UnrollLayers
public import UnrollTensors
public import UnrollTraining

/// Writing captions, as a task for `Trainer`: batches of captions of about the same length.
public struct CaptionTask: TrainingTask {
    /// What is trained.
    public let model: Captioner
    private let data: CaptionData
    private let training, validation: [(row: Int, caption: [Int32])]
    private let batchesOfEpoch: EpochBatches
    private let size: Int

    init(_ model: Captioner, _ data: CaptionData, _ settings: CaptionerSettings) throws {
        (self.model, self.data, size) = (model, data, settings.run.rowsPerBatch)
        let encoded = { (rows: [Int]) in
            try data.examples(of: rows).map { row, caption in
                (row, try model.configuration.target.encode(caption, name: "--captions"))
            }
        }
        (training, validation) = (try encoded(data.training), try encoded(data.validation))
        batchesOfEpoch = EpochBatches(lengths: training.map(\.caption.count), settings.run)
    }

    /// Of so many captions each.
    public var batches: Int { batchesOfEpoch.count }
    /// Words, and ends.
    public var tokensPerBatch: Int { max(1, training.reduce(0) { $0 + $1.caption.count + 1 } / batches) }
    /// Rows have nothing to do with one another.
    public var stateShapes: [[Int]] { [] }

    /// −ln p of the captions' words and ends.
    public func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        (loss(batchesOfEpoch[batch].map { training[$0] }), [])
    }

    private func loss(_ examples: [(row: Int, caption: [Int32])]) -> Tensor {
        model.loss(rows: examples.map { data.rows[$0.row] }, captions: examples.map(\.caption))
    }

    /// The same of rows that are not learnt from.
    public func validate() throws -> Validation? {
        if validation.isEmpty { return nil }
        let batches = LengthBatches(lengths: validation.map(\.caption.count), size: size, seed: 0).batches(epoch: 0)
        var losses = MeanLoss(on: model.device)
        for rows in batches {
            let examples = rows.map { validation[$0] }
            try losses.add(
                evaluating { loss(examples) }, weight: examples.reduce(0) { $0 + $1.caption.count + 1 })
        }
        return Validation(loss: try losses.mean())
    }
}
