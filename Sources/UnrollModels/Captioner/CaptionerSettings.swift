public import UnrollData
import UnrollTraining

/// What a captioner's training run is started with: the command's flags.
public struct CaptionerSettings: TaskSettings {
    /// What all runs have.
    public var run = RunSettings()
    /// How often a word must be there to be known.
    public var minimum = 1
    /// Whether words are known in lower case only.
    public var lowercase = false
    /// Which part of the rows trains, validates and tests.
    public var split = "80/10/10"
    /// Whether the parts follow one another in the file, instead of being drawn.
    public var inOrder = false
    /// How the trained model searches.
    public var beam = BeamSettings()

    /// The defaults: one layer of 256.
    public init() {
        (run.hidden, run.layers, run.embedding) = (256, 1, 32)
        (run.batch, run.epochs, run.learningRate) = (32, 15, 0.002)
    }

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        try beam.check()
        try ModelError.check("--minimum", minimum, in: 1...1_000_000)
        _ = try Split(parsing: split)
    }
}

extension CaptionerSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        let own: [JSON.Member] = [
            .init("minimum", .integer(minimum)), .init("lowercase", .bool(lowercase)), .init("split", .string(split)),
            .init("in_order", .bool(inOrder)),
        ]
        return .object(run.members + own + beam.members)
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        (minimum, lowercase) = (try reader.integer("minimum"), try reader.bool("lowercase"))
        (split, inOrder) = (try reader.string("split"), try reader.bool("in_order"))
        beam = try BeamSettings(reader)
    }
}
