public import UnrollCompute
package import UnrollData
import UnrollLayers
public import UnrollTraining

/// A training run: files, model, optimizer and trainer put together.
///
///     let files = [DataFile("text", "plays.txt")]
///     let run = try TrainingRun<LanguageModel>(settings, from: files, folder: ModelFolder("runs/first"), on: device)
///     let outcome = try run.run(report: { … }, shouldStop: { … })
///     let model = try run.bestModel()
public final class TrainingRun<Model: TaskModel> {
    /// What the run was started with.
    public let settings: Model.Settings
    /// Where it runs; a run that is continued stays there unless another device is asked for.
    public let device: Device
    /// What is trained.
    public let model: Model
    /// What it learns from.
    public let data: Model.Data
    /// The files it learns from.
    package let files: [DataFile]
    private let trainer: Trainer<Model.Task>

    /// Begins a run and saves it before its first step.
    /// - Parameters:
    ///   - files: what is learnt from, by role.
    ///   - folder: a folder without a model in it, made if it is missing; nil saves nothing.
    /// - Throws: `ModelError`, `DataError`, `TrainingError`; nothing is overwritten.
    public convenience init(
        _ settings: Model.Settings, from files: [DataFile], folder: ModelFolder?, on device: Device
    ) throws {
        try self.init(settings, from: files, startingWith: nil, folder: folder, on: device)
    }

    /// The same with a model whose configuration and weights the run begins with, which must suit the settings; nil for a
    /// new one.
    /// - Throws: `ModelError`, `DataError`, `TrainingError`; nothing is overwritten.
    public init(
        _ settings: Model.Settings, from files: [DataFile], startingWith start: ModelFolder?, folder: ModelFolder?,
        on device: Device
    ) throws {
        try settings.check()
        self.files = files
        let files = try files.map { try ReadFile($0) }
        data = try Model.data(files, settings)
        let configuration: Model.Configuration
        if let start {
            let found = try Model(start, on: device)
            (model, configuration) = (found, found.configuration)
            try Model.checkMemory(settings, configuration, data)
        } else {
            configuration = try Model.configuration(settings, for: data)
            try Model.checkMemory(settings, configuration, data)
            model = Model(configuration, seed: UInt64(settings.seed), on: device, settings.run.scheme)
        }
        (self.settings, self.device) = (settings, device)
        try model.freeze(settings.run)
        let task = try Model.task(model, data, settings)
        try settings.run.checkValidation(of: task)
        trainer = try Trainer(
            task, settings.run.optimizer(for: task), settings.run.trainer(for: task), folder: folder,
            configuration: configuration.json,
            description: Self.description(settings, files, device, startedWith: start?.path))
    }

    /// Goes on with a run from where its folder has it, to the same bits as if it had never stopped.
    /// - Parameters:
    ///   - epochs: a new total; nil for the run's own. A learning rate that falls until the last epoch (`cosine`,
    ///     `oneCycle`) is from here on what it would be in a run of so many.
    ///   - patience: a new one; nil for the run's own.
    ///   - device: where to go on, to that device's bits; nil for the run's own.
    /// - Throws: `ModelError.dataChanged`, `.deviceUnavailable` and others, `DataError`, `TrainingError`.
    public init(
        resuming folder: ModelFolder, epochs: Int? = nil, patience: Int? = nil, on device: Device? = nil
    ) throws {
        let lock = try folder.lock()
        var record = try Checkpoint(folder: folder)
        let kind = record.configuration["model"]?.string ?? "nothing"
        guard kind == Model.kind else {
            throw ModelError.unusable(path: folder.training, reason: "it is a '\(kind)', not a \(Model.kind)")
        }
        var settings = try Model.Settings(record.settings, name: folder.training)
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
        let device = try device ?? deviceOfRun(record.settings, name: folder.training)
        let files = try [ReadFile](identified: record.settings, name: folder.training)
        self.files = files.map(\.file)
        data = try Model.data(files, settings)
        let configuration = try Model.Configuration(record.configuration, name: folder.training)
        let start = record.settings["started_with"]?.string
        if start == nil, try !configuration.agrees(with: Model.configuration(settings, for: data)) {
            throw ModelError.unusable(path: folder.training, reason: "its settings and its configuration disagree")
        }
        try Model.checkMemory(settings, configuration, data)
        record.settings = Self.description(settings, files, device, startedWith: start)
        (self.settings, self.device) = (settings, device)
        model = Model(configuration, seed: UInt64(settings.seed), on: device, Initializer.Scheme())
        try model.freeze(settings.run)
        let task = try Model.task(model, data, settings)
        trainer = try Trainer(
            resuming: record, in: folder, lock, task, settings.run.optimizer(for: task),
            settings.run.trainer(for: task))
    }

    /// What whoever continues the run must know.
    private static func description(
        _ settings: Model.Settings, _ files: [ReadFile], _ device: Device, startedWith start: String?
    ) -> JSON {
        let own: [JSON.Member] = [.init("files", files.identity), .init("device", .string(device.name))]
        return .object(
            (settings.json.members ?? []) + own + (start.map { [.init("started_with", .string($0))] } ?? []))
    }

    /// Trains until all epochs are done or it is asked to stop; see `Trainer.run`.
    public func run(
        report: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try trainer.run(report: report, shouldStop: shouldStop)
    }

    /// The best validation loss so far; nil before the first epoch is done, or where nothing validates.
    public var best: Double? { trainer.best }
    /// Epochs done.
    public var epochs: Int { trainer.epochs }
    /// Tokens trained on in a second of training alone: without validation, saving and the building of kernels.
    public var tokensPerSecond: Double? { trainer.tokensPerSecond }
    /// What each epoch done came to, as `metrics.jsonl` has it.
    package var metrics: [JSON] { trainer.metrics }

    /// The model with the best weights, after which the run cannot go on.
    public func bestModel() throws -> Model {
        try trainer.loadBest()
        return model
    }
}

/// The device a run was on.
private func deviceOfRun(_ settings: JSON, name: String) throws -> Device {
    let device = try SettingsReader(json: settings, name: name).string("device")
    do {
        return try Device(named: device)
    } catch let error as ComputeError {
        throw ModelError.deviceUnavailable(name: device, reason: error.description)
    }
}

extension Module {
    /// Leaves as they are what the settings say.
    /// - Throws: `ModelError.badSetting`, where a pattern fits no parameter, or nothing is left to train.
    fileprivate func freeze(_ settings: RunSettings) throws {
        guard !settings.frozen.isEmpty else { return }
        let names = parameters.map(\.name)
        for pattern in settings.frozen {
            let selection = ParameterSelection.named([pattern])
            guard parameters.contains(where: { selection.contains($0.name, shape: $0.parameter.shape) }) else {
                throw ModelError.badSetting(
                    flag: "--freeze", value: pattern, expected: "one of \(names.joined(separator: ", "))")
            }
            freeze(selection)
        }
        guard parameters.contains(where: { $0.parameter.isTrained && !$0.parameter.isFrozen }) else {
            throw ModelError.badSetting(
                flag: "--freeze", value: settings.frozen.joined(separator: ","), expected: "something left to train")
        }
    }
}
