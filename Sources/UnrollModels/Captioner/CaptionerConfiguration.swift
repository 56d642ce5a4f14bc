public import UnrollData

/// Sizes, vocabulary and how it searches: everything a captioner is but its weights. What `config.json` holds.
public struct CaptionerConfiguration: ModelConfiguration {
    /// The recurrent layers that write.
    public var architecture: Architecture
    /// How many numbers there are to each caption.
    public var inputs: Int
    /// What is subtracted from these, and what they are then divided by: mean and deviation of all that trained.
    public var mean, deviation: Float
    /// How captions become indices; its first token is the end.
    public var target: TextEncoding
    /// The most tokens that it writes.
    public var longest: Int
    /// How it searches unless told otherwise.
    public var beam: BeamSettings

    /// A captioner of these sizes.
    public init(
        architecture: Architecture, inputs: Int, mean: Float, deviation: Float, target: TextEncoding, longest: Int,
        beam: BeamSettings
    ) {
        (self.architecture, self.inputs, self.mean, self.deviation) = (architecture, inputs, mean, deviation)
        (self.target, self.longest, self.beam) = (target, longest, beam)
    }

    /// What a person reads of it: `lstm, 1 × 256, 256 numbers to 15 words`
    public var summary: String { "\(architecture.summary), \(inputs) numbers to \(target.count) words" }
    /// ` a word`
    public var perToken: String { " a word" }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let (hidden, embedding) = (architecture.hidden, architecture.embedding)
        let states = architecture.cell.states * architecture.layers * hidden
        return hidden * (inputs + 1) + states * (hidden + 1) + target.count * embedding
            + architecture.recurrentParameters(inputs: embedding + hidden) + target.count * (hidden + 1)
    }
}

extension CaptionerConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        let own: [JSON.Member] = [
            .init("inputs", .integer(inputs)), .init("mean", .number(mean)), .init("deviation", .number(deviation)),
            .init("longest", .integer(longest)),
        ]
        return .object(
            [.init("model", .string(Captioner.kind))] + architecture.members + own + beam.members
                + [.init("target", target.json)])
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        architecture = try Architecture(reader)
        inputs = try reader.value("inputs", "a size") { $0.integer.flatMap { (1...1 << 24).contains($0) ? $0 : nil } }
        let number = { (json: JSON) in json.number.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil } }
        mean = try reader.value("mean", "a number", number)
        deviation = try reader.value("deviation", "a number above 0") { number($0).flatMap { $0 > 0 ? $0 : nil } }
        longest = try reader.size("longest")
        beam = try BeamSettings(reader)
        target = try TextEncoding(json: json["target"] ?? .null, name: name)
        guard target.hasEnd else {
            throw ModelError.unusable(
                path: name, reason: "the vocabulary does not begin with \(Vocabulary.Special.end)")
        }
    }
}
