public import UnrollCompute
public import UnrollData

/// What a language model is made of: all but its weights. `config.json` holds it.
public struct LanguageModelConfiguration: Sendable, Equatable {
    /// The kind of the recurrent layers.
    public var cell: Cell
    /// How many numbers a layer's state has.
    public var hidden: Int
    /// How many recurrent layers.
    public var layers: Int
    /// How many numbers stand for a character.
    public var embedding: Int
    /// The probability with which training drops a number between layers and before the output.
    public var dropout: Float
    /// What is turned on besides.
    public var options: LanguageModelOptions
    /// The characters it knows.
    public var vocabulary: Vocabulary

    /// A model of these sizes.
    public init(
        cell: Cell, hidden: Int, layers: Int, embedding: Int, dropout: Float,
        options: LanguageModelOptions = LanguageModelOptions(), vocabulary: Vocabulary
    ) {
        (self.cell, self.hidden, self.layers) = (cell, hidden, layers)
        (self.embedding, self.dropout, self.options, self.vocabulary) = (embedding, dropout, options, vocabulary)
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let stack = RecurrentStack(
            cell: cell, inputs: embedding, hidden: hidden, layers: layers, options: options.recurrence)
        let count = { (layer: Int) in stack.shapes(of: layer).all.reduce(0) { $0 + $1.reduce(1, *) } }
        // All layers above the first are alike.
        let (recurrent, characters) = (count(0) + (layers - 1) * count(1), vocabulary.count)
        return characters * embedding + recurrent + characters * (options.isTied ? 1 : hidden + 1)
    }
}

extension LanguageModelConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        let sizes: JSON = [
            "model": "language-model", "cell": .string(cell.name), "hidden": .integer(hidden),
            "layers": .integer(layers), "embedding": .integer(embedding), "dropout": .number(dropout),
        ]
        return .object(
            sizes.members! + (options == LanguageModelOptions() ? [] : [.init("options", options.json)])
                + [.init("vocabulary", .string(vocabulary.string))])
    }

    /// From what `config.json` holds.
    /// - Parameter name: where it comes from, for errors: a path.
    /// - Throws: `ModelError.unusable`, naming the member that is missing or makes no sense.
    public init(_ json: JSON, name: String) throws {
        func value<Value>(_ key: String, _ expected: String, _ read: (JSON) -> Value?) throws -> Value {
            guard let value = json[key].flatMap(read) else {
                let found = json[key].map { "is \($0)" } ?? "is missing"
                throw ModelError.unusable(path: name, reason: "'\(key)' \(found), \(expected) is needed")
            }
            return value
        }
        let size = { (json: JSON) in
            json.integer.flatMap { (1...LanguageModelSettings.greatestSize).contains($0) ? $0 : nil }
        }
        let kind = try value("model", "\"language-model\"") { $0.string }
        guard kind == "language-model" else {
            throw ModelError.unusable(path: name, reason: "it is a '\(kind)', not a language-model")
        }
        self.init(
            cell: try value("cell", "one of \(Cell.all.map(\.name))") { $0.string.flatMap(Cell.init(named:)) },
            hidden: try value("hidden", "a size", size), layers: try value("layers", "a size", size),
            embedding: try value("embedding", "a size", size),
            dropout: try value("dropout", "a number in [0, 1)") {
                $0.number.map { Float($0) }.flatMap { (0..<1).contains($0) ? $0 : nil }
            },
            options: try LanguageModelOptions(json["options"], name: name),
            vocabulary: try value("vocabulary", "a string of at least two characters") {
                $0.string.map { Vocabulary(of: $0.unicodeScalars) }.flatMap { $0.count > 1 ? $0 : nil }
            })
        do {
            try options.check(cell, hidden: hidden, embedding: embedding)
        } catch let error as ModelError {
            throw ModelError.unusable(path: name, reason: error.description)
        }
    }
}
