import UnrollCompute
public import UnrollData
import UnrollLayers
import UnrollTraining

/// What every training run is started with, whatever it learns: the command's flags.
@dynamicMemberLookup
public struct RunSettings: Sendable, Equatable {
    /// What the model is made of.
    public var architecture = Architecture()
    /// How many rows (texts, series, pairs) make an update.
    public var batch = 16
    /// How often the data is seen.
    public var epochs = 20
    /// η.
    public var learningRate: Float = 0.004
    /// The greatest norm of all gradients as one vector.
    public var clip: Float = 5
    /// What the weights start with.
    public var initializer = InitializerKind.pytorch
    /// What the bias of an lstm's forget gate starts with; nil for the initializer's.
    public var forgetBias: Float?
    /// How it is trained otherwise.
    public var optimization = OptimizationSettings()
    /// Patterns of the names of parameters that stay as they begin, with `*` for anything: `embedding.*`.
    public var frozen: [String] = []
    /// The same seed gives the same run.
    public var seed = 1

    /// The defaults of a language model.
    public init() {}

    static let greatestSize = 1 << 16

    /// Of the model's architecture.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Architecture, Value>) -> Value {
        get { architecture[keyPath: path] }
        set { architecture[keyPath: path] = newValue }
    }

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    func check() throws {
        try architecture.check()
        try ModelError.check("--batch", batch, in: 1...Self.greatestSize)
        try ModelError.check("--epochs", epochs, in: 1...1_000_000)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        let bias = forgetBias ?? 0
        try ModelError.check([
            (
                "--learning-rate", learningRate, learningRate > 0 && learningRate <= 100,
                "a number above 0 and up to 100"
            ),
            ("--clip", clip, clip > 0 && clip.isFinite, "a number above 0"),
            ("--forget-bias", bias, (-100...100).contains(bias), "a number from -100 to 100"),
        ])
        try optimization.check()
        let parts = optimization.accumulate
        guard batch.isMultiple(of: parts) else {
            throw ModelError.badSetting(
                flag: "--accumulate", value: "\(parts)", expected: "a number that divides --batch \(batch)")
        }
    }

    /// Refuses what only a validation loss gives a meaning, in a task that has none.
    /// - Throws: `ModelError.badSetting`.
    func checkValidation(of task: some TrainingTask) throws {
        let needing: [(String, Bool)] = [
            ("--patience", optimization.patience != nil), ("--schedule plateau", optimization.course == .plateau),
            ("--optimizer nt-asgd", optimization.optimizer == .ntasgd),
        ]
        guard let (flag, _) = needing.first(where: \.1), try task.validate() == nil else { return }
        throw ModelError.badSetting(flag: flag, value: "without validation", expected: "a part of the data to validate")
    }

    /// What the weights start with.
    var scheme: Initializer.Scheme {
        var scheme = initializer.scheme
        scheme.forgetBias = forgetBias
        return scheme
    }

    /// How many rows a batch of `Trainer` has: `accumulate` of them make an update.
    var rowsPerBatch: Int { batch / optimization.accumulate }

    /// How a task of these settings is trained.
    func trainer<Task: TrainingTask>(for task: Task) -> Trainer<Task>.Settings {
        var result = Trainer<Task>.Settings(epochs: epochs, clip: clip, seed: UInt64(seed))
        (result.clipValue, result.accumulate) = (optimization.clipValue, optimization.accumulate)
        result.patience = optimization.patience
        return result
    }

    /// What moves the weights in a task of these settings.
    func optimizer(for task: some TrainingTask) -> Optimizer {
        let parts = optimization.accumulate
        return optimization.makeOptimizer(
            learningRate: learningRate, updatesPerEpoch: (task.batches + parts - 1) / parts, epochs: epochs)
    }
}

extension RunSettings {
    /// As `training.safetensors` has them.
    var members: [JSON.Member] {
        architecture.members + [
            .init("batch", .integer(batch)), .init("epochs", .integer(epochs)),
            .init("learning_rate", .number(learningRate)), .init("clip", .number(clip)), .init("seed", .integer(seed)),
            .init("initializer", .string(initializer.rawValue)),
            .init("forget_bias", .optional(forgetBias)), .init("optimization", optimization.json),
            .init("frozen", .strings(frozen)),
        ]
    }

    /// From what `members` makes; what a file leaves out has its default.
    /// - Throws: `ModelError.unusable`.
    init(_ reader: SettingsReader) throws {
        architecture = try Architecture(reader)
        (batch, epochs, seed) = (try reader.size("batch"), try reader.integer("epochs"), try reader.integer("seed"))
        (learningRate, clip) = (try reader.number("learning_rate"), try reader.number("clip"))
        forgetBias = try reader.optionalNumber("forget_bias")
        if reader.json["initializer"] != nil { initializer = try reader.choice("initializer") }
        if let json = reader.json["optimization"] { optimization = try OptimizationSettings(json, name: reader.name) }
        if reader.json["frozen"] != nil { frozen = try reader.strings("frozen") }
    }
}

/// What a task's training run is started with: what all runs have, and what is its own.
@dynamicMemberLookup
public protocol TaskSettings: Sendable, Equatable {
    /// What all runs have.
    var run: RunSettings { get set }

    /// The defaults.
    init()
    /// From what `json` makes.
    /// - Parameter name: where it comes from, for errors: a path.
    /// - Throws: `ModelError.unusable`.
    init(_ json: JSON, name: String) throws
    /// As `training.safetensors` has them: the members of `run`, and those of its own.
    var json: JSON { get }
    /// Refuses what makes no sense, `run` included.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    func check() throws
}

extension TaskSettings {
    /// Of what all runs have.
    public subscript<Value>(dynamicMember path: WritableKeyPath<RunSettings, Value>) -> Value {
        get { run[keyPath: path] }
        set { run[keyPath: path] = newValue }
    }
}
