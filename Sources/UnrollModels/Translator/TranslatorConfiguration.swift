public import UnrollData
import UnrollLayers

/// How well a key fits a query: see `Attention`.
public enum AttentionScore: String, Sendable, CaseIterable {
    /// q·k   (Luong, Pham & Manning 2015)
    case dot
    /// q·W·k   (the same)
    case general
    /// v·tanh(W·q + U·k)   (Bahdanau, Cho & Bengio 2015)
    case additive

    /// Of queries and keys of one size.
    func attention(size: Int, _ initializer: Initializer) -> Attention {
        switch self {
        case .dot: .dot()
        case .general: .general(queries: size, keys: size, initializer)
        case .additive: .additive(queries: size, keys: size, hidden: size, initializer)
        }
    }

    /// How many numbers it has to train.
    func parameters(size: Int) -> Int {
        switch self {
        case .dot: 0
        case .general: size * size
        case .additive: 2 * size * size + size
        }
    }
}

/// Sizes, vocabularies and how it searches: everything a translator is but its weights. What `config.json` holds.
public struct TranslatorConfiguration: ModelConfiguration {
    /// The decoder's recurrent layers; each of the encoder's two directions has half its numbers.
    public var architecture: Architecture
    /// How sources become indices.
    public var source: TextEncoding
    /// How targets do; its first token is the end.
    public var target: TextEncoding
    /// How well a step of the source fits a step of the target.
    public var attention: AttentionScore
    /// The most tokens that it writes.
    public var longest: Int
    /// How it searches unless told otherwise.
    public var beam: BeamSettings

    /// A translator of these sizes.
    public init(
        architecture: Architecture, source: TextEncoding, target: TextEncoding, attention: AttentionScore,
        longest: Int, beam: BeamSettings
    ) {
        (self.architecture, self.source, self.target) = (architecture, source, target)
        (self.attention, self.longest, self.beam) = (attention, longest, beam)
    }

    /// What a person reads of it: `lstm, 1 × 512, 28 to 41 tokens, attention dot`
    public var summary: String {
        "\(architecture.summary), \(source.count) to \(target.count) tokens, attention \(attention.rawValue)"
    }
    /// ` a token`
    public var perToken: String { " a token" }

    /// The encoder's recurrent layers.
    var encoder: Architecture {
        var encoder = architecture
        encoder.hidden /= 2
        return encoder
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let (hidden, embedding) = (architecture.hidden, architecture.embedding)
        let recurrent =
            encoder.recurrentParameters(inputs: embedding, directions: 2)
            + architecture.recurrentParameters(inputs: embedding)
        return (source.count + target.count) * embedding + recurrent + attention.parameters(size: hidden)
            + hidden * (2 * hidden + 1) + target.count * (hidden + 1)
    }

    /// Refuses what makes no sense.
    static func check(_ architecture: Architecture) throws {
        guard architecture.hidden.isMultiple(of: 2) else {
            throw ModelError.badSetting(
                flag: "--hidden", value: "\(architecture.hidden)",
                expected: "an even number, half for each way the encoder reads,")
        }
    }
}

extension TranslatorConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(Translator.kind))] + architecture.members + [
                .init("attention", .string(attention.rawValue)), .init("longest", .integer(longest)),
            ] + beam.members + [.init("source", source.json), .init("target", target.json)])
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        let architecture = try Architecture(reader)
        try reader.checked { try Self.check(architecture) }
        (self.architecture, attention) = (architecture, try reader.choice("attention"))
        longest = try reader.size("longest")
        beam = try BeamSettings(reader)
        source = try TextEncoding(json: json["source"] ?? .null, name: name)
        target = try TextEncoding(json: json["target"] ?? .null, name: name)
        guard target.hasEnd else {
            throw ModelError.unusable(
                path: name, reason: "the target's vocabulary does not begin with \(Vocabulary.Special.end)")
        }
    }
}
