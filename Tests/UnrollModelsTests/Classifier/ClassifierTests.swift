import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct ClassifierTests {
    private static let device = TestedBackend.cpu[0].device
    private let fixture = ClassifierFixture()

    private func run(
        _ settings: ClassifierSettings = ClassifierFixture.settings, _ files: [DataFile], _ folder: String? = nil,
        on device: Device = Self.device
    ) throws -> TrainingRun<SequenceClassifier> {
        try TrainingRun(
            settings, from: files, folder: folder.map { ModelFolder(fixture.temporary($0)) }, on: device)
    }

    /// The order of two words, which no count of words tells.
    @Test(arguments: [TestedBackend.cpu[0]] + TestedBackend.openCL.prefix(1))
    func learnsWhichWordComesFirst(_ tested: TestedBackend) throws {
        var settings = ClassifierFixture.settings
        (settings.hidden, settings.epochs, settings.baselines, settings.dropout) = (16, 8, true, 0)
        let run = try run(settings, [fixture.orders(count: 600)], on: tested.device)
        #expect(try run.run() == .finished)
        let report = try run.bestModel().report(on: run.data, settings)
        let figures = Dictionary(uniqueKeysWithValues: report.figures.map { ($0.name, $0.value) })
        #expect(figures["test_accuracy"]! > 0.95 && figures["validation_accuracy"]! > 0.95, "\(figures)")
        for name in ["baseline_bag_of_words", "baseline_averaged"] {
            #expect(figures[name]! < 0.75, "\(figures)")
        }
        // Pairs of neighbours say a little.
        #expect(figures["baseline_tfidf"]! < figures["test_accuracy"]!, "\(figures)")
        #expect(report.drawing != nil && report.lines.contains { $0.contains("first") })
        // Where there is no room to compare, the model's own figures are not lost.
        let cramped = try MemoryNeed.$memory.withValue(1_000) { try run.bestModel().report(on: run.data, settings) }
        let linear = ["baseline_bag_of_words", "baseline_tfidf"]
        #expect(cramped.figures == report.figures.filter { !linear.contains($0.name) })
        #expect(cramped.lines.contains { $0.contains("left out, counts of words would take about") })
    }

    @Test(arguments: SequencePooling.allCases, Direction.allCases)
    func learnsSeries(_ pooling: SequencePooling, _ direction: Direction) throws {
        var settings = ClassifierFixture.settings
        (settings.pooling, settings.direction, settings.epochs) = (pooling, direction, 12)
        let test = try fixture.series(count: 100, seed: 2, name: "test.ts").role("test")
        let run = try run(settings, [fixture.series(count: 120), test])
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, settings)
        // There is nothing to validate with: the newest weights are kept.
        #expect(run.best == nil && report.figures.map(\.name) == ["test_accuracy", "test_macro_f1", "test_nats"])
        #expect(report.figures[0].value > 0.9, "\(report.figures)")
    }

    @Test(arguments: TestedBackend.all) func sameSeedSameBits(_ tested: TestedBackend) throws {
        let data = try fixture.orders(count: 90)
        for folder in ["a", "b"] { _ = try run([data], folder, on: tested.device).run() }
        let found = try ["a", "b"].map { try contents(of: ModelFolder(fixture.temporary($0))) }
        #expect(found[0] == found[1])
        var other = ClassifierFixture.settings
        other.seed = 6
        _ = try run(other, [data], "c", on: tested.device).run()
        #expect(try contents(of: ModelFolder(fixture.temporary("c")))[1] != found[0][1])
    }

    private func run(
        _ files: [DataFile], _ folder: String, on device: Device = Self.device
    ) throws -> TrainingRun<SequenceClassifier> {
        try run(ClassifierFixture.settings, files, folder, on: device)
    }

    @Test(arguments: [1, 3]) func resumesToTheSameBits(accumulate: Int) throws {
        var settings = ClassifierFixture.settings
        (settings.optimization.accumulate, settings.order) = (accumulate, accumulate == 1 ? .shuffled : .byLength)
        let files = [try fixture.series(count: 70)]
        _ = try run(settings, files, "whole").run()
        var fewer = settings
        fewer.epochs = 1
        for stop in [0, 1, 4] {
            let folder = ModelFolder(fixture.temporary("stopped-\(stop)"))
            var asked = 0
            _ = try TrainingRun<SequenceClassifier>(fewer, from: files, folder: folder, on: Self.device)
                .run(shouldStop: {
                    asked += 1
                    return asked > stop
                })
            let resumed = try TrainingRun<SequenceClassifier>(resuming: folder, epochs: 3, on: Self.device)
            #expect(resumed.settings == settings)
            #expect(try resumed.run() == .finished)
            #expect(
                try contents(of: folder) == contents(of: ModelFolder(fixture.temporary("whole"))),
                "stopped after \(stop)")
        }
    }

    /// CPU and OpenCL agree, for as long as rounding has not been amplified.
    @Test(arguments: TestedBackend.all, SequencePooling.allCases)
    func backendsAgree(_ tested: TestedBackend, _ pooling: SequencePooling) throws {
        var settings = ClassifierFixture.settings
        (settings.pooling, settings.epochs, settings.layers) = (pooling, 2, 2)
        let data = try fixture.orders(count: 60)
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try run(settings, [data], on: device).run(report: {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation ?? .nan] }
            })
            return losses
        }
        #expect(losses[0].count == 4 && zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    /// What a row gives has nothing to do with what it is padded beside.
    @Test(arguments: SequencePooling.allCases) func paddingChangesNothing(_ pooling: SequencePooling) throws {
        var settings = ClassifierFixture.settings
        (settings.pooling, settings.epochs) = (pooling, 1)
        let run = try run(settings, [fixture.orders(count: 60)])
        _ = try run.run()
        let model = try run.bestModel()
        let rows: [[Int32]] = [[1], [2, 1, 3, 4, 2, 1], [3, 3, 2]]
        let together = try model(SequenceBatch(rows, on: Self.device)).floats()
        let alone = try rows.flatMap { try model(SequenceBatch([$0], on: Self.device)).floats() }
        #expect(zip(together, alone).allSatisfy { abs($0 - $1) < 1e-5 }, "\(together) \(alone)")
        #expect(abs(together[0] - together[2]) > 1e-4)
    }

    // MARK: Files

    @Test(arguments: ["words", "characters", "byte-pairs", "series", "table"])
    func theFolderIsTheModel(kind: String) throws {
        var settings = ClassifierFixture.settings
        settings.epochs = 1
        let data: DataFile
        switch kind {
        case "series": data = try fixture.series(count: 40)
        case "table":
            let lines = (0..<40).map { "\($0 % 3),\(Double($0 % 3) - 0.5),x\($0 % 3),\($0 % 7)" }
            data = try fixture.write("a,b,kind,c\n" + lines.joined(separator: "\n"), "table.csv")
            (settings.target, settings.stepSize, settings.pooling) = ("kind", 3, .attention)
        default:
            data = try fixture.orders(count: 40)
            settings.unit = try #require(TextUnit(rawValue: kind))
            settings.vocabulary = kind == "byte-pairs" ? 300 : 12
        }
        let run = try run(settings, [data], "model")
        _ = try run.run()
        let (model, folder) = (try run.bestModel(), ModelFolder(fixture.temporary("model")))
        let loaded = try SequenceClassifier(folder, on: Self.device)
        #expect(loaded.configuration == model.configuration)
        #expect(loaded.configuration.parameterCount == loaded.parameterCount)
        #expect(try type(of: folder.model(on: Self.device)).kind == "classifier")
        let files = [try ReadFile(data)]
        let (mine, theirs) = (try model.evaluate(files), try loaded.evaluate(files))
        #expect(
            mine.figures == theirs.figures
                && mine.figures.map(\.name) == ["test_accuracy", "test_macro_f1", "test_nats"])
        let input = PredictionInput(files: files, count: 2)
        let predictions = try loaded.predictions(for: input)
        #expect(predictions.map(\.line) == (try model.predictions(for: input)).map(\.line))
        #expect(predictions.count == 40 && predictions[0].json["classes"]?.array?.count == 2)
    }

    @Test func predictionsAreTheMostProbableFirst() throws {
        let run = try run(ClassifierFixture.settings, [fixture.orders(count: 90)])
        _ = try run.run()
        let texts = ["first w1 second", "second w4 first", "", "nothing known"]
        let found = try run.bestModel().predictions(for: PredictionInput(texts: texts, count: 5))
        for (prediction, text) in zip(found, texts) {
            let classes = try #require(prediction.json["classes"]?.array)
            let p = classes.compactMap { $0["p"]?.number }
            #expect(p.count == 2 && p[0] >= p[1] && abs(p[0] + p[1] - 1) < 1e-5)
            #expect(prediction.json["label"] == classes[0]["label"] && prediction.json["input"]?.string == text)
        }
        #expect(found.count == 4 && found[0].json["label"]?.string == "first")
    }
}
