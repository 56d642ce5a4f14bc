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
    /// The characters it knows.
    public var vocabulary: Vocabulary

    /// A model of these sizes.
    public init(cell: Cell, hidden: Int, layers: Int, embedding: Int, dropout: Float, vocabulary: Vocabulary) {
        (self.cell, self.hidden, self.layers) = (cell, hidden, layers)
        (self.embedding, self.dropout, self.vocabulary) = (embedding, dropout, vocabulary)
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let (gates, characters) = (cell.gates * hidden, vocabulary.count)
        let recurrent = (0..<layers).reduce(0) { $0 + gates * (($1 == 0 ? embedding : hidden) + hidden + 2) }
        return characters * embedding + recurrent + characters * (hidden + 1)
    }
}

extension LanguageModelConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        [
            "model": "language-model", "cell": .string(cell.name), "hidden": .integer(hidden),
            "layers": .integer(layers), "embedding": .integer(embedding), "dropout": .number(dropout),
            "vocabulary": .string(vocabulary.string),
        ]
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
            vocabulary: try value("vocabulary", "a string of at least two characters") {
                $0.string.map { Vocabulary(of: $0.unicodeScalars) }.flatMap { $0.count > 1 ? $0 : nil }
            })
    }
}
