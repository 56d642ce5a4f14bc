public import UnrollCharts
public import UnrollCompute
public import UnrollData
public import UnrollLayers
public import UnrollTraining

/// What a model is made of, all but its weights: what `config.json` holds.
@dynamicMemberLookup
public protocol ModelConfiguration: Sendable, Equatable {
    /// As `json` makes it.
    /// - Parameter name: where it comes from, for errors: a path.
    /// - Throws: `ModelError.unusable`, naming the member that is missing or makes no sense.
    init(_ json: JSON, name: String) throws
    /// As `config.json` has it; its first member is `"model"`, the kind.
    var json: JSON { get }
    /// How many numbers there are to train.
    var parameterCount: Int { get }
    /// What a person reads of it on one line: `lstm, 2 × 128, 65 characters`.
    var summary: String { get }
    /// What a loss is the mean of: ` a character`, or nothing.
    var perToken: String { get }
    /// The recurrent layers and what stands around them.
    var architecture: Architecture { get set }
    /// Whether a run of this one may go on where its settings and data make the other.
    func agrees(with other: Self) -> Bool
}

extension ModelConfiguration {
    /// Nothing.
    public var perToken: String { "" }
    /// Whether they are equal.
    public func agrees(with other: Self) -> Bool { self == other }

    /// Of the architecture.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Architecture, Value>) -> Value {
        get { architecture[keyPath: path] }
        set { architecture[keyPath: path] = newValue }
    }
}

/// A model with the task it is for: what `unroll train`, `evaluate` and `predict` need to know of either.
public protocol TaskModel: Module {
    /// All but its weights.
    associatedtype Configuration: ModelConfiguration
    /// What a run is started with.
    associatedtype Settings: TaskSettings
    /// What a run learns from, read from files.
    associatedtype Data
    /// A run, as `Trainer` sees it.
    associatedtype Task: TrainingTask where Task.Model == Self

    /// What `config.json`, `unroll train` and the names of folders call it: `classifier`.
    static var kind: String { get }
    /// What a loss is measured in: `nats`.
    static var lossUnit: String { get }
    /// What a person may do next with a model, up to the name of its folder.
    static var use: String { get }
    /// What it is made of.
    var configuration: Configuration { get }
    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    init(_ configuration: Configuration, seed: UInt64, on device: Device, _ scheme: Initializer.Scheme)

    /// What a run of these settings learns from.
    /// - Throws: `ModelError`, `DataError`.
    static func data(_ files: [ReadFile], _ settings: Settings) throws -> Data
    /// The model for these settings and data, which must suffice.
    /// - Throws: `ModelError.badText`, `.badSetting`.
    static func configuration(_ settings: Settings, for data: Data) throws -> Configuration
    /// Refuses a run that would only run out of memory.
    /// - Throws: `ModelError.tooLarge`.
    static func checkMemory(_ settings: Settings, _ configuration: Configuration, _ data: Data) throws
    /// What is trained, and on what.
    /// - Throws: `ModelError`, `DataError`.
    static func task(_ model: Self, _ data: Data, _ settings: Settings) throws -> Task

    /// What the model is worth on the rows of a run that are neither learnt from nor used to choose: the test's.
    /// - Throws: `ModelError`, `DataError`, `ComputeError`.
    func report(on data: Data, _ settings: Settings) throws -> Report
    /// What the model is worth on other data.
    /// - Throws: `ModelError`, `DataError`, `ComputeError`.
    func evaluate(_ files: [ReadFile]) throws -> Report
    /// What the model makes of inputs whose answer nobody knows.
    /// - Throws: `ModelError`, `DataError`, `ComputeError`.
    func predictions(for input: PredictionInput) throws -> [Prediction]
    /// What there is to see of how it comes to them; nil where there is nothing to draw.
    /// - Throws: what `predictions` throws.
    func drawing(for input: PredictionInput) throws -> (any Drawing)?
}

extension TaskModel {
    /// −ln p.
    public static var lossUnit: String { "nats" }
    /// Predict.
    public static var use: String { "use it: unroll predict --model" }
    /// Nothing.
    public func drawing(for input: PredictionInput) throws -> (any Drawing)? { nil }

    /// Where it lives.
    public var device: Device {
        guard let device = parameters.first?.parameter.value.device else {
            fatalError("\(Self.self) has no parameters")
        }
        return device
    }

    /// Loads the best weights of a model folder.
    /// - Throws: `DataError`, `ModelError.unusable`, `TrainingError.unusable`, naming the file and what is wrong with it.
    public init(_ folder: ModelFolder, on device: Device) throws {
        let json = try folder.configurationJSON()
        let kind = json["model"]?.string ?? "nothing"
        guard kind == Self.kind else {
            throw ModelError.unusable(path: folder.configuration, reason: "it is a '\(kind)', not a \(Self.kind)")
        }
        let configuration = try Configuration(json, name: folder.configuration)
        let file = try Safetensors(path: folder.weights)
        // What config.json claims must not take more memory than a model of the size of its weights has any use for.
        let (needed, found) = (configuration.parameterCount, file.arrays.values.reduce(0) { $0 + $1.values.count })
        guard needed <= max(1 << 24, 2 * found) else {
            throw ModelError.unusable(
                path: folder.weights, reason: "it has \(found) numbers where \(folder.configuration) asks for \(needed)"
            )
        }
        self.init(configuration, seed: 0, on: device, Initializer.Scheme())
        try load(file, name: folder.weights)
        if let name = try firstNonFinite() {
            throw ModelError.unusable(
                path: folder.weights, reason: "'\(name)' has a number that is infinite or not a number")
        }
    }
}

extension ModelFolder {
    /// What `config.json` holds.
    /// - Throws: `ModelError.unusable`, `DataError`.
    package func configurationJSON() throws -> JSON {
        guard Files.isFolder(path) else { throw ModelError.unusable(path: path, reason: "there is no such folder") }
        return try JSON(parsing: try Files.read(configuration), name: configuration)
    }

    /// The model in the folder, of whatever kind.
    /// - Throws: `DataError`, `ModelError.unusable`, `TrainingError.unusable`.
    public func model(on device: Device) throws -> any TaskModel {
        let kind = try configurationJSON()["model"]?.string ?? "nothing"
        guard let type = TaskModels.all.first(where: { $0.kind == kind }) else {
            throw ModelError.unusable(
                path: configuration,
                reason: "it is a '\(kind)', and not one of \(TaskModels.all.map { $0.kind }.joined(separator: ", "))")
        }
        return try type.init(self, on: device)
    }
}

/// The models there are.
public enum TaskModels {
    /// In the order of the lectures.
    public static var all: [any TaskModel.Type] {
        [
            LanguageModel.self, SequenceClassifier.self, Tagger.self, Forecaster.self, Translator.self, Captioner.self,
        ]
    }
}
