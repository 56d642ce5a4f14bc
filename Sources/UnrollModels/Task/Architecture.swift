public import UnrollCompute
import UnrollData

/// Sizes and options of a model's recurrent layers and of what stands around them: what all models have in common.
@dynamicMemberLookup
public struct Architecture: Sendable, Equatable {
    /// The kind of the recurrent layers.
    public var cell = Cell.lstm
    /// How many numbers a layer's state has.
    public var hidden = 128
    /// How many recurrent layers.
    public var layers = 2
    /// How many numbers stand for a token.
    public var embedding = 32
    /// The probability with which training drops a number between layers and before the output.
    public var dropout: Float = 0
    /// What is turned on besides.
    public var options = ModelOptions()

    /// The defaults of a language model.
    public init() {}

    /// A model of these sizes.
    public init(
        cell: Cell, hidden: Int, layers: Int, embedding: Int, dropout: Float, options: ModelOptions = ModelOptions()
    ) {
        (self.cell, self.hidden, self.layers) = (cell, hidden, layers)
        (self.embedding, self.dropout, self.options) = (embedding, dropout, options)
    }

    /// Of the options.
    public subscript<Value>(dynamicMember path: WritableKeyPath<ModelOptions, Value>) -> Value {
        get { options[keyPath: path] }
        set { options[keyPath: path] = newValue }
    }

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    func check() throws {
        for (flag, value) in [("--hidden", hidden), ("--layers", layers), ("--embedding", embedding)] {
            try ModelError.check(flag, value, in: 1...RunSettings.greatestSize)
        }
        guard (0..<1).contains(dropout) else {
            throw ModelError.badSetting(flag: "--dropout", value: "\(dropout)", expected: "a number from 0 and below 1")
        }
        try options.check(cell, hidden: hidden, embedding: embedding)
    }

    /// What a person reads of it: `lstm, 2 × 128`.
    var summary: String { "\(cell.name), \(layers) × \(hidden)" }

    /// How many numbers recurrent layers over so many inputs have to train.
    /// - Parameter directions: 2 where every layer reads both ways and the next reads both, side by side.
    func recurrentParameters(inputs: Int, directions: Int = 1) -> Int {
        (0..<layers).reduce(0) { sum, layer in
            let stack = RecurrentStack(
                cell: cell, inputs: layer == 0 ? inputs : directions * hidden, hidden: hidden, layers: layers,
                options: options.recurrence)
            // A layer above the first reads what is as wide as a state; with two directions, twice that.
            let shapes = stack.shapes(of: directions == 1 ? layer : 0)
            return sum + directions * shapes.all.reduce(0) { $0 + $1.reduce(1, *) }
        }
    }
}

extension Architecture {
    /// As `config.json` and `training.safetensors` have it.
    var members: [JSON.Member] {
        let sizes: [JSON.Member] = [
            .init("cell", .string(cell.name)), .init("hidden", .integer(hidden)), .init("layers", .integer(layers)),
            .init("embedding", .integer(embedding)), .init("dropout", .number(dropout)),
        ]
        return sizes + (options == ModelOptions() ? [] : [.init("options", options.json)])
    }

    /// From what `members` makes.
    /// - Throws: `ModelError.unusable`.
    init(_ reader: SettingsReader) throws {
        self.init(
            cell: try reader.value("cell", "one of \(Cell.all.map(\.name))") { $0.string.flatMap(Cell.init(named:)) },
            hidden: try reader.size("hidden"), layers: try reader.size("layers"),
            embedding: try reader.size("embedding"),
            dropout: try reader.value("dropout", "a number in [0, 1)") {
                $0.number.map { Float($0) }.flatMap { (0..<1).contains($0) ? $0 : nil }
            },
            options: try ModelOptions(reader.json["options"], name: reader.name))
        try reader.checked { try check() }
    }
}
