import UnrollCompute
public import UnrollData
import UnrollLayers
import UnrollTensors

/// Trains a model by truncated backpropagation through time: epochs of batches, state carried from batch to batch,
/// validation and the best weights after each epoch, and a folder from which a killed run goes on to the same bits.
///
/// The loop is what you would write by hand with `valueWithGradient`, `clip` and `update`; around it are the clock and
/// the files. Nothing in a step waits for the device: losses stay there and are read a few times a second.
public final class Trainer<Task: TrainingTask> {
    /// What does not follow from the task.
    public struct Settings: Sendable {
        /// How often the data is seen, in all.
        public var epochs: Int
        /// The greatest norm of all gradients as one vector; nil for no limit.
        public var clip: Float?
        /// What dropout depends on.
        public var seed: UInt64
        /// The longest time between two saves. However often it saves, the numbers are the same.
        public var secondsBetweenSaves: Double

        /// Settings of a run.
        public init(epochs: Int, clip: Float? = nil, seed: UInt64 = 0, secondsBetweenSaves: Double = 60) {
            (self.epochs, self.clip, self.seed) = (epochs, clip, seed)
            self.secondsBetweenSaves = secondsBetweenSaves
        }
    }

    /// The model and its data.
    public let task: Task
    /// What moves the parameters.
    public let optimizer: Optimizer
    private let settings: Settings
    private let folder: ModelFolder?
    /// Held while the trainer lives.
    private let lock: FolderLock?
    private let device: Device

    /// Everything of a checkpoint that is not read from the device when it is written.
    private var record: Checkpoint
    private var carried: [Tensor] = []
    private var log: LossLog
    private var clock: TrainingClock
    private var smoothedLoss: Double?

    /// A new run.
    /// - Parameters:
    ///   - folder: where to save; nil saves nothing.
    ///   - configuration: what the model is, for `config.json`.
    ///   - description: what the run is, for whoever continues it.
    /// - Throws: `TrainingError.folderHoldsModel`, `.folderInUse`, `DataError`: nothing is overwritten.
    public convenience init(
        _ task: Task, _ optimizer: Optimizer, _ settings: Settings, folder: ModelFolder? = nil,
        configuration: JSON = .null, description: JSON = .null
    ) throws {
        let record = Checkpoint(configuration: configuration, settings: description)
        self.init(task, optimizer, settings, folder, try folder?.prepare(), record)
        try save()
    }

    /// Goes on with a run where its folder has it.
    /// - Throws: `TrainingError`, `DataError`.
    public convenience init(
        resuming folder: ModelFolder, _ task: Task, _ optimizer: Optimizer, _ settings: Settings
    ) throws {
        let lock = try folder.lock()
        try self.init(resuming: try Checkpoint(folder: folder), in: folder, lock, task, optimizer, settings)
    }

    /// - Parameter lock: taken before the record was read.
    package convenience init(
        resuming record: Checkpoint, in folder: ModelFolder, _ lock: FolderLock, _ task: Task, _ optimizer: Optimizer,
        _ settings: Settings
    ) throws {
        self.init(task, optimizer, settings, folder, lock, record)
        do {
            try task.model.load(record.weights)
        } catch let error as ParameterError {
            throw TrainingError.unusable(path: folder.training, reason: error.description)
        }
        let carried = record.carried.map(\.shape)
        guard optimizer.accepts(record.optimizer, for: task.model), record.position.batch <= task.batches,
            carried == (record.position.batch == 0 ? [] : task.stateShapes)
        else {
            let reason = "it belongs to another model, text or optimizer"
            throw TrainingError.unusable(path: folder.training, reason: reason)
        }
        optimizer.load(record.optimizer, for: task.model)
        self.carried = record.carried.map { Tensor($0.values, shape: $0.shape, on: device) }
        try record.writeDerived(to: folder)
    }

    private init(
        _ task: Task, _ optimizer: Optimizer, _ settings: Settings, _ folder: ModelFolder?, _ lock: FolderLock?,
        _ record: Checkpoint
    ) {
        guard let device = task.model.parameters.first?.parameter.value.device, task.batches > 0 else {
            fatalError("Trainer: the model has no parameters, or an epoch no batches")
        }
        (self.task, self.optimizer, self.settings) = (task, optimizer, settings)
        (self.folder, self.lock, self.device, self.record) = (folder, lock, device, record)
        log = LossLog(on: device)
        clock = TrainingClock()
    }

    /// The best validation loss so far.
    public var best: Double? { record.position.best }
    /// Epochs done.
    public var epochs: Int { record.position.epoch }
    /// Tokens trained on in this call's training time alone: without validation, saving, and the first batch, in which
    /// kernels are built. Nil until it could be measured.
    public var tokensPerSecond: Double? { clock.tokensPerSecond }

    /// Gives the model the weights that validated best.
    public func loadBest() throws { if let best = record.best { try task.model.load(best) } }
}

// MARK: The loop

extension Trainer {
    /// Trains until all epochs are done or it is asked to stop.
    /// - Parameters:
    ///   - report: is told how it goes.
    ///   - shouldStop: asked before every batch; on true the run saves and returns.
    /// - Throws: `TrainingError.diverged`, `ComputeError`, `DataError`. What was saved before stays.
    public func run(
        report: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        clock.restart()
        while record.position.epoch < settings.epochs {
            while record.position.batch < task.batches {
                if shouldStop() {
                    try readLosses()
                    try save()
                    return .stopped
                }
                step()
                if log.isFull || clock.reportIsDue || !clock.isWarm {
                    try readLosses()
                    clock.warm()
                    report(.progress(progress))
                }
                if clock.saveIsDue(after: settings.secondsBetweenSaves) {
                    try readLosses()
                    try save()
                }
            }
            try readLosses()
            report(.epoch(try finishEpoch()))
        }
        return .finished
    }

    /// One batch: loss, gradients, update. Waits for nothing.
    private func step() {
        let batch = record.position.batch
        // From 1, as the optimizer counts.
        let random = RandomSource(seed: settings.seed, step: optimizer.steps + 1)
        let (loss, gradients, state) = task.model.valueWithGradient(random: random) {
            let (loss, state) = task.loss(batch: batch, state: carried)
            return (loss, state.map { $0.detached() })
        }
        if let limit = settings.clip { gradients.clip(norm: limit) }
        optimizer.update(task.model, gradients)
        require(
            state.map(\.shape) == task.stateShapes,
            "Trainer: the state of a batch has shapes \(state.map(\.shape)), the task says \(task.stateShapes)")
        carried = state
        log.append(loss)
        record.position.batch += 1
        clock.count(tokens: task.tokensPerBatch)
    }

    /// Waits for the device and adds up the losses since the last time, one by one: whenever it is done, the sum is the
    /// same.
    private func readLosses() throws {
        let losses = try log.drain()
        for (index, loss) in losses.enumerated() {
            guard loss.isFinite else {
                throw TrainingError.diverged(step: optimizer.steps - losses.count + index + 1)
            }
            record.position.lossSum += Double(loss)
            smoothedLoss = smoothedLoss.map { $0 + 0.02 * (Double(loss) - $0) } ?? Double(loss)
        }
        clock.deviceIsIdle()
    }

    private func finishEpoch() throws -> EpochMetrics {
        let validation = try clock.validating { try task.validate() }
        guard validation.isFinite else { throw TrainingError.diverged(step: optimizer.steps) }
        let isBest = validation < record.position.best ?? .infinity
        let metrics = EpochMetrics(
            epoch: record.position.epoch + 1, steps: optimizer.steps,
            training: record.position.lossSum / Double(task.batches), validation: validation, isBest: isBest)
        if isBest {
            record.position.best = validation
            record.best = try weights()
        }
        record.metrics.append(metrics.json)
        record.position.epoch += 1
        (record.position.batch, record.position.lossSum) = (0, 0)
        carried = []
        try save()
        return metrics
    }

    private var progress: TrainingProgress {
        let epochsLeft = settings.epochs - record.position.epoch
        let batchesLeft = epochsLeft * task.batches - record.position.batch
        return TrainingProgress(
            epoch: record.position.epoch + 1, epochs: settings.epochs, batch: record.position.batch,
            batches: task.batches, loss: smoothedLoss ?? .nan, tokensPerSecond: clock.tokensPerSecond,
            secondsLeft: clock.secondsLeft(tokens: batchesLeft * task.tokensPerBatch, validations: epochsLeft))
    }
}

// MARK: Saving

extension Trainer {
    /// Writes the run as it is now. The losses have been read; those before the last update say nothing of the weights
    /// after it, so these are looked at too: what cannot go on never replaces what can.
    private func save() throws {
        guard let folder else { return }
        try clock.excluding {
            record.weights = try weights()
            record.optimizer = try optimizer.state(for: task.model)
            record.carried = try carried.map { ParameterValues(shape: $0.shape, values: try $0.floats()) }
            guard (Array(record.weights.values) + record.carried).allSatisfy({ $0.values.allSatisfy(\.isFinite) })
            else {
                throw TrainingError.diverged(step: optimizer.steps)
            }
            try record.write(to: folder)
        }
    }

    private func weights() throws -> [String: ParameterValues] {
        Dictionary(uniqueKeysWithValues: try task.model.parameterValues().map { ($0.name, $0.values) })
    }
}

extension EpochMetrics {
    fileprivate var json: JSON {
        [
            "epoch": .integer(epoch), "steps": .integer(steps), "training_loss": .number(training),
            "validation_loss": .number(validation),
        ]
    }
}
