import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollTraining

extension Tagger: TaskModel {
    /// `tagger`
    public static var kind: String { "tagger" }

    /// Sentences.
    public static func data(_ files: [ReadFile], _ settings: TaggerSettings) throws -> TaggedText {
        try TaggedText(files, settings)
    }

    /// A model for the words, letters and tags of the sentences.
    public static func configuration(_ settings: TaggerSettings, for text: TaggedText) throws -> TaggerConfiguration {
        text.configuration(settings)
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: TaggerSettings, _ configuration: TaggerConfiguration, _ text: TaggedText
    ) throws {
        let (tags, width) = (Double(configuration.tags.count), Double(configuration.wordWidth))
        let weights = max(
            Double(configuration.words.count) * Double(configuration.embedding),
            Double(configuration.cell.inputGates * configuration.hidden) * max(width, 2 * Double(configuration.hidden)))
        let parts = DataPart.all(
            training: text.training.words, validation: text.validation?.words ?? [], test: text.test?.words ?? [],
            batch: settings.run.rowsPerBatch, others: (Tagger.sentencesAtOnce, Tagger.sentencesAtOnce))
        for part in parts {
            let recurrent = configuration.architecture.recurrentNumbers(keepsAll: part.isLearnt, directions: 2)
            let letters = configuration.letterReader.recurrentNumbers(keepsAll: part.isLearnt, directions: 2)
            let spelling = configuration.letters == 0 ? 0 : 16 * letters.perToken
            let words = part.steps(\.count)
            try MemoryNeed(
                work: part.use.rawValue, parameters: configuration.parameterCount,
                numbers: words * (recurrent.perToken + 4 * width + 4 * tags + spelling),
                largest: max(words * max(recurrent.largest, width, tags), weights),
                lower: "--hidden, --layers, --embedding, --letters\(part.isLearnt ? ", --batch" : "")"
                    + " or the length of the sentences"
            ).check()
        }
    }

    /// Giving words their tags.
    public static func task(_ model: Tagger, _ text: TaggedText, _ settings: TaggerSettings) throws -> Tagging {
        try text.vectors?.begin(model.embedding, of: model.configuration.words)
        return try Tagging(model, text, settings)
    }

    /// How many of the test's words get their tag, beside each word's most frequent one.
    public func report(on text: TaggedText, _ settings: TaggerSettings) throws -> Report {
        var report = Report()
        if let test = text.test, test.count > 0 {
            report = try self.report(on: test, baseline: FrequentTags(text.training))
        } else {
            report.lines = ["there are no sentences to test on (--test, or --split)"]
        }
        text.vectors?.tell(&report, of: configuration.words)
        return report
    }

    /// How many of a file's words get their tag.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        try files.check(roles: ["test"], of: Self.kind)
        guard let file = files.file("test") else {
            throw ModelError.badSetting(
                flag: "--test", value: "missing", expected: "a file of sentences, CoNLL-U or in columns,")
        }
        let sentences = try TaggedSentences(file, column: configuration.column)
        guard sentences.count > 0 else {
            throw ModelError.badText(name: file.name, reason: "it has no words; there is nothing to judge by")
        }
        return try report(on: sentences, baseline: nil)
    }

    /// The tags of sentences: texts and the lines of a text cut into words at spaces and around marks, or the sentences of
    /// a file of columns.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        try input.files.check(roles: ["test", "text"], of: Self.kind)
        if let count = input.count {
            throw ModelError.badSetting(flag: "--count", value: "\(count)", expected: "none, as a word has one tag,")
        }
        let lines = try input.files.filter { $0.file.role == "text" }.flatMap { try $0.text().textLines }
        var sentences = (input.texts + lines).map { WordSplitter().words(in: $0) }
        for file in input.files where file.file.role == "test" {
            let columns = try ColumnFile(parsing: file.bytes, name: file.name)
            sentences += try columns.column(columns.isCoNLLU ? "form" : "1")
        }
        let found = try tags(of: EncodedSentences(sentences, configuration, name: "the input"))
        return zip(sentences, found).map { words, tags in
            let names = tags.map { configuration.tags[$0] }
            return Prediction(
                zip(words, names).map { "\($0)/\($1)" }.joined(separator: " "),
                ["words": .strings(words), "tags": .strings(names)])
        }
    }
}

/// The tag that each word had most often, and of words never seen the most frequent of all.
private struct FrequentTags {
    private var tags: [String: String] = [:]
    private var most = ""

    init(_ text: TaggedSentences) {
        var (counts, all): ([String: [String: Int]], [String: Int]) = ([:], [:])
        for (word, tag) in zip(text.words.joined(), text.tags.joined()) {
            counts[word, default: [:]][tag, default: 0] += 1
            all[tag, default: 0] += 1
        }
        func best(_ counts: [String: Int]) -> String {
            counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        }
        tags = counts.mapValues(best)
        most = best(all)
    }

    /// The part of the words whose tag it tells.
    func accuracy(_ text: TaggedSentences) -> Double {
        let right = zip(text.words.joined(), text.tags.joined()).count { (tags[$0] ?? most) == $1 }
        return Double(right) / Double(max(1, text.count))
    }
}

// MARK: Report

extension Tagger {
    private func report(on text: TaggedSentences, baseline: FrequentTags?) throws -> Report {
        let encoded = try text.encoded(configuration)
        let found = try tags(of: encoded).map { $0.map { configuration.tags[$0] } }
        // Tags that only this text has are wrong whatever is said.
        let known = Set(configuration.tags.tokens)
        let others = Set(text.tags.joined()).filter { !known.contains($0) }.sorted()
        let classes = configuration.tags.tokens + others
        let places = Dictionary(classes.enumerated().map { ($1, $0) }) { first, _ in first }
        let matrix = ConfusionMatrix(
            truth: text.tags.joined().map { places[$0] ?? 0 }, predictions: found.joined().map { places[$0] ?? 0 },
            classes: classes)
        let spans = configuration.marksSpans ? SpanScore(truth: text.tags, predictions: found) : nil
        var report = Report([
            Figure("test_accuracy", matrix.accuracy), Figure("test_f1", spans?.micro.f1 ?? matrix.macroF1),
        ])
        let new = unknownWords(text, encoded, found)
        if new.count > 0 { report.figures.append(Figure("test_unknown_accuracy", new.accuracy)) }
        if let baseline { report.figures.append(Figure("baseline_frequent_accuracy", baseline.accuracy(text))) }
        report.details = [.init("tags", matrix.json)] + (spans.map { [.init("spans", $0.json)] } ?? [])
        report.lines = ["test: \(text.count.grouped) words in \(text.words.count.grouped) sentences"]
        report.lines += report.figures.map { "  \($0.name.replacing("_", with: " ")) \($0.value.fixed(4))" }
        if let spans {
            report.lines += table(spans.types.map { ($0, spans.score(of: $0)) })
        } else {
            report.lines += table(Array(zip(classes, matrix.scores)))
        }
        report.drawing = HeatMap.confusion(
            "Tags (\(configuration.column)): accuracy \(matrix.accuracy.fixed(3))", classes: classes,
            counts: matrix.counts)
        return report
    }

    /// Of words that the model does not know.
    private func unknownWords(
        _ text: TaggedSentences, _ encoded: EncodedSentences, _ found: [[String]]
    ) -> (count: Int, accuracy: Double) {
        let unknown = configuration.words.unknown
        let pairs = zip(encoded.words.joined(), zip(text.tags.joined(), found.joined())).filter { $0.0 == unknown }
        let right = pairs.count { $0.1.0 == $0.1.1 }
        return (pairs.count, Double(right) / Double(max(1, pairs.count)))
    }

    /// A line for each tag or type of span.
    private func table(_ scores: [(name: String, score: ConfusionMatrix.Score)]) -> [String] {
        let width = scores.map(\.name.count).max() ?? 0
        return ["  \("".padded(width))  precision  recall      F1    count"]
            + scores.map { name, score in
                let numbers = [score.precision, score.recall, score.f1].map { $0.fixed(3).padded(6, left: true) }
                return "  \(name.padded(width))     \(numbers.joined(separator: "  "))  "
                    + score.support.grouped.padded(7, left: true)
            }
    }
}
