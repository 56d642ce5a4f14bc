public import UnrollCompute
public import UnrollData

/// What a language model is made of: all but its weights. `config.json` holds it.
public struct LanguageModelConfiguration: ModelConfiguration {
    /// The recurrent layers and what stands around them.
    public var architecture: Architecture
    /// How a text becomes indices, and with it the tokens it knows.
    public var encoding: TextEncoding

    /// A model of this architecture for texts in these tokens.
    public init(_ architecture: Architecture, encoding: TextEncoding) {
        (self.architecture, self.encoding) = (architecture, encoding)
    }

    /// A model of these sizes for a text of these characters.
    public init(
        cell: Cell, hidden: Int, layers: Int, embedding: Int, dropout: Float,
        options: ModelOptions = ModelOptions(), vocabulary: Vocabulary
    ) {
        self.init(
            Architecture(
                cell: cell, hidden: hidden, layers: layers, embedding: embedding, dropout: dropout, options: options),
            encoding: .characters(vocabulary))
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let tokens = encoding.count
        return tokens * self.embedding + architecture.recurrentParameters(inputs: self.embedding)
            + tokens * (self.isTied ? 1 : self.hidden + 1)
    }

    /// `lstm, 2 × 128, 65 characters`
    public var summary: String { "\(architecture.summary), \(encoding.count.grouped) \(encoding.unit.noun)s" }
    /// ` a character`
    public var perToken: String { " a \(encoding.unit.noun)" }
}

extension LanguageModelConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(LanguageModel.kind))] + architecture.members
                + [encodingMember])
    }

    /// Plain characters are a string, which a person reads more easily than a list.
    private var encodingMember: JSON.Member {
        if case .characters(let vocabulary) = encoding, vocabulary == Vocabulary(of: vocabulary.characters) {
            return .init("vocabulary", .string(vocabulary.string))
        }
        return .init("encoding", encoding.json)
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        let encoding: TextEncoding
        if let json = json["encoding"] {
            encoding = try TextEncoding(json: json, name: name)
            guard encoding.count > 1 else {
                throw ModelError.unusable(
                    path: name, reason: "'encoding' knows \(encoding.count) tokens, two are needed")
            }
        } else {
            encoding = .characters(
                try reader.value("vocabulary", "a string of at least two characters") {
                    $0.string.map { Vocabulary(of: $0.unicodeScalars) }.flatMap { $0.count > 1 ? $0 : nil }
                })
        }
        self.init(try Architecture(reader), encoding: encoding)
    }
}

extension TextUnit {
    /// What one token is called.
    var noun: String {
        switch self {
        case .characters: "character"
        case .words: "word"
        case .bytePairs: "byte pair"
        }
    }
}
