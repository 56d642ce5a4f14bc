public import UnrollCompute
public import UnrollData

/// What stands for a whole sequence when its class is told.
public enum SequencePooling: String, Sendable, CaseIterable {
    /// What each direction knows after its last step.
    case last
    /// The mean of what is known at every step.
    case mean
    /// Of every number the largest of any step.
    case max
    /// A mean whose weights are learnt.   (Yang et al. 2016)
    case attention
}

/// Which rows are in a batch.
public enum BatchOrder: String, Sendable, CaseIterable {
    /// Any.
    case shuffled
    /// Of about the same length, so that little is padded.
    case byLength = "by-length"
}

/// Over which numbers a mean and a deviation are taken to bring inputs to mean 0 and deviation 1.
public enum InputScaling: String, Sendable, CaseIterable {
    /// Each of a step's numbers for itself: they are of different kinds.
    case channels
    /// All numbers alike: the brightness of an image's points.
    case all
    /// None: numbers stay as they are.
    case none
}

/// What a classifier's training run is started with: the command's flags.
public struct ClassifierSettings: TaskSettings {
    /// What all runs have. `batch` is how many examples make an update.
    public var run = RunSettings()
    /// The way the recurrent layers read.
    public var direction = Direction.bidirectional
    /// What stands for a whole sequence.
    public var pooling = SequencePooling.mean
    /// Which examples are in a batch.
    public var order = BatchOrder.shuffled
    /// How the examples are divided where there are no files for validation and test; nil for `80/10/10` where there
    /// is neither, else for training alone.
    public var split: Split?
    /// Whether the parts follow each other in the file.
    public var inOrder = false

    /// What a text is cut into.
    public var unit = TextUnit.words
    /// Whether texts are in lower case.
    public var lowercase = false
    /// How often a token must be there to be known; nil for twice for words, once for characters.
    public var minimum: Int?
    /// How many tokens are known at most; nil for all, of byte pairs `usualPairs`.
    public var vocabulary: Int?
    /// Whether linear models of words are trained for comparison.
    public var baselines = true

    /// The column of a table that names the class; nil where the data is no table.
    public var target: String?
    /// How many numbers of a row make a step; nil for one, of images for a row of points.
    public var stepSize: Int?
    /// How numbers are scaled; nil for `all` for arrays, else `channels`.
    public var scaling: InputScaling?

    /// The defaults.
    public init() {
        (run.layers, run.hidden, run.embedding, run.dropout) = (1, 128, 128, 0.5)
        (run.batch, run.epochs, run.learningRate) = (32, 10, 0.002)
    }

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        if let minimum { try ModelError.check("--minimum", minimum, in: 1...1_000_000_000) }
        if let vocabulary { try ModelError.check("--vocabulary", vocabulary, in: 2...1 << 24) }
        if let stepSize { try ModelError.check("--step-size", stepSize, in: 1...RunSettings.greatestSize) }
        if lowercase, unit != .words {
            throw ModelError.badSetting(flag: "--lowercase", value: "with --unit \(unit.rawValue)", expected: "words")
        }
        if minimum != nil, unit == .bytePairs {
            throw ModelError.badSetting(flag: "--minimum", value: "with --unit byte-pairs", expected: "--vocabulary")
        }
        if unit == .bytePairs, let vocabulary { try ModelError.check("--vocabulary", vocabulary, in: 256...1 << 20) }
        if run.isTied { throw ModelError.badSetting(flag: "--tied", value: "here", expected: "a language model") }
    }
}

extension ClassifierSettings {
    /// The first setting that means something for texts alone and is not as it is by default.
    var textFlag: (flag: String, value: String)? {
        if unit != .words { return ("--unit", unit.rawValue) }
        if let minimum { return ("--minimum", "\(minimum)") }
        if let vocabulary { return ("--vocabulary", "\(vocabulary)") }
        return lowercase ? ("--lowercase", "here") : nil
    }
}

extension ClassifierSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        .object(
            run.members + [
                .init("direction", .string(direction.rawValue)), .init("pooling", .string(pooling.rawValue)),
                .init("order", .string(order.rawValue)),
                .init("split", .optional(split?.description)), .init("in_order", .bool(inOrder)),
                .init("unit", .string(unit.rawValue)), .init("lowercase", .bool(lowercase)),
                .init("minimum", .optional(minimum)), .init("vocabulary", .optional(vocabulary)),
                .init("baselines", .bool(baselines)), .init("target", .optional(target)),
                .init("step_size", .optional(stepSize)), .init("scaling", .optional(scaling?.rawValue)),
            ])
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        (direction, pooling) = (try reader.choice("direction"), try reader.choice("pooling"))
        (order, unit) = (try reader.choice("order"), try reader.choice("unit"))
        if let text = try reader.optionalString("split") {
            split = try Split(parsing: text, name: name)
        }
        (inOrder, lowercase) = (try reader.bool("in_order"), try reader.bool("lowercase"))
        (minimum, vocabulary) = (try reader.optionalInteger("minimum"), try reader.optionalInteger("vocabulary"))
        (baselines, stepSize) = (try reader.bool("baselines"), try reader.optionalInteger("step_size"))
        target = try reader.optionalString("target")
        scaling = try reader.optional("scaling", "channels, all or none") {
            $0.string.flatMap { InputScaling(rawValue: $0) }
        }
    }
}
