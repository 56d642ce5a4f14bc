import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

@Suite struct TaggerTests {
    static let device = TestedBackend.cpu[0].device
    let temporary = TemporaryFolder()

    static var settings: TaggerSettings {
        var settings = TaggerSettings()
        (settings.hidden, settings.embedding, settings.letters, settings.batch) = (11, 9, 7, 5)
        (settings.epochs, settings.learningRate, settings.seed, settings.column) = (3, 0.02, 3, "2")
        (settings.cell, settings.dropout) = (.gru, 0.1)
        return settings
    }

    /// Sentences of made-up words: a name begins with a capital, a verb ends in `ed`, a name behind another is the same
    /// span. Few words are twice, so that letters must tell.
    private func sentences(_ count: Int, seed: UInt64, _ name: String) throws -> DataFile {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        func stem() -> String { String((0..<(2 + next(3))).map { _ in Array("abdegiklmnorst")[next(14)] }) }
        var text = ""
        for _ in 0..<count {
            for _ in 0..<(1 + next(4)) {
                switch next(3) {
                case 0:
                    text += "\(stem().capitalizedForTests) B-PER\n"
                    if next(2) == 0 { text += "\(stem().capitalizedForTests) I-PER\n" }
                    text += "\(stem())ed O\n"
                case 1: text += "\(stem())ed O\n"
                default: text += "\(stem())s B-THING\n"
                }
            }
            text += "\n"
        }
        try Files.write(Array(text.utf8), to: temporary(name))
        return DataFile(name, temporary(name))
    }

    private func files(_ count: Int = 60) throws -> [DataFile] {
        try [
            sentences(count, seed: 1, "train"), sentences(count / 3, seed: 2, "validation"),
            sentences(count / 3, seed: 3, "test"),
        ]
    }

    private func contents(_ folder: ModelFolder) throws -> [[UInt8]] {
        try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
    }

    private func figure(_ name: String, _ report: Report) -> Double? {
        report.figures.first { $0.name == name }?.value
    }

    @Test(arguments: [TestedBackend.cpu[0]] + TestedBackend.openCL.prefix(1), [false, true]) func learnsTags(
        _ tested: TestedBackend, _ crf: Bool
    ) throws {
        var settings = Self.settings
        (settings.hasCRF, settings.epochs) = (crf, 6)
        let run = try TrainingRun<Tagger>(settings, from: files(150), folder: nil, on: tested.device)
        #expect(try run.run() == .finished)
        let model = try run.bestModel()
        let report = try model.report(on: run.data, settings)
        #expect(try #require(figure("test_accuracy", report)) > 0.95, "\(report.lines)")
        #expect(try #require(figure("test_f1", report)) > 0.9)
        #expect(try #require(figure("test_unknown_accuracy", report)) > 0.95)
        #expect(try #require(figure("baseline_frequent_accuracy", report)) < 0.8)
        #expect(report.details.contains { $0.name == "spans" } && report.drawing != nil)
        let found = try model.predictions(for: PredictionInput(texts: ["Gordo Tank smeted bots"]))
        #expect(found.map(\.line) == ["Gordo/B-PER Tank/I-PER smeted/O bots/B-THING"])
        let judged = try model.evaluate([ReadFile(sentences(50, seed: 3, "test"))])
        #expect(figure("test_accuracy", judged) == figure("test_accuracy", report))
    }

    /// Thirty different sentences, each as often as its number says: none is in two parts, and no one is lost.
    @Test func oneFileIsDivided() throws {
        let text = (1...30).map { String(repeating: "a\($0) X\nb Y\n\n", count: 1 + $0 % 4) }.joined()
        try Files.write(Array(text.utf8), to: temporary("one"))
        func parts(seed: Int, _ split: String? = nil) throws -> [[[String]]] {
            var settings = Self.settings
            (settings.seed, settings.split) = (seed, try split.map { try Split(parsing: $0) })
            let data = try Tagger.data([ReadFile(DataFile("train", temporary("one")))], settings)
            return [data.training, data.validation, data.test].map { $0?.words ?? [] }
        }
        for (split, counts) in [(nil, [24, 3, 3]), ("60/0/40", [18, 0, 12])] as [(String?, [Int])] {
            let found = try parts(seed: 3, split)
            #expect(found.map { Set($0).count } == counts, "of the different sentences")
            #expect(Set(found.joined()).count == 30 && found.joined().count == (1...30).reduce(0) { $0 + 1 + $1 % 4 })
        }
        #expect(try parts(seed: 3) == parts(seed: 3) && parts(seed: 3) != parts(seed: 4))
        #expect(try parts(seed: 3, "100/0/0").map { Set($0).count } == [30, 0, 0])
    }

    @Test(arguments: TestedBackend.all) func sameSeedSameBits(_ tested: TestedBackend) throws {
        let folders = ["a", "b"].map { ModelFolder(temporary($0)) }
        for folder in folders {
            _ = try TrainingRun<Tagger>(Self.settings, from: files(), folder: folder, on: tested.device).run()
        }
        #expect(try contents(folders[0]) == contents(folders[1]))
        var other = Self.settings
        other.seed = 8
        let folder = ModelFolder(temporary("c"))
        _ = try TrainingRun<Tagger>(other, from: files(), folder: folder, on: tested.device).run()
        #expect(try Files.read(folder.weights) != Files.read(folders[0].weights))
    }

    @Test(arguments: TestedBackend.all, [false, true]) func backendsAgree(_ tested: TestedBackend, _ crf: Bool) throws {
        var settings = Self.settings
        settings.hasCRF = crf
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try TrainingRun<Tagger>(settings, from: files(), folder: nil, on: device).run {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation ?? 0] }
            }
            return losses
        }
        #expect(losses[0].count == 6 && losses[0][0] > losses[0][4] && losses[0][1] > 0)
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    @Test func resumesToTheSameBits() throws {
        var settings = Self.settings
        settings.hasCRF = true
        let (whole, files) = (ModelFolder(temporary("whole")), try files())
        _ = try TrainingRun<Tagger>(settings, from: files, folder: whole, on: Self.device).run()
        for stop in [0, 1, 14] {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            _ = try TrainingRun<Tagger>(settings, from: files, folder: folder, on: Self.device).run(shouldStop: {
                asked += 1
                return asked > stop
            })
            let run = try TrainingRun<Tagger>(resuming: folder, on: Self.device)
            #expect(run.settings == settings)
            #expect(try run.run() == .finished)
            #expect(try contents(folder) == contents(whole), "stopped after \(stop)")
        }
        let model = try Tagger(whole, on: Self.device)
        #expect(model.parameterCount == model.configuration.parameterCount)
        let json = try JSON(parsing: model.configuration.json.indented, name: "config")
        #expect(try TaggerConfiguration(json, name: "config") == model.configuration)
    }

    /// Without letters, words never seen are all the same.
    @Test func lettersAreAChoice() throws {
        var settings = Self.settings
        (settings.letters, settings.epochs) = (0, 1)
        let run = try TrainingRun<Tagger>(settings, from: files(), folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        #expect(model.parameterCount == model.configuration.parameterCount)
        let found = try model.predictions(for: PredictionInput(texts: ["Zqxa", "zqxed", ""]))
        #expect(found[0].json["tags"] == found[1].json["tags"] && found[2].line.isEmpty)
    }

    /// Words begin with the vectors they have, and keep them where the embedding is frozen.
    @Test(arguments: [false, true]) func vectorsAreWhereWordsBegin(_ isFrozen: Bool) throws {
        try Files.write(
            Array("Dogs NOUN\nbark VERB\n\nthe DET\ncats NOUN\n".utf8), to: temporary("few"))
        try Files.write(Array("dogs 1 2 3\nbark -1 0.5 4\nThe 9 9 9\n".utf8), to: temporary("vectors.txt"))
        var settings = Self.settings
        (settings.epochs, settings.unknown, settings.frozen) = (3, 0, isFrozen ? ["embedding.*"] : [])
        settings.split = try Split(parsing: "100/0/0")
        let files = [DataFile("train", temporary("few")), DataFile("vectors", temporary("vectors.txt"))]
        let folder = ModelFolder(temporary("model"))
        let run = try TrainingRun<Tagger>(settings, from: files, folder: folder, on: Self.device)
        func vector(_ word: String) throws -> [Float] {
            let place = Int(try #require(run.model.configuration.words.index(of: word)))
            return Array(try run.model.embedding.weight.value.floats()[place * 3..<place * 3 + 3])
        }
        #expect(run.model.configuration.architecture.embedding == 3)
        #expect(try vector("dogs") == [1, 2, 3] && vector("bark") == [-1, 0.5, 4])
        // A word in lower case is not found in upper.
        let before = try vector("the")
        #expect(before != [9, 9, 9])
        #expect(try run.run() == .finished)
        #expect(try (vector("dogs") == [1, 2, 3]) == isFrozen && (vector("the") == before) == isFrozen)
        #expect(try Tagger(folder, on: Self.device).configuration == run.model.configuration)
        let report = try run.model.report(on: run.data, run.settings)
        #expect(report.lines.last == "vectors: 2 of 4 words" && figure("vectors", report) == 0.5)
    }

    @Test func vectorsOfOtherWordsAreRefused() throws {
        try Files.write(Array("nowhere 1 2\n".utf8), to: temporary("vectors.txt"))
        let error = #expect(throws: (any Error).self) {
            try TrainingRun<Tagger>(
                Self.settings, from: self.files(9) + [DataFile("vectors", self.temporary("vectors.txt"))], folder: nil,
                on: Self.device)
        }
        #expect(error.map { "\($0)".contains("none of the") && "\($0)".contains("vectors.txt") } ?? false)
    }

    /// A file of CoNLL-U names its columns; tags that only the test has are wrong, whatever is said.
    @Test func readsCoNLLU() throws {
        func line(_ id: Int, _ form: String, _ tag: String) -> String {
            "\(id)\t\(form)\t_\t\(tag)\t_\t_\t_\t_\t_\t_\n"
        }
        let train = line(1, "Dogs", "NOUN") + line(2, "bark", "VERB") + "\n" + line(1, "Cats", "NOUN") + "\n"
        let test = line(1, "Dogs", "X") + line(2, "bark", "VERB") + "\n"
        try Files.write(Array(train.utf8), to: temporary("train.conllu"))
        try Files.write(Array(test.utf8), to: temporary("test.conllu"))
        var settings = Self.settings
        (settings.column, settings.epochs) = ("upos", 20)
        let run = try TrainingRun<Tagger>(
            settings, from: [DataFile("train", temporary("train.conllu")), DataFile("test", temporary("test.conllu"))],
            folder: nil, on: Self.device)
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, settings)
        #expect(figure("test_accuracy", report) == 0.5)
        #expect(!report.details.contains { $0.name == "spans" })
    }

    @Test(arguments: [("", "without a sentence"), ("a\n", "no column '2'"), ("a B\nb\n", "1")])
    func badFilesAreOneLine(_ text: String, _ reason: String) throws {
        try Files.write(Array(text.utf8), to: temporary("bad"))
        do {
            _ = try TrainingRun<Tagger>(
                Self.settings, from: [DataFile("train", temporary("bad"))], folder: nil, on: Self.device)
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(reason) && !"\(error)".contains("\n"), "\(error)")
        }
    }

    @Test func badSettingsAreNamed() throws {
        let bad: [(String, (inout TaggerSettings) -> Void)] = [
            ("--letters", { $0.letters = -1 }), ("--unknown", { $0.unknown = 1.5 }), ("--column", { $0.column = "" }),
        ]
        for (flag, change) in bad {
            var settings = Self.settings
            change(&settings)
            do {
                try settings.check()
                Issue.record("\(flag) is taken")
            } catch { #expect("\(error)".hasPrefix(flag), "\(error)") }
        }
    }
}

extension String {
    /// Its first letter as a capital.
    fileprivate var capitalizedForTests: String { prefix(1).uppercased() + dropFirst() }
}
