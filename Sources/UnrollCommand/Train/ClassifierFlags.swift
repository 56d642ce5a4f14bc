import ArgumentParser
import Unroll

/// `unroll train classifier`
struct ClassifierFlags: TaskFlags {
    typealias Model = SequenceClassifier
    static let abstract = "Trains a model that tells the class of a text, a series or an image."
    static let discussion =
        "Examples are lines of label, tab, text (--data), texts by class (--class), series (--data F.ts), images or other "
        + "arrays with labels (--data F --labels F; IDX or .npy), or a table (--data F.csv --target COLUMN). They are "
        + "divided by --split, unless --validation or --test name files. "
    private static let defaults = ClassifierSettings()

    @Option(help: file("Examples: TSV of label and text, .ts, IDX, .npy or CSV."))
    var data: String?
    @Option(help: file("The labels of an array."))
    var labels: String?
    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("Texts of one class, one a line; repeated.", valueName: "name=file"))
    var classes: [String] = []
    @Option(help: file("Examples that choose the best weights."))
    var validation: String?
    @Option(help: file("Their labels, of an array."))
    var validationLabels: String?
    @Option(help: file("Examples to test."))
    var test: String?
    @Option(help: file("Their labels, of an array."))
    var testLabels: String?
    @Option(
        help: ArgumentHelp(
            "Training/validation/test, in percent or by number; the same text is never in two parts (default: 80/10/10 "
                + "without --validation and --test).", valueName: "a/b/c"))
    var split: String?
    @Flag(help: "The parts of --split follow each other as in the file (default: shuffled by --seed).")
    var inOrder = false

    @Option(help: .oneOf("What texts are cut into", defaults.unit), transform: TextUnit.named)
    var unit: TextUnit?
    @Flag(help: "Words are in lower case.")
    var lowercase = false
    @Option(
        parsing: .unconditional,
        help: .count("How often a token must be there to be known", "2 for words, 1 for characters"))
    var minimum: Int?
    @Option(
        parsing: .unconditional,
        help: .count("How many tokens are known at most", "all, of byte pairs \(TextEncoding.usualPairs)"))
    var vocabulary: Int?
    @Option(
        help: file(
            "Vectors of words to begin with: GloVe, word2vec or fastText; --freeze 'embedding.*' leaves them as they are."
        ))
    var vectors: String?
    @Flag(help: "No linear models of the texts beside it.")
    var noBaselines = false

    @Option(
        help: ArgumentHelp(
            "The column of a table that names the class; 1, 2, … where there is no header.", valueName: "column"))
    var target: String?
    @Option(
        parsing: .unconditional,
        help: .count("How many numbers of a row make a step", "1, of images a row of points"))
    var stepSize: Int?
    @Option(
        help: .oneOf(
            "Which numbers have a mean and a deviation of their own", InputScaling.channels,
            "all for arrays, else channels"),
        transform: InputScaling.named)
    var scaling: InputScaling?

    @Option(help: .oneOf("The way the layers read", defaults.direction), transform: Direction.named)
    var direction: Direction?
    @Option(help: .oneOf("What stands for a whole sequence", defaults.pooling), transform: SequencePooling.named)
    var pooling: SequencePooling?
    @Option(help: .oneOf("Which examples are in a batch", defaults.order), transform: BatchOrder.named)
    var order: BatchOrder?
    @OptionGroup var run: RunFlags<SequenceClassifier>

    func files() throws -> [DataFile] {
        dataFiles([
            ("data", data), ("labels", labels), ("validation", validation), ("validation-labels", validationLabels),
            ("test", test), ("test-labels", testLabels), ("vectors", vectors),
        ]) + (try classFiles(classes))
    }

    func settings(epochs: Int?) throws -> ClassifierSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        (settings.direction, settings.pooling) = (direction ?? settings.direction, pooling ?? settings.pooling)
        settings.order = order ?? settings.order
        settings.split = try split.map { try Split(parsing: $0) }
        settings.inOrder = inOrder
        (settings.unit, settings.lowercase) = (unit ?? settings.unit, lowercase)
        (settings.minimum, settings.vocabulary) = (minimum, vocabulary)
        settings.baselines = !noBaselines
        (settings.target, settings.stepSize, settings.scaling) = (target, stepSize, scaling)
        try checkIdle(settings)
        return settings
    }

    /// Refuses flags that would do nothing with this data.
    private func checkIdle(_ settings: ClassifierSettings) throws {
        let isText = labels == nil && target == nil && data?.lowercased().hasSuffix(".ts") != true
        if let size = run.embedding, !isText {
            throw ModelError.badSetting(flag: "--embedding", value: "\(size)", expected: "data of texts")
        }
        if noBaselines, !isText {
            throw ModelError.badSetting(flag: "--no-baselines", value: "here", expected: "data of texts")
        }
        try run.checkEmbedding(besideVectors: vectors)
        if labels != nil, target != nil {
            throw ModelError.badSetting(flag: "--labels", value: "with --target", expected: "one or the other")
        }
        let isIdle: [(flag: String, isIdle: Bool, needed: String)] = [
            ("--labels", labels != nil && data == nil, "--data with an array"),
            ("--target", target != nil && data == nil, "--data with a table"),
            ("--validation-labels", validationLabels != nil && validation == nil, "--validation"),
            ("--validation-labels", validationLabels != nil && labels == nil, "--labels"),
            ("--test-labels", testLabels != nil && test == nil, "--test"),
            ("--test-labels", testLabels != nil && labels == nil, "--labels"),
        ]
        for (flag, isIdle, needed) in isIdle where isIdle {
            throw ModelError.badSetting(flag: flag, value: "by itself", expected: needed)
        }
        if inOrder, split == nil, validation != nil || test != nil {
            throw ModelError.badSetting(flag: "--in-order", value: "without --split", expected: "a split")
        }
    }

    var given: [String] {
        givenFlags([
            ("--data", data), ("--labels", labels), ("--class", classes.first), ("--validation", validation),
            ("--validation-labels", validationLabels), ("--test", test), ("--test-labels", testLabels),
            ("--split", split), ("--in-order", inOrder ? true : nil), ("--unit", unit),
            ("--lowercase", lowercase ? true : nil), ("--minimum", minimum), ("--vocabulary", vocabulary),
            ("--vectors", vectors), ("--no-baselines", noBaselines ? true : nil), ("--target", target),
            ("--step-size", stepSize), ("--scaling", scaling), ("--direction", direction), ("--pooling", pooling),
            ("--order", order),
        ]) + run.given
    }

    private static func file(_ text: String) -> ArgumentHelp { ArgumentHelp("\(text)", valueName: "file") }
}

extension Direction: NamedChoice {}
extension SequencePooling: NamedChoice {}
extension BatchOrder: NamedChoice {}
extension InputScaling: NamedChoice {}
