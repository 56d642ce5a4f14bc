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
        /// The greatest magnitude of a gradient's element, after `clip`; nil for no limit.
        public var clipValue: Float?
        /// How many batches make one update, by the mean of their gradients: as one batch of all of them would, in the
        /// memory of one. Batches this many apart follow each other: one gets the state of the other.
        public var accumulate = 1
        /// How many epochs may go by without a better validation loss before the run ends; nil for any number.
        public var patience: Int?
        /// Whether every update waits for the device and looks for a number that is not finite. Without it, a loss that
        /// is not finite is looked into from the last save on.
        public var checksEveryUpdate = false
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
    let settings: Settings
    private let folder: ModelFolder?
    /// Held while the trainer lives.
    private let lock: FolderLock?
    private let device: Device

    /// Everything of a checkpoint that is not read from the device when it is written.
    var record: Checkpoint
    /// As it was last saved, or would have been.
    private(set) var saved: Checkpoint
    /// The states for the next batches, one for each of an update.
    private var carried: [[Tensor]] = []
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
        func refuse(_ reason: String) -> TrainingError { .unusable(path: folder.training, reason: reason) }
        if let name = record.nonFinite { throw refuse("'\(name)' has a number that is infinite or not a number") }
        if let reason = optimizer.refusal(of: record.optimizer, for: task.model) { throw refuse(reason) }
        let states = Array(repeating: task.stateShapes, count: settings.accumulate).flatMap(\.self)
        let (batch, carried) = (record.position.batch, record.carried.map(\.shape))
        guard
            batch == task.batches
                || batch < task.batches && batch % settings.accumulate == 0 && carried == (batch == 0 ? [] : states)
        else { throw refuse("it belongs to another model, text or optimizer") }
        do {
            try restore()
        } catch let error as ParameterError {
            throw refuse(error.description)
        }
        try record.writeDerived(to: folder)
    }

    private init(
        _ task: Task, _ optimizer: Optimizer, _ settings: Settings, _ folder: ModelFolder?, _ lock: FolderLock?,
        _ record: Checkpoint
    ) {
        guard let device = task.model.parameters.first?.parameter.value.device, task.batches > 0 else {
            fatalError("Trainer: the model has no parameters, or an epoch no batches")
        }
        require(settings.accumulate > 0, "Trainer: \(settings.accumulate) batches an update")
        (self.task, self.optimizer, self.settings) = (task, optimizer, settings)
        (self.folder, self.lock, self.device) = (folder, lock, device)
        (self.record, saved) = (record, record)
        // Read when full, which is after an update.
        log = LossLog(capacity: max(1, 64 / settings.accumulate) * settings.accumulate, on: device)
        clock = TrainingClock()
    }

    /// The best validation loss so far; nil where there is none.
    public var best: Double? { record.position.best }
    /// Epochs done.
    public var epochs: Int { record.position.epoch }
    /// Tokens trained on in this call's training time alone: without validation, saving, and the first batch, in which
    /// kernels are built. Nil until it could be measured.
    public var tokensPerSecond: Double? { clock.tokensPerSecond }

    /// What each epoch done came to, as `metrics.jsonl` has it.
    package var metrics: [JSON] { record.metrics }

    /// Gives the model the weights that validated best.
    public func loadBest() throws { if let best = record.best { try task.model.load(best) } }
}

// MARK: The loop

extension Trainer {
    /// Trains until all epochs are done, patience runs out or it is asked to stop.
    /// - Parameters:
    ///   - report: is told how it goes.
    ///   - shouldStop: asked before every update; on true the run saves and returns.
    /// - Throws: `TrainingError.diverged`, `.nonFiniteInput`, `ComputeError`, `DataError`. What was saved before stays, and
    ///   the model goes back to it: another `run` goes on from there.
    public func run(
        report: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        clock.restart()
        while record.position.epoch < settings.epochs {
            if isOutOfPatience { return .outOfPatience }
            while record.position.batch < task.batches {
                if shouldStop() {
                    try readLosses()
                    try save()
                    return .stopped
                }
                if let error = try update(checking: settings.checksEveryUpdate) {
                    try restore()
                    throw error
                }
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

    /// One update: losses, gradients, weights. Waits for nothing, unless it is to check.
    /// - Returns: nil, or what turned out not to be finite.
    func update(checking: Bool) throws -> TrainingError? {
        let first = record.position.batch
        let parts = min(settings.accumulate, task.batches - first)
        let sum = gradients(part: 0, of: parts)
        for part in 1..<max(1, parts) { sum.add(gradients(part: part, of: parts)) }
        if let limit = settings.clip { sum.clip(norm: limit) }
        if let limit = settings.clipValue { sum.clip(value: limit) }
        let wrong = checking ? try sum.firstNonFinite(of: task.model).map { "the gradient of '\($0)'" } : nil
        optimizer.update(task.model, sum)
        guard checking else { return nil }
        guard let tensor = try wrong ?? task.model.firstNonFinite().map({ "'\($0)'" }) else { return nil }
        for batch in first..<record.position.batch {
            let inputs = task.inputs(batch: BatchPlace(epoch: record.position.epoch, number: batch)).map {
                (name: $0.name, buffer: $0.values.buffer)
            }
            if let name = try device.firstNonFinite(inputs) { return .nonFiniteInput(batch: batch, name: name) }
        }
        return .diverged(step: optimizer.steps, tensor: tensor)
    }

    /// The gradients of one batch's share of an update.
    private func gradients(part: Int, of parts: Int) -> Gradients {
        // From 1, as the optimizer counts.
        let random = RandomSource(seed: settings.seed, step: optimizer.steps * settings.accumulate + part + 1)
        let start = carried.indices.contains(part) ? carried[part] : []
        let batch = BatchPlace(epoch: record.position.epoch, number: record.position.batch)
        let (_, gradients, (loss, state)) = task.model.valueWithGradient(random: random) {
            let (loss, state) = task.loss(batch: batch, state: start)
            return (parts == 1 ? loss : loss / Float(parts), (loss.detached(), state.map { $0.detached() }))
        }
        require(
            state.map(\.shape) == task.stateShapes,
            "Trainer: the state of a batch has shapes \(state.map(\.shape)), the task says \(task.stateShapes)")
        if carried.indices.contains(part) { carried[part] = state } else { carried.append(state) }
        log.append(loss)
        record.position.batch += 1
        clock.count(tokens: task.tokensPerBatch)
        return gradients
    }

    /// Waits for the device and adds up the losses since the last time, one by one: whenever it is done, the sum is the
    /// same.
    private func readLosses() throws {
        let losses = try log.drain()
        let updates = (losses.count + settings.accumulate - 1) / settings.accumulate
        for (index, loss) in losses.enumerated() {
            guard loss.isFinite else {
                throw try divergence(at: optimizer.steps - updates + index / settings.accumulate + 1)
            }
            record.position.lossSum += Double(loss)
            smoothedLoss = smoothedLoss.map { $0 + 0.02 * (Double(loss) - $0) } ?? Double(loss)
        }
        clock.deviceIsIdle()
    }

    private func finishEpoch() throws -> EpochMetrics {
        let (validation, best) = try optimizer.withAverages(of: task.model) {
            let validation = try clock.validating { try task.validate() }
            let isBest = validation.map { $0.loss < record.position.best ?? .infinity } ?? true
            return (validation, isBest ? try weights() : nil)
        }
        guard validation?.loss.isFinite ?? true else { throw try divergence(at: optimizer.steps) }
        let metrics = EpochMetrics(
            epoch: record.position.epoch + 1, steps: optimizer.steps,
            training: record.position.lossSum / Double(task.batches), validation: validation?.loss,
            figures: validation?.figures ?? [], isBest: best != nil)
        if let best { (record.position.best, record.best) = (validation?.loss, best) }
        record.metrics.append(metrics.json)
        if let validation { optimizer.observe(validation: validation.loss) }
        record.position.epoch += 1
        (record.position.batch, record.position.lossSum) = (0, 0)
        carried = []
        try save()
        return metrics
    }

    private var isOutOfPatience: Bool {
        let losses = optimizer.validations
        guard let patience = settings.patience, let best = losses.min(), let index = losses.firstIndex(of: best) else {
            return false
        }
        return losses.count - 1 - index >= patience
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
        let isGood = try clock.excluding {
            record.weights = try weights()
            record.optimizer = try optimizer.state(for: task.model)
            record.carried = try carried.flatMap(\.self).map {
                ParameterValues(shape: $0.shape, values: try $0.floats())
            }
            guard record.nonFinite == nil else { return false }
            saved = record
            if let folder { try record.write(to: folder) }
            return true
        }
        guard isGood else { throw try divergence(at: optimizer.steps) }
    }

    private func weights() throws -> [String: ParameterValues] {
        Dictionary(uniqueKeysWithValues: try task.model.parameterValues().map { ($0.name, $0.values) })
    }

    /// Goes back to where it was last saved; losses nobody has read are of what comes again.
    private func restore() throws {
        (record, smoothedLoss) = (saved, nil)
        log.clear()
        try task.model.load(record.weights)
        optimizer.load(record.optimizer, for: task.model)
        let tensors = record.carried.map { Tensor($0.values, shape: $0.shape, on: device) }
        let count = task.stateShapes.count
        // At the end of an epoch nobody asks for them.
        let isWithin = (1..<task.batches).contains(record.position.batch)
        carried = (0..<(isWithin ? settings.accumulate : 0)).map { part in
            Array(tensors[part * count..<(part + 1) * count])
        }
    }

    /// Names what first turned infinite or not a number: goes on from the last save once more, and in the update that
    /// showed it and in the two before looks at every tensor. The model is left as it was saved.
    private func divergence(at step: Int) throws -> TrainingError {
        try restore()
        defer { try? restore() }
        while optimizer.steps < step, record.position.batch < task.batches {
            if let error = try update(checking: optimizer.steps >= step - 3) { return error }
            if log.isFull { _ = try log.drain() }
        }
        return .diverged(step: step, tensor: nil)
    }
}

extension Checkpoint {
    /// The first of what a run needs to go on that has a number which is infinite or none.
    fileprivate var nonFinite: String? {
        let states = carried.enumerated().map { (name: "state.\($0)", values: $1.values) }
        let saved = [weights, best ?? [:]].flatMap { $0.sorted { $0.key < $1.key } }
        return (saved.map { (name: $0.key, values: $0.value.values) } + states)
            .first { !$0.values.allSatisfy(\.isFinite) }?.name ?? optimizer.nonFinite
    }
}

extension EpochMetrics {
    fileprivate var json: JSON {
        .object(
            [
                .init("epoch", .integer(epoch)), .init("steps", .integer(steps)),
                .init("training_loss", .number(training)),
                .init("validation_loss", .optional(validation)),
            ] + figures.map { .init($0.name, .number($0.value)) })
    }
}
