public import UnrollCompute
public import UnrollData

/// What a language model is made of: all but its weights. `config.json` holds it.
@dynamicMemberLookup
public struct LanguageModelConfiguration: ModelConfiguration {
    /// The recurrent layers and what stands around them.
    public var architecture: Architecture
    /// The characters it knows.
    public var vocabulary: Vocabulary

    /// A model of this architecture for a text of these characters.
    public init(_ architecture: Architecture, vocabulary: Vocabulary) {
        (self.architecture, self.vocabulary) = (architecture, vocabulary)
    }

    /// A model of these sizes.
    public init(
        cell: Cell, hidden: Int, layers: Int, embedding: Int, dropout: Float,
        options: ModelOptions = ModelOptions(), vocabulary: Vocabulary
    ) {
        self.init(
            Architecture(
                cell: cell, hidden: hidden, layers: layers, embedding: embedding, dropout: dropout, options: options),
            vocabulary: vocabulary)
    }

    /// Of the architecture.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Architecture, Value>) -> Value {
        get { architecture[keyPath: path] }
        set { architecture[keyPath: path] = newValue }
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let characters = vocabulary.count
        return characters * self.embedding + architecture.recurrentParameters(inputs: self.embedding)
            + characters * (self.isTied ? 1 : self.hidden + 1)
    }

    /// `lstm, 2 × 128, 65 characters`
    public var summary: String { "\(architecture.summary), \(vocabulary.count) characters" }
}

extension LanguageModelConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(LanguageModel.kind))] + architecture.members
                + [.init("vocabulary", .string(vocabulary.string))])
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        self.init(
            try Architecture(reader),
            vocabulary: try reader.value("vocabulary", "a string of at least two characters") {
                $0.string.map { Vocabulary(of: $0.unicodeScalars) }.flatMap { $0.count > 1 ? $0 : nil }
            })
    }
}
