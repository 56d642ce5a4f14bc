import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTestSupport

/// What folders of models hold, spoiled: an error, or a model that is what it says and can be used.
@Suite struct FuzzTests {
    private let folder = TemporaryFolder()

    @Test func nothingStopsAModel() throws {
        for (name, outcome) in try FuzzedFormat.fuzz(formats()) {
            // Neither all is refused at once, nor is all taken.
            #expect(
                outcome.faults.isEmpty && outcome.refused > 0 && outcome.read > 0,
                "\(name): \(outcome.read) read, \(outcome.refused) refused \(outcome.faults)")
        }
    }

    private func formats() throws -> [FuzzedFormat] {
        try Files.write(Array(Self.table.utf8), to: folder("table"))
        let table = PredictionInput(files: [try ReadFile(DataFile("data", folder("table")))])
        let texts = PredictionInput(texts: ["the low é", "", "tide"])
        var forecaster = ForecasterSettings()
        (forecaster.target, forecaster.known, forecaster.date) = ("x", ["day"], "when")
        return [
            configuration(LanguageModel.self, Self.languageModels) { _ = try $0.evaluate("the é\nthe", name: "f") },
            configuration(SequenceClassifier.self, Self.classifiers) { _ = try $0.predictions(for: texts) },
            configuration(Tagger.self, Self.taggers) { _ = try $0.predictions(for: texts) },
            configuration(Forecaster.self, Self.forecasters) { _ = try $0.predictions(for: table) },
            configuration(Translator.self, Self.translators) {
                if $0.configuration.longest < 9, $0.configuration.beam.width < 9 {
                    _ = try $0.predictions(for: texts)
                }
            },
            configuration(Captioner.self, Self.captioners) { _ in },
            settings(LanguageModel.self), settings(SequenceClassifier.self), settings(Tagger.self),
            settings(Forecaster.self, forecaster), settings(Translator.self), settings(Captioner.self),
        ]
    }

    /// `config.json`
    private func configuration<Model: TaskModel>(
        _: Model.Type, _ values: [[JSON.Member]], use: @escaping (Model) throws -> Void
    ) -> FuzzedFormat {
        let kind = [JSON.Member("model", .string(Model.kind))]
        return FuzzedFormat("\(Model.kind)'s configuration", values: values.map { .object(kind + $0) }) { json in
            let read = try Model.Configuration(json, name: "f")
            // Others would only take time.
            if read.parameterCount <= 20_000 {
                let model = Model(read, seed: 1, on: .cpu, Initializer.Scheme())
                guard model.parameterCount == read.parameterCount else { return false }
                do {
                    try use(model)
                } catch is ModelError {
                    // What is asked of it does not suit it.
                } catch is DataError {
                    // The same.
                }
            }
            return try !read.summary.isEmpty && Model.Configuration(read.json, name: "f") == read
        }
    }

    /// What a run is continued with.
    private func settings<Model: TaskModel>(
        _: Model.Type, _ settings: Model.Settings = Model.Settings()
    ) -> FuzzedFormat {
        FuzzedFormat("\(Model.kind)'s settings", values: [settings.json]) { json in
            let read = try Model.Settings(json, name: "f")
            try read.check()
            return try Model.Settings(read.json, name: "f") == read
        }
    }
}

// MARK: Examples

extension FuzzTests {
    private static let table =
        "when,x,y,day\n" + (1...40).map { "\($0),\($0 % 7),\(-$0),d\($0 % 3)\n" }.joined()
        + "41,,,d2\n42,,,d0\n43,,,d1\n"

    private static func architecture(_ cell: String, _ options: JSON = .object([])) -> [JSON.Member] {
        [
            .init("cell", .string(cell)), .init("hidden", 4), .init("layers", 2), .init("embedding", 4),
            .init("dropout", 0.25), .init("options", options),
        ]
    }

    private static func encoding(_ unit: TextUnit) -> JSON {
        TextEncoding(fitting: ["the low, lower and lowest of the tides\nand é"], unit: unit, limit: 260).json
    }

    /// Letters or words to write, whose first is the end.
    private static func written(_ unit: TextUnit) -> JSON {
        let tokens = unit == .words ? ["the", "low", "tide"] : ["t", "i", "d", "é"]
        let vocabulary = Vocabulary(tokens: tokens, specials: ["</s>", "<unk>"])
        return unit == .words
            ? TextEncoding.words(WordSplitter(), vocabulary).json : TextEncoding.characters(vocabulary).json
    }

    private static var languageModels: [[JSON.Member]] {
        [
            architecture("gru", ["tied": true, "zoneout": 0.5, "layer_norm": true]) + [
                .init("vocabulary", "\n abcdefghijklmnopqrstuvwxyzé")
            ],
            architecture("lstm", ["peepholes": true, "gate_clip": 3]) + [.init("encoding", encoding(.words))],
        ]
    }

    private static var classifiers: [[JSON.Member]] {
        let numbers: JSON = [
            "numbers": [
                "inputs": 2, "means": [0.5, -1], "scales": [1, 2.5], "target": "class",
                "columns": ["a", "b", "c", "d"],
            ]
        ]
        return [("last", ["text": encoding(.bytePairs)]), ("attention", numbers)].map { pooling, input in
            architecture("lstm", ["locked_dropout": 0.5]) + [
                .init("direction", "bidirectional"), .init("pooling", .string(pooling)), .init("classes", ["a", "b"]),
                .init("input", input),
            ]
        }
    }

    private static var taggers: [[JSON.Member]] {
        let vocabulary = { (tokens: [String]) in Vocabulary(tokens: tokens, specials: ["<unk>"]).json }
        return [
            architecture("gru") + [
                .init("column", "upos"), .init("letters", 3), .init("crf", true),
                .init("tags", Vocabulary(tokens: ["DET", "NOUN"]).json),
                .init("alphabet", vocabulary(["t", "h", "é"])),
                .init("words", vocabulary(["the", "tide"])),
            ]
        ]
    }

    private static var forecasters: [[JSON.Member]] {
        let known: JSON = [
            ["name": "day", "categories": ["d0", "d1", "d2"]], ["name": "when", "mean": 20.5, "scale": 3],
        ]
        return [(false, ["x", "y"] as JSON, known), (true, ["x"], [])].map { carries, inputs, known in
            architecture("rnn") + [
                .init("target", "x"), .init("inputs", inputs), .init("known", known), .init("date", "when"),
                .init("lags", 3), .init("horizon", 2), .init("quantiles", [0.25, 0.5]), .init("change", 1),
                .init("carry", .bool(carries)), .init("means", carries ? [0, 1] : [0, 1, 2]),
                .init("scales", carries ? [1, 2] : [1, 2, 3]),
            ]
        }
    }

    private static var translators: [[JSON.Member]] {
        [("dot", TextUnit.characters), ("additive", .words)].map { attention, unit in
            architecture("lstm") + [
                .init("attention", .string(attention)), .init("longest", 5), .init("beam", 2), .init("length_power", 1),
                .init("source", encoding(unit)), .init("target", written(unit)),
            ]
        }
    }

    private static var captioners: [[JSON.Member]] {
        [
            architecture("gru") + [
                .init("inputs", 6), .init("mean", 0.5), .init("deviation", 2), .init("longest", 5), .init("beam", 3),
                .init("length_power", 0.5), .init("target", written(.words)),
            ]
        ]
    }
}
