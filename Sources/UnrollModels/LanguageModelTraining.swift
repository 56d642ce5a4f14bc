public import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
public import UnrollTraining

/// What a language model learns from.
public enum TrainingText: Sendable, Equatable {
    /// A UTF-8 file.
    case file(String)
    /// Sentences of `SentenceGrammar.english`, whose entropy is known.
    case generated
}

/// A language model's training run: text, model, optimizer and trainer put together.
///
///     let run = try LanguageModelTraining(settings, text: .generated, folder: ModelFolder("runs/first"), on: device)
///     let outcome = try run.run(report: { … }, shouldStop: { … })
///     print(run.best, try run.bestModel().generate(length: 200, sampling: Sampling()))
public final class LanguageModelTraining {
    /// What the run was started with.
    public let settings: LanguageModelSettings
    /// Where it runs; a run that is continued stays there unless another device is asked for.
    public let device: Device
    /// What is trained.
    public let model: LanguageModel
    /// The entropy of the generated text's grammar in nats per character, and that of the text as it turned out; nil
    /// for text from a file.
    public let entropy: (ofGrammar: Double, ofText: Double)?
    private let trainer: Trainer<TextPrediction>

    /// Begins a run and saves it before its first step.
    /// - Parameter folder: a folder without a model in it, made if it is missing; nil saves nothing.
    /// - Throws: `ModelError`, `DataError`, `TrainingError`; nothing is overwritten.
    public init(_ settings: LanguageModelSettings, text: TrainingText, folder: ModelFolder?, on device: Device) throws {
        try settings.check()
        let corpus = try TrainingCorpus(text)
        let vocabulary = try corpus.vocabulary(for: settings)
        let configuration = settings.configuration(vocabulary)
        try settings.checkMemory(configuration)
        (self.settings, self.device, entropy) = (settings, device, corpus.entropy)
        model = LanguageModel(configuration, seed: UInt64(settings.seed), on: device, settings.scheme)
        let task = try TextPrediction(model, corpus, settings)
        trainer = try Trainer(
            task, settings.optimizer(for: task), settings.trainer, folder: folder, configuration: configuration.json,
            description: Self.description(settings, corpus, device))
    }

    /// Goes on with a run from where its folder has it, to the same bits as if it had never stopped.
    /// - Parameters:
    ///   - epochs: a new total; nil for the run's own. A learning rate that falls until the last epoch (`cosine`,
    ///     `oneCycle`) is from here on what it would be in a run of so many.
    ///   - patience: a new one; nil for the run's own.
    ///   - device: where to go on, to that device's bits; nil for the run's own.
    /// - Throws: `ModelError.textChanged`, `.deviceUnavailable` and others, `DataError`, `TrainingError`.
    public init(
        resuming folder: ModelFolder, epochs: Int? = nil, patience: Int? = nil, on device: Device? = nil
    ) throws {
        let lock = try folder.lock()
        var record = try Checkpoint(folder: folder)
        var settings = try LanguageModelSettings(record.settings, name: folder.training)
        if let epochs {
            guard epochs >= record.position.epoch else {
                throw ModelError.badSetting(
                    flag: "--epochs", value: "\(epochs)",
                    expected: "a total not below the \(record.position.epoch) done")
            }
            settings.epochs = epochs
        }
        settings.optimization.patience = patience ?? settings.optimization.patience
        try settings.check()
        let device = try device ?? Self.device(of: record.settings, name: folder.training)
        let corpus = try TrainingCorpus(resuming: record.settings, name: folder.training)
        let configuration = try LanguageModelConfiguration(record.configuration, name: folder.training)
        guard settings.configuration(try corpus.vocabulary(for: settings)) == configuration else {
            throw ModelError.unusable(path: folder.training, reason: "its settings and its configuration disagree")
        }
        try settings.checkMemory(configuration)
        record.settings = Self.description(settings, corpus, device)
        (self.settings, self.device, entropy) = (settings, device, corpus.entropy)
        model = LanguageModel(configuration, seed: UInt64(settings.seed), on: device)
        let task = try TextPrediction(model, corpus, settings)
        trainer = try Trainer(resuming: record, in: folder, lock, task, settings.optimizer(for: task), settings.trainer)
    }

    /// What whoever continues the run must know.
    private static func description(
        _ settings: LanguageModelSettings, _ corpus: TrainingCorpus, _ device: Device
    ) -> JSON {
        .object(settings.json.members! + corpus.identity + [.init("device", .string(device.name))])
    }

    /// The device a run was on.
    private static func device(of settings: JSON, name: String) throws -> Device {
        guard let device = settings["device"]?.string else {
            throw ModelError.unusable(path: name, reason: "its settings lack 'device'")
        }
        do {
            return try Device(named: device)
        } catch let error as ComputeError {
            throw ModelError.deviceUnavailable(name: device, reason: error.description)
        }
    }

    /// Trains until all epochs are done or it is asked to stop; see `Trainer.run`.
    public func run(
        report: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try trainer.run(report: report, shouldStop: shouldStop)
    }

    /// The best validation loss so far in nats per character; nil before the first epoch is done.
    public var best: Double? { trainer.best }
    /// Epochs done.
    public var epochs: Int { trainer.epochs }
    /// Characters trained on in a second of training alone: without validation, saving and the building of kernels.
    public var tokensPerSecond: Double? { trainer.tokensPerSecond }

    /// The model with the weights that validated best, after which the run cannot go on.
    public func bestModel() throws -> LanguageModel {
        try trainer.loadBest()
        return model
    }
}

/// Guessing the next character of a text, as a task for `Trainer`. A batch is a window of a part of the rows.
struct TextPrediction: TrainingTask {
    let model: LanguageModel
    private let rows: TextRows
    private let validation: [Int32]
    private let batch: Int
    private let parts: Int
    private let spans: TruncatedSpan
    private let penalties: ActivationPenalties

    init(_ model: LanguageModel, _ corpus: TrainingCorpus, _ settings: LanguageModelSettings) throws {
        let indices = try model.configuration.vocabulary.encode(corpus.characters, name: corpus.name)
        let count = settings.trainingCharacters(of: indices.count)
        self.model = model
        rows = TextRows(Array(indices[..<count]), batch: settings.batch)
        validation = Array(indices[count...])
        (batch, parts, spans) = (settings.batch, settings.optimization.accumulate, settings.spans)
        penalties = settings.penalties
    }

    /// Updates an epoch.
    var updates: Int { rows.length / spans.forward }
    var batches: Int { updates * parts }
    var tokensPerBatch: Int { batch / parts * spans.forward }
    var stateShapes: [[Int]] {
        let (cell, layers, hidden) = (model.configuration.cell, model.configuration.layers, model.configuration.hidden)
        return Array(repeating: [layers, batch / parts, hidden], count: cell.states)
    }

    func loss(batch number: Int, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let (window, share) = (spans.window(number / parts), batch / parts)
        let part = number % parts * share..<(number % parts + 1) * share
        let inputs = model.window(of: rows, part, from: window.start, steps: window.steps).inputs
        let judged = window.start + window.steps - spans.forward
        let targets = model.window(of: rows, part, from: judged, steps: spans.forward).targets
        let (loss, state) = model.loss(
            inputs: inputs, targets: targets, state: state.isEmpty ? nil : RecurrentState(state), carry: window.carry,
            penalties: penalties)
        return (loss, state.tensors)
    }

    func validate() throws -> Double { try model.evaluate(validation, batch: batch, steps: spans.forward) }
}

extension LanguageModelSettings {
    fileprivate var trainer: Trainer<TextPrediction>.Settings {
        var result = Trainer<TextPrediction>.Settings(epochs: epochs, clip: clip, seed: UInt64(seed))
        (result.clipValue, result.accumulate) = (optimization.clipValue, optimization.accumulate)
        result.patience = optimization.patience
        return result
    }

    fileprivate func optimizer(for task: TextPrediction) -> Optimizer {
        optimization.makeOptimizer(learningRate: learningRate, updatesPerEpoch: task.updates, epochs: epochs)
    }
}
