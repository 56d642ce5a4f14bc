public import UnrollData
import UnrollTraining

/// What a translator's training run is started with: the command's flags.
public struct TranslatorSettings: TaskSettings {
    /// What all runs have.
    public var run = RunSettings()
    /// What sources are cut into: characters or words.
    public var sourceUnit = TextUnit.words
    /// What targets are cut into: characters or words.
    public var targetUnit = TextUnit.words
    /// How many words of a side there may be; nil for all.
    public var vocabulary: Int?
    /// How often a word must be there to be known.
    public var minimum = 1
    /// Whether words are known in lower case only.
    public var lowercase = false
    /// How a step of the source is weighed.
    public var attention = AttentionScore.dot
    /// How the trained model searches.
    public var beam = BeamSettings()
    /// Which part of the sources trains, validates and tests; nil for 80/10/10, or where other files do.
    public var split: String?

    /// The defaults: one layer of 256.
    public init() {
        (run.hidden, run.layers, run.embedding) = (256, 1, 64)
        (run.batch, run.epochs, run.learningRate) = (64, 10, 0.002)
    }

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        try TranslatorConfiguration.check(run.architecture)
        try beam.check()
        try ModelError.check("--minimum", minimum, in: 1...1_000_000)
        if let vocabulary { try ModelError.check("--vocabulary", vocabulary, in: 3...1_000_000) }
        for (flag, unit) in [("--source-unit", sourceUnit), ("--target-unit", targetUnit)] where unit == .bytePairs {
            throw ModelError.badSetting(flag: flag, value: unit.rawValue, expected: "letters or words")
        }
        let idle: [(flag: String, value: String?)] = [
            ("--vocabulary", vocabulary.map { "\($0)" }), ("--minimum", minimum == 1 ? nil : "\(minimum)"),
            ("--lowercase", lowercase ? "for letters" : nil),
        ]
        if sourceUnit == .characters, targetUnit == .characters,
            let (flag, value) = idle.first(where: { $0.value != nil })
        {
            throw ModelError.badSetting(
                flag: flag, value: value ?? "", expected: "--source-unit words or --target-unit words")
        }
        if let split { _ = try Split(parsing: split) }
    }
}

extension TranslatorSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        let own: [JSON.Member] = [
            .init("source_unit", .string(sourceUnit.sideName)), .init("target_unit", .string(targetUnit.sideName)),
            .init("vocabulary_limit", .optional(vocabulary)), .init("minimum", .integer(minimum)),
            .init("lowercase", .bool(lowercase)), .init("attention", .string(attention.rawValue)),
            .init("split", .optional(split)),
        ]
        return .object(run.members + own + beam.members)
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        let unit = { try reader.value($0, "letters or words") { $0.string.flatMap(TextUnit.init(sideName:)) } }
        (sourceUnit, targetUnit) = (try unit("source_unit"), try unit("target_unit"))
        vocabulary = try reader.optionalInteger("vocabulary_limit")
        (minimum, lowercase) = (try reader.integer("minimum"), try reader.bool("lowercase"))
        attention = try reader.choice("attention")
        split = try reader.optionalString("split")
        beam = try BeamSettings(reader)
    }
}

extension TextUnit {
    /// As a translator's flags and files name it.
    package var sideName: String { self == .characters ? "letters" : rawValue }

    /// What they name `letters` or `words`.
    package init?(sideName: String) {
        guard let unit = [TextUnit.characters, .words].first(where: { $0.sideName == sideName }) else { return nil }
        self = unit
    }
}
