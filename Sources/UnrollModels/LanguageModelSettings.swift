public import UnrollCompute
package import UnrollData

/// What a language model's training run is started with: the command's flags.
public struct LanguageModelSettings: Sendable, Equatable {
    /// The kind of the recurrent layers.
    public var cell = Cell.lstm
    /// How many numbers a layer's state has.
    public var hidden = 128
    /// How many recurrent layers.
    public var layers = 2
    /// How many numbers stand for a character.
    public var embedding = 32
    /// How many rows the text is cut into.
    public var batch = 16
    /// How many characters of each row a training step reads.
    public var steps = 64
    /// How often the text is read.
    public var epochs = 20
    /// Adam's η.
    public var learningRate: Float = 0.004
    /// The probability with which a number is dropped between layers and before the output.
    public var dropout: Float = 0
    /// The greatest norm of all gradients as one vector.
    public var clip: Float = 5
    /// The part of the text, at its end, that validates.
    public var validation: Float = 0.1
    /// The same seed gives the same run.
    public var seed = 1

    /// The defaults: a minute on two cores with the generated text.
    public init() {}

    static let greatestSize = 1 << 16

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    public func check() throws {
        let sizes = [
            ("--hidden", hidden), ("--layers", layers), ("--embedding", embedding), ("--batch", batch),
            ("--steps", steps),
        ]
        for (flag, value) in sizes { try check(flag, value, in: 1...Self.greatestSize) }
        try check("--epochs", epochs, in: 1...1_000_000)
        try check("--seed", seed, in: 0...Int.max)
        let rates: [(String, Float, Bool, String)] = [
            ("--learning-rate", learningRate, learningRate > 0 && learningRate <= 10, "a number above 0 and up to 10"),
            ("--dropout", dropout, dropout >= 0 && dropout < 1, "a number from 0 and below 1"),
            ("--clip", clip, clip > 0 && clip.isFinite, "a number above 0"),
            ("--validation", validation, validation > 0 && validation <= 0.9, "a fraction above 0 and up to 0.9"),
        ]
        for (flag, value, isGood, expected) in rates where !isGood {
            throw ModelError.badSetting(flag: flag, value: "\(value)", expected: expected)
        }
    }

    private func check(_ flag: String, _ value: Int, in range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            let expected =
                range.upperBound == Int.max
                ? "a whole number not below zero" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw ModelError.badSetting(flag: flag, value: "\(value)", expected: expected)
        }
    }

    /// The model these settings ask for.
    func configuration(_ vocabulary: Vocabulary) -> LanguageModelConfiguration {
        LanguageModelConfiguration(
            cell: cell, hidden: hidden, layers: layers, embedding: embedding, dropout: dropout, vocabulary: vocabulary)
    }
}

extension LanguageModelSettings {
    /// As `training.safetensors` has them.
    package var json: JSON {
        [
            "cell": .string(cell.name), "hidden": .integer(hidden), "layers": .integer(layers),
            "embedding": .integer(embedding), "batch": .integer(batch), "steps": .integer(steps),
            "epochs": .integer(epochs), "learning_rate": .number(learningRate), "dropout": .number(dropout),
            "clip": .number(clip), "validation": .number(validation), "seed": .integer(seed),
        ]
    }

    package init(_ json: JSON, name: String) throws {
        let wrong = { (key: String) in ModelError.unusable(path: name, reason: "its settings lack '\(key)'") }
        let integer = { (key: String) throws in
            guard let value = json[key]?.integer else { throw wrong(key) }
            return value
        }
        let number = { (key: String) throws in
            guard let value = json[key]?.number else { throw wrong(key) }
            return Float(value)
        }
        guard let cell = json["cell"]?.string.flatMap(Cell.init(named:)) else { throw wrong("cell") }
        self.cell = cell
        (hidden, layers, embedding) = (try integer("hidden"), try integer("layers"), try integer("embedding"))
        (batch, steps, epochs) = (try integer("batch"), try integer("steps"), try integer("epochs"))
        (learningRate, dropout) = (try number("learning_rate"), try number("dropout"))
        (clip, validation, seed) = (try number("clip"), try number("validation"), try integer("seed"))
    }
}
