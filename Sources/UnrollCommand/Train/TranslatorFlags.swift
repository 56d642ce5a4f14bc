import ArgumentParser
import Unroll

/// `unroll train translator`
struct TranslatorFlags: TaskFlags {
    typealias Model = Translator
    static let abstract = "Trains a model that turns one sequence into another, with attention."
    static let discussion = """
        It learns from pairs: a file of lines source, tab, target, or two files of lines that belong together. \
        A source with several targets is in one part of the split only, and counts once, against the nearest of them. 
        """
    private static let defaults = TranslatorSettings()

    @Option(help: ArgumentHelp("Lines of source, tab, target.", valueName: "file"))
    var pairs: String?
    @Option(help: ArgumentHelp("Lines to translate, with --target.", valueName: "file"))
    var source: String?
    @Option(help: ArgumentHelp("Their translations, line by line.", valueName: "file"))
    var target: String?
    @Option(help: ArgumentHelp("Pairs to validate, instead of a part of the others.", valueName: "file"))
    var validation: String?
    @Option(help: ArgumentHelp("Pairs to test, instead of a part of the others.", valueName: "file"))
    var test: String?
    @Option(
        help: ArgumentHelp(
            "Which part of the sources trains, validates and tests, in percent or by number (default: 80/10/10).",
            valueName: "a/b/c"))
    var split: String?
    @Option(
        help: ArgumentHelp(
            "What sources are cut into: letters, words (default: \(defaults.sourceUnit.sideName)).",
            valueName: "name"), transform: side)
    var sourceUnit: TextUnit?
    @Option(
        help: ArgumentHelp(
            "What targets are cut into: letters, words (default: \(defaults.targetUnit.sideName)).",
            valueName: "name"), transform: side)
    var targetUnit: TextUnit?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many words of a side to know (default: all).", valueName: "n"))
    var vocabulary: Int?
    @OptionGroup var words: WordFlags
    @Option(
        help: .oneOf("How steps of the source are weighed", defaults.attention), transform: AttentionScore.named)
    var attention: AttentionScore?
    @OptionGroup var beam: BeamFlags
    @OptionGroup var run: RunFlags<Translator>

    func files() throws -> [DataFile] {
        dataFiles([
            ("pairs", pairs), ("source", source), ("target", target), ("validation", validation), ("test", test),
        ])
    }

    func settings(epochs: Int?) throws -> TranslatorSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        settings.sourceUnit = sourceUnit ?? settings.sourceUnit
        settings.targetUnit = targetUnit ?? settings.targetUnit
        (settings.vocabulary, settings.minimum) = (vocabulary, words.minimum ?? settings.minimum)
        settings.lowercase = words.lowercase
        settings.attention = attention ?? settings.attention
        settings.split = split
        settings.beam = beam.settings(settings.beam)
        return settings
    }

    var given: [String] {
        givenFlags([
            ("--pairs", pairs), ("--source", source), ("--target", target), ("--validation", validation),
            ("--test", test), ("--split", split), ("--source-unit", sourceUnit), ("--target-unit", targetUnit),
            ("--vocabulary", vocabulary),
            ("--attention", attention),
        ]) + words.given + beam.given + run.given
    }
}

extension AttentionScore: NamedChoice {}

private func side(_ name: String) throws -> TextUnit {
    guard let unit = TextUnit(sideName: name) else { throw ValidationError("it is one of letters, words") }
    return unit
}
