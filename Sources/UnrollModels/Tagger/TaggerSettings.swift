public import UnrollData
import UnrollTraining

/// What a tagger's training run is started with: the command's flags.
public struct TaggerSettings: TaskSettings {
    /// What all runs have. `embedding` is how many numbers stand for a word, `dropout` what is dropped before the recurrent
    /// layers too.
    public var run = RunSettings()
    /// The column of the tags: a name (`upos`) or a number from 1.
    public var column = "upos"
    /// How the sentences are divided; nil where the parts are files of their own, or for 80/10/10 where there are none.
    public var split: Split?
    /// How many numbers stand for a letter, and for what is read of a word's letters in either direction; 0 reads none.
    public var letters = 32
    /// How often training takes a word that occurs once for an unknown one.
    public var unknown: Float = 0.5
    /// Whether tags are chosen by their neighbours too.
    public var hasCRF = false

    /// The defaults.
    public init() {
        (run.hidden, run.layers, run.embedding) = (128, 1, 100)
        (run.batch, run.epochs, run.dropout, run.learningRate) = (32, 10, 0.4, 0.003)
    }

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        try ModelError.check("--letters", letters, in: 0...RunSettings.greatestSize)
        try ModelError.check([
            ("--unknown", unknown, (0...1).contains(unknown), "a fraction from 0 to 1")
        ])
        guard !column.isEmpty else {
            throw ModelError.badSetting(flag: "--column", value: "''", expected: "a column's name or number")
        }
    }
}

extension TaggerSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        .object(
            run.members + [
                .init("column", .string(column)), .init("letters", .integer(letters)),
                .init("unknown", .number(unknown)), .init("crf", .bool(hasCRF)),
                .init("split", .optional(split?.description)),
            ])
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        (column, letters) = (try reader.string("column"), try reader.integer("letters"))
        (unknown, hasCRF) = (try reader.number("unknown"), try reader.bool("crf"))
        split = try reader.optionalString("split").map { try Split(parsing: $0, name: name) }
    }
}
