import ArgumentParser
import Unroll

/// What every new run is started with; a continued one has its own. A flag that is not given leaves the task's default.
struct RunFlags<Model: TaskModel>: ParsableArguments {
    static var defaults: RunSettings { Model.Settings().run }

    @Option(
        help: ArgumentHelp(
            "The kind of the recurrent layers: \(cells) (default: \(defaults.cell.name)).", valueName: "cell"),
        transform: Cell.init(flag:))
    var cell: Cell?
    @Option(parsing: .unconditional, help: .count("How many numbers a layer's state has", defaults.hidden))
    var hidden: Int?
    @Option(parsing: .unconditional, help: .count("How many recurrent layers", defaults.layers))
    var layers: Int?
    @Option(parsing: .unconditional, help: .count("How many numbers stand for a token", defaults.embedding))
    var embedding: Int?
    @Option(parsing: .unconditional, help: .count("How many rows are read side by side", defaults.batch))
    var batch: Int?
    @Option(
        parsing: .unconditional,
        help: .number("The learning rate", "\(defaults.learningRate), with --optimizer its own"))
    var learningRate: Float?
    @Option(
        help: .oneOf("What weights start with", defaults.initializer), transform: InitializerKind.named)
    var initializer: InitializerKind?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What the forget gate's bias of an lstm starts with.", valueName: "x"))
    var forgetBias: Float?
    @Option(parsing: .unconditional, help: .number("What part is dropped between layers", defaults.dropout))
    var dropout: Float?
    @Option(parsing: .unconditional, help: .number("The greatest norm of the gradient", defaults.clip))
    var clip: Float?
    @Option(
        help: ArgumentHelp(
            "Parameters that stay as they begin, by name, with * for anything: 'embedding.*,recurrent.*_l0'.",
            valueName: "name,…"))
    var freeze: String?
    @Option(parsing: .unconditional, help: .count("The same seed gives the same run", defaults.seed))
    var seed: Int?
    @OptionGroup(title: "Recurrence")
    var recurrence: RecurrenceFlags
    @OptionGroup(title: "Optimization")
    var optimization: OptimizationFlags

    private static var cells: String { Cell.all.map(\.name).joined(separator: ", ") }

    /// The defaults with what was given.
    func settings(epochs: Int?) -> RunSettings {
        var settings = Self.defaults
        settings.epochs = epochs ?? settings.epochs
        settings.optimization = optimization.settings(epochs: settings.epochs, settings.optimization)
        recurrence.apply(to: &settings.architecture.options)
        settings.initializer = initializer ?? settings.initializer
        settings.forgetBias = forgetBias ?? settings.forgetBias
        settings.cell = cell ?? settings.cell
        settings.hidden = hidden ?? settings.hidden
        settings.layers = layers ?? settings.layers
        settings.embedding = embedding ?? settings.embedding
        settings.batch = batch ?? settings.batch
        let usual = optimization.optimizer?.learningRate ?? settings.learningRate
        settings.learningRate = learningRate ?? usual
        settings.dropout = dropout ?? settings.dropout
        settings.clip = clip ?? settings.clip
        settings.frozen = freeze.map { $0.split(separator: ",").map(String.init) } ?? settings.frozen
        settings.seed = seed ?? settings.seed
        return settings
    }

    /// Refuses flags that would do nothing in a run of these settings.
    /// - Throws: `ModelError.badSetting`.
    func check(_ settings: RunSettings) throws {
        if settings.cell != settings.cell.lowest, settings.layers == 1 {
            throw ModelError.badSetting(
                flag: "--cell", value: "\(settings.cell.name) with --layers 1",
                expected: "a layer below: --layers 2 or more")
        }
        if settings.cell != settings.cell.lowest, recurrence.peepholes {
            throw ModelError.badSetting(
                flag: "--peepholes", value: "with --cell \(settings.cell.name)",
                expected: "--cell lstm: this one always has them")
        }
        if let forgetBias, !settings.cell.isLSTM || recurrence.coupled {
            throw ModelError.badSetting(
                flag: "--forget-bias", value: "\(forgetBias)",
                expected: settings.cell.isLSTM ? "an lstm without --coupled" : "--cell lstm")
        }
        if recurrence.dropoutPerSequence, settings.dropout == 0 || settings.layers == 1 {
            throw ModelError.badSetting(
                flag: "--dropout-per-sequence",
                value: "with --dropout \(settings.dropout) --layers \(settings.layers)",
                expected: "something to drop between two layers")
        }
        try optimization.check(settings.optimization)
    }

    /// Refuses a size of the embedding beside vectors that it begins with.
    /// - Throws: `ModelError.badSetting`.
    func checkEmbedding(besideVectors vectors: String?) throws {
        guard let embedding, vectors != nil else { return }
        throw ModelError.badSetting(
            flag: "--embedding", value: "\(embedding)", expected: "no size beside --vectors, which have their own,")
    }

    /// The flags that were given.
    var given: [String] {
        givenFlags([
            ("--cell", cell), ("--hidden", hidden), ("--layers", layers), ("--embedding", embedding),
            ("--batch", batch), ("--learning-rate", learningRate), ("--dropout", dropout), ("--clip", clip),
            ("--seed", seed), ("--initializer", initializer), ("--forget-bias", forgetBias), ("--freeze", freeze),
        ]) + recurrence.given + optimization.given
    }
}

/// Those of flags that have a value.
func givenFlags(_ all: [(String, Any?)]) -> [String] { all.compactMap { $0.1 == nil ? nil : $0.0 } }

extension Cell {
    fileprivate init(flag name: String) throws {
        guard let cell = Cell(named: name) else {
            throw ValidationError("it is one of \(Cell.all.map(\.name).joined(separator: ", "))")
        }
        self = cell
    }
}
