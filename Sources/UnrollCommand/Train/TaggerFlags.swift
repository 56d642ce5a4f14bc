import ArgumentParser
import Unroll

/// `unroll train tagger`
struct TaggerFlags: TaskFlags {
    typealias Model = Tagger
    static let abstract = "Trains a model that gives every word of a sentence a tag."
    static let discussion =
        "Files are CoNLL-U, or have a word a line with its tags in columns and a blank line behind each sentence. "
        + "Those of --train are divided by --split, unless --validation or --test name files. "
    private static let defaults = TaggerSettings()

    @Option(help: ArgumentHelp("Sentences to learn from.", valueName: "file"))
    var train: String?
    @Option(help: ArgumentHelp("Sentences to choose the best weights by.", valueName: "file"))
    var validation: String?
    @Option(help: ArgumentHelp("Sentences to report on.", valueName: "file"))
    var test: String?
    @Option(
        help: ArgumentHelp(
            "Training/validation/test, in percent or by number; the same sentence is never in two parts (default: "
                + "80/10/10 without --validation and --test).", valueName: "a/b/c"))
    var split: String?
    @Option(
        help: ArgumentHelp(
            "The column of the tags, by name or number (default: \(defaults.column)).", valueName: "column"))
    var column: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many numbers stand for a letter, and for a word's letters in either direction; 0 reads none "
                + "(default: \(defaults.letters)).", valueName: "n"))
    var letters: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often training takes a word that occurs once for an unknown one (default: \(defaults.unknown)).",
            valueName: "x"))
    var unknown: Float?
    @Option(
        help: ArgumentHelp(
            "Vectors of words to begin with: GloVe, word2vec or fastText; --freeze 'embedding.*' leaves them as they are.",
            valueName: "file"))
    var vectors: String?
    @Flag(help: "Choose tags by their neighbours too: a conditional random field.")
    var crf = false
    @OptionGroup var run: RunFlags<Tagger>

    func files() throws -> [DataFile] {
        dataFiles([("train", train), ("validation", validation), ("test", test), ("vectors", vectors)])
    }

    func settings(epochs: Int?) throws -> TaggerSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        settings.column = column ?? settings.column
        settings.split = try split.map { try Split(parsing: $0) }
        settings.letters = letters ?? settings.letters
        settings.unknown = unknown ?? settings.unknown
        settings.hasCRF = crf
        try run.checkEmbedding(besideVectors: vectors)
        return settings
    }

    var given: [String] {
        givenFlags([
            ("--train", train), ("--validation", validation), ("--test", test), ("--split", split),
            ("--column", column), ("--letters", letters), ("--unknown", unknown), ("--vectors", vectors),
            ("--crf", crf ? true : nil),
        ]) + run.given
    }
}
