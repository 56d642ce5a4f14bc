public import UnrollCompute
package import UnrollData
import UnrollLayers
import UnrollTraining

/// What a language model's training run is started with: the command's flags.
public struct LanguageModelSettings: Sendable, Equatable {
    /// The kind of the recurrent layers.
    public var cell = Cell.lstm
    /// How many numbers a layer's state has.
    public var hidden = 128
    /// How many recurrent layers.
    public var layers = 2
    /// How many numbers stand for a character.
    public var embedding = 32
    /// How many rows the text is cut into.
    public var batch = 16
    /// How many characters of each row a training step reads.
    public var steps = 64
    /// How often the text is read.
    public var epochs = 20
    /// η.
    public var learningRate: Float = 0.004
    /// The probability with which a number is dropped between layers and before the output.
    public var dropout: Float = 0
    /// What is turned on in the model besides.
    public var options = LanguageModelOptions()
    /// What training adds to the loss.
    public var penalties = ActivationPenalties()
    /// The greatest norm of all gradients as one vector.
    public var clip: Float = 5
    /// How many characters a gradient goes back, `steps` at least; nil for `steps`. See `TruncatedSpan`.
    public var span: Int?
    /// What the weights start with.
    public var initializer = InitializerKind.pytorch
    /// What the bias of an lstm's forget gate starts with; nil for the initializer's.
    public var forgetBias: Float?
    /// How it is trained otherwise.
    public var optimization = OptimizationSettings()
    /// The part of the text, at its end, that validates.
    public var validation: Float = 0.1
    /// The same seed gives the same run.
    public var seed = 1

    /// The defaults: a minute on two cores with the generated text.
    public init() {}

    static let greatestSize = 1 << 16

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    public func check() throws {
        let sizes = [
            ("--hidden", hidden), ("--layers", layers), ("--embedding", embedding), ("--batch", batch),
            ("--steps", steps),
        ]
        for (flag, value) in sizes { try ModelError.check(flag, value, in: 1...Self.greatestSize) }
        try ModelError.check("--epochs", epochs, in: 1...1_000_000)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        if let span { try ModelError.check("--span", span, in: steps...max(steps, Self.greatestSize)) }
        let rates: [(String, Float, Bool, String)] = [
            (
                "--learning-rate", learningRate, learningRate > 0 && learningRate <= 100,
                "a number above 0 and up to 100"
            ),
            ("--dropout", dropout, dropout >= 0 && dropout < 1, "a number from 0 and below 1"),
            ("--clip", clip, clip > 0 && clip.isFinite, "a number above 0"),
            (
                "--forget-bias", forgetBias ?? 0, (-100...100).contains(forgetBias ?? 0), "a number from -100 to 100"
            ),
            (
                "--activation-penalty", penalties.activation, (0...1000).contains(penalties.activation),
                "a number from 0 to 1000"
            ),
            (
                "--temporal-penalty", penalties.temporal, (0...1000).contains(penalties.temporal),
                "a number from 0 to 1000"
            ),
            ("--validation", validation, validation > 0 && validation <= 0.9, "a fraction above 0 and up to 0.9"),
        ]
        for (flag, value, isGood, expected) in rates where !isGood {
            throw ModelError.badSetting(flag: flag, value: "\(value)", expected: expected)
        }
        try options.check(cell, hidden: hidden, embedding: embedding)
        try optimization.check()
        let parts = optimization.accumulate
        guard batch.isMultiple(of: parts) else {
            throw ModelError.badSetting(
                flag: "--accumulate", value: "\(parts)", expected: "a number that divides --batch \(batch)")
        }
    }

    /// The spans of truncated backpropagation through time.
    var spans: TruncatedSpan { TruncatedSpan(forward: steps, backward: span ?? steps) }

    /// What the weights start with.
    var scheme: Initializer.Scheme {
        var scheme = initializer.scheme
        scheme.forgetBias = forgetBias
        return scheme
    }

    /// The model these settings ask for.
    func configuration(_ vocabulary: Vocabulary) -> LanguageModelConfiguration {
        LanguageModelConfiguration(
            cell: cell, hidden: hidden, layers: layers, embedding: embedding, dropout: dropout, options: options,
            vocabulary: vocabulary)
    }
}

extension LanguageModelSettings {
    /// As `training.safetensors` has them.
    package var json: JSON {
        [
            "cell": .string(cell.name), "hidden": .integer(hidden), "layers": .integer(layers),
            "embedding": .integer(embedding), "batch": .integer(batch), "steps": .integer(steps),
            "epochs": .integer(epochs), "learning_rate": .number(learningRate), "dropout": .number(dropout),
            "clip": .number(clip), "validation": .number(validation), "seed": .integer(seed),
            "span": span.map { .integer($0) } ?? .null, "initializer": .string(initializer.rawValue),
            "forget_bias": forgetBias.map { .number($0) } ?? .null, "optimization": optimization.json,
            "options": options.json, "activation_penalty": .number(penalties.activation),
            "temporal_penalty": .number(penalties.temporal),
        ]
    }

    package init(_ json: JSON, name: String) throws {
        let wrong = { (key: String) in ModelError.unusable(path: name, reason: "its settings lack '\(key)'") }
        let integer = { (key: String) throws in
            guard let value = json[key]?.integer else { throw wrong(key) }
            return value
        }
        let number = { (key: String) throws in
            guard let value = json[key]?.number else { throw wrong(key) }
            return Float(value)
        }
        guard let cell = json["cell"]?.string.flatMap(Cell.init(named:)) else { throw wrong("cell") }
        self.cell = cell
        (hidden, layers, embedding) = (try integer("hidden"), try integer("layers"), try integer("embedding"))
        (batch, steps, epochs) = (try integer("batch"), try integer("steps"), try integer("epochs"))
        (learningRate, dropout) = (try number("learning_rate"), try number("dropout"))
        (clip, validation, seed) = (try number("clip"), try number("validation"), try integer("seed"))
        // Runs from before there was a choice have none of these, and the defaults.
        span = json["span"]?.integer
        forgetBias = json["forget_bias"]?.number.map { Float($0) }
        if let kind = json["initializer"] {
            guard let found = kind.string.flatMap(InitializerKind.init(rawValue:)) else { throw wrong("initializer") }
            initializer = found
        }
        options = try LanguageModelOptions(json["options"], name: name)
        penalties.activation = json["activation_penalty"]?.number.map { Float($0) } ?? 0
        penalties.temporal = json["temporal_penalty"]?.number.map { Float($0) } ?? 0
        if let json = json["optimization"] { optimization = try OptimizationSettings(json, name: name) }
    }
}
