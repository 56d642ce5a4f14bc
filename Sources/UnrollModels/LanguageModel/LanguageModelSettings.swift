public import UnrollData
import UnrollTraining

/// What a language model's training run is started with: the command's flags.
public struct LanguageModelSettings: TaskSettings {
    /// What all runs have. `batch` is how many rows the text is cut into.
    public var run = RunSettings()
    /// What the text is cut into.
    public var unit = TextUnit.characters
    /// How many words or byte pairs there may be; nil for all words, and 2,000 byte pairs.
    public var vocabulary: Int?
    /// How often a word must be in the text to be known; others are `<unk>`.
    public var minimum = 1
    /// Whether words are known in lower case only.
    public var lowercase = false
    /// How many tokens of each row a training step reads.
    public var steps = 64
    /// How many tokens a gradient goes back, `steps` at least; nil for `steps`. See `TruncatedSpan`.
    public var span: Int?
    /// What training adds to the loss.
    public var penalties = ActivationPenalties()
    /// The part of the text, at its end, that validates.
    public var validation: Float = 0.1

    /// The defaults: a minute on two cores with the generated text.
    public init() {}

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        try ModelError.check("--minimum", minimum, in: 1...1_000_000)
        // 256 bytes, and one pair at least; two words, and what stands for all others.
        let least = unit == .bytePairs ? 257 : 3
        if let vocabulary { try ModelError.check("--vocabulary", vocabulary, in: least...1_000_000) }
        for (flag, isIdle, needed) in [
            ("--vocabulary", unit == .characters && vocabulary != nil, "--unit words or byte-pairs"),
            ("--minimum", unit != .words && minimum != 1, "--unit words"),
            ("--lowercase", unit != .words && lowercase, "--unit words"),
        ] where isIdle {
            throw ModelError.badSetting(flag: flag, value: "with --unit \(unit.rawValue)", expected: needed)
        }
        try ModelError.check("--steps", steps, in: 1...RunSettings.greatestSize)
        if let span { try ModelError.check("--span", span, in: steps...max(steps, RunSettings.greatestSize)) }
        let (activation, temporal) = (penalties.activation, penalties.temporal)
        try ModelError.check([
            ("--activation-penalty", activation, (0...1000).contains(activation), "a number from 0 to 1000"),
            ("--temporal-penalty", temporal, (0...1000).contains(temporal), "a number from 0 to 1000"),
            ("--validation", validation, validation > 0 && validation <= 0.9, "a fraction above 0 and up to 0.9"),
        ])
    }

    /// The spans of truncated backpropagation through time.
    var spans: TruncatedSpan { TruncatedSpan(forward: steps, backward: span ?? steps) }
}

extension LanguageModelSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        .object(
            run.members + [
                .init("unit", .string(unit.rawValue)),
                .init("vocabulary_limit", .optional(vocabulary)),
                .init("minimum", .integer(minimum)), .init("lowercase", .bool(lowercase)),
                .init("steps", .integer(steps)), .init("span", .optional(span)),
                .init("activation_penalty", .number(penalties.activation)),
                .init("temporal_penalty", .number(penalties.temporal)), .init("validation", .number(validation)),
            ])
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        (steps, validation) = (try reader.size("steps"), try reader.number("validation"))
        // A file may leave out what follows.
        if json["unit"] != nil { unit = try reader.choice("unit") }
        vocabulary = try reader.optionalInteger("vocabulary_limit")
        minimum = try reader.optionalInteger("minimum") ?? 1
        lowercase = try reader.bool("lowercase")
        span = try reader.optionalInteger("span")
        penalties.activation = try reader.optionalNumber("activation_penalty") ?? 0
        penalties.temporal = try reader.optionalNumber("temporal_penalty") ?? 0
    }
}
