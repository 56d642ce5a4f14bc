import ArgumentParser
import Unroll

/// Files to judge or to predict from; which of them a model takes, its kind decides.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A UTF-8 file: of a language model; to predict, also sentences to tag, a line each.", valueName: "file"))
    var text: String?
    @Option(help: ArgumentHelp("Examples: of a classifier or forecaster.", valueName: "file"))
    var data: String?
    @Option(help: ArgumentHelp("Their labels, where these are a file of their own.", valueName: "file"))
    var labels: String?
    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("Examples of one class, one a line; repeated.", valueName: "name=file"))
    var classes: [String] = []
    @Option(help: ArgumentHelp("Sentences in columns: of a tagger.", valueName: "file"))
    var test: String?
    @Option(help: ArgumentHelp("Lines of source, tab, target: of a translator.", valueName: "file"))
    var pairs: String?
    @Option(help: ArgumentHelp("Lines to translate.", valueName: "file"))
    var source: String?
    @Option(help: ArgumentHelp("Their translations, line by line.", valueName: "file"))
    var target: String?
    @Option(help: ArgumentHelp("What captions are of, a row each: of a captioner.", valueName: "file"))
    var features: String?
    @Option(help: ArgumentHelp("Lines of row, tab, caption.", valueName: "file"))
    var captions: String?

    /// Those given.
    /// - Throws: `ValidationError`.
    func files() throws -> [DataFile] {
        if let target, source == nil, !Files.exists(target) {
            throw ValidationError(
                "--target \(target) makes no sense: here it is a translator's file and comes with --source; other models "
                    + "know their own column")
        }
        return dataFiles([
            ("text", text), ("data", data), ("labels", labels), ("test", test), ("pairs", pairs), ("source", source),
            ("target", target), ("features", features), ("captions", captions),
        ]) + (try classFiles(classes))
    }
}

/// Those of roles that have a path.
func dataFiles(_ all: [(role: String, path: String?)]) -> [DataFile] {
    all.compactMap { role, path in path.map { DataFile(role, $0) } }
}

/// `NAME=FILE`, of `--class`.
/// - Throws: `ValidationError`.
func classFiles(_ texts: [String]) throws -> [DataFile] {
    try texts.map { text in
        guard let split = text.firstIndex(of: "="), split != text.startIndex, text.index(after: split) != text.endIndex
        else { throw ValidationError("--class \(text) makes no sense: NAME=FILE is needed") }
        return DataFile("class", String(text[text.index(after: split)...]), label: String(text[..<split]))
    }
}
