import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTestSupport
import UnrollTraining

@Suite struct LanguageModelTrainingTests {
    static let device = TestedBackend.cpu[0].device
    let temporary = TemporaryFolder()
    var folder: ModelFolder { ModelFolder(temporary("run")) }

    static var settings: LanguageModelSettings {
        var settings = LanguageModelSettings()
        (settings.cell, settings.hidden, settings.layers, settings.embedding) = (.gru, 13, 2, 5)
        (settings.batch, settings.steps, settings.epochs, settings.dropout) = (3, 17, 3, 0.2)
        (settings.learningRate, settings.seed) = (0.03, 7)
        return settings
    }

    /// 2000 characters of the grammar in a file.
    private func text(_ seed: UInt64 = 1) throws -> TrainingText {
        let text = SentenceGrammar.english.corpus(characters: 2000, seed: seed).text
        try Files.write(Array(text.utf8), to: temporary("text.txt"))
        return .file(temporary("text.txt"))
    }

    private func contents(_ folder: ModelFolder) throws -> [[UInt8]] {
        try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
    }

    /// A small model comes near to the entropy of the grammar in a few seconds, and never below it.
    @Test(
        arguments: [(TestedBackend.cpu[0], Cell.lstm), (.cpu[0], .gru)]
            + TestedBackend.openCL.prefix(1).map { ($0, .gru) })
    func learnsTheGrammar(_ tested: TestedBackend, _ cell: Cell) throws {
        var settings = LanguageModelSettings()
        (settings.cell, settings.hidden, settings.layers, settings.epochs) = (cell, 96, 1, 3)
        settings.learningRate = 0.008
        let run = try LanguageModelTraining(settings, text: .generated, folder: nil, on: tested.device)
        #expect(try run.run() == .finished)
        let (best, entropy) = (run.best!, run.entropy!)
        #expect(best < entropy.ofGrammar + 0.06 && best > entropy.ofGrammar - 0.01, "\(best) against \(entropy)")
        let sample = try run.bestModel().generate(prompt: "The ", length: 400, sampling: Sampling())
        #expect(sample.contains(" the ") && sample.contains("s."), "\(sample)")
    }

    @Test(arguments: TestedBackend.all) func sameSeedSameBits(_ tested: TestedBackend) throws {
        let folders = ["a", "b"].map { ModelFolder(temporary($0)) }
        for folder in folders {
            _ = try LanguageModelTraining(Self.settings, text: text(), folder: folder, on: tested.device).run()
        }
        #expect(try contents(folders[0]) == contents(folders[1]))
        var other = Self.settings
        other.seed = 8
        _ = try LanguageModelTraining(other, text: text(), folder: folder, on: tested.device).run()
        #expect(try Files.read(folder.weights) != Files.read(folders[0].weights))
    }

    @Test(arguments: CPUBackend.instructionSets) func anyNumberOfThreadsGivesTheSameBits(_ set: String) throws {
        // Large enough that every primitive of a step is shared out.
        var settings = Self.settings
        (settings.hidden, settings.batch, settings.steps, settings.embedding) = (67, 13, 29, 45)
        settings.epochs = 2
        let found = try (1...3).map { threads in
            let folder = ModelFolder(temporary("threads-\(threads)"))
            let device = Device(try CPUBackend(threads: threads, instructionSet: set))
            _ = try LanguageModelTraining(settings, text: text(), folder: folder, on: device).run()
            return try contents(folder)
        }
        #expect(found[0] == found[1] && found[0] == found[2])
    }

    /// CPU and OpenCL agree, for as long as rounding has not been amplified.
    @Test(arguments: TestedBackend.all) func backendsAgree(_ tested: TestedBackend) throws {
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try LanguageModelTraining(Self.settings, text: text(), folder: nil, on: device).run(report: {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation!] }
            })
            return losses
        }
        #expect(losses[0].count == 6 && losses[0][0] > losses[0][4])
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    @Test func resumesToTheSameBits() throws {
        let (whole, text) = (ModelFolder(temporary("whole")), try text())
        _ = try LanguageModelTraining(Self.settings, text: text, folder: whole, on: Self.device).run()
        var fewer = Self.settings
        fewer.epochs = 1
        for stop in [0, 1, 20, 35] {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            _ = try LanguageModelTraining(fewer, text: text, folder: folder, on: Self.device).run(shouldStop: {
                asked += 1
                return asked > stop
            })
            do {
                let run = try LanguageModelTraining(resuming: folder, epochs: 3, on: Self.device)
                #expect(run.settings == Self.settings)
                #expect(try run.run() == .finished && run.epochs == 3)
            }
            #expect(try contents(folder) == contents(whole), "stopped after \(stop)")
            // The new total is the run's own from here on.
            #expect(try LanguageModelTraining(resuming: folder, on: Self.device).settings.epochs == 3)
        }
    }

    /// Without being told, a run goes on where it was.
    @Test(arguments: Device.available.map(\.name)) func resumesOnItsOwnDevice(_ name: String) throws {
        let folder = ModelFolder(temporary("on-\(name)"))
        let device = try Device(named: name)
        _ = try LanguageModelTraining(Self.settings, text: text(), folder: folder, on: device).run(shouldStop: { true })
        #expect(try LanguageModelTraining(resuming: folder).device == device)
        // Another device is the run's own from here on.
        #expect(try LanguageModelTraining(resuming: folder, on: .cpu).device == .cpu)
        #expect(try LanguageModelTraining(resuming: folder).device == device, "nothing has been saved yet")
        _ = try LanguageModelTraining(resuming: folder, on: .cpu).run(shouldStop: { true })
        #expect(try LanguageModelTraining(resuming: folder).device == .cpu)
    }

    @Test func aDeviceThatIsGoneIsNamed() throws {
        _ = try LanguageModelTraining(Self.settings, text: text(), folder: folder, on: Self.device)
        var file = try Safetensors(path: folder.training)
        file.metadata["settings"]! = file.metadata["settings"]!.replacing("\"cpu\"", with: "\"opencl:99\"")
        try Files.write(file.encoded(), to: folder.training)
        let error = #expect(throws: ModelError.self) { try LanguageModelTraining(resuming: folder) }
        #expect("\(error!)".contains("opencl:99") && "\(error!)".contains("--device"))
    }

    @Test func theFolderIsTheBestModel() throws {
        let text = try text()
        let run = try LanguageModelTraining(Self.settings, text: text, folder: folder, on: Self.device)
        _ = try run.run()
        let model = try LanguageModel(folder, on: Self.device)
        let characters = try ReadFile(DataFile("text", temporary("text.txt"))).text()
        let held = String(characters.suffix(Int(Float(characters.count) * Self.settings.validation)))
        #expect(try model.evaluate(held, name: "", batch: 3, steps: 17) == run.best)
        #expect(run.entropy == nil && run.tokensPerSecond ?? 0 > 0)
    }

    @Test func resumingNamesWhatIsWrong() throws {
        #expect(throws: TrainingError.nothingToResume(path: folder.path)) {
            try LanguageModelTraining(resuming: folder, on: Self.device)
        }
        let text = try text()
        _ = try LanguageModelTraining(Self.settings, text: text, folder: folder, on: Self.device).run()
        #expect(throws: ModelError.self) { try LanguageModelTraining(resuming: folder, epochs: 2, on: Self.device) }
        #expect(throws: TrainingError.folderHoldsModel(path: folder.path)) {
            try LanguageModelTraining(Self.settings, text: text, folder: folder, on: Self.device)
        }
        let before = try contents(folder)
        _ = try self.text(2)
        #expect(throws: ModelError.dataChanged(name: temporary("text.txt"))) {
            try LanguageModelTraining(resuming: folder, on: Self.device)
        }
        #expect(try contents(folder) == before)
    }

    @Test func badTextIsNamed() throws {
        func error(_ bytes: [UInt8]) throws -> String {
            try Files.write(bytes, to: temporary("bad.txt"))
            let error = #expect(throws: (any Error).self) {
                try LanguageModelTraining(
                    Self.settings, text: .file(temporary("bad.txt")), folder: folder, on: Self.device)
            }
            #expect(!Files.exists(folder.path))
            let line = "\(error!)"
            #expect(line.hasPrefix(temporary("bad.txt")) && !line.contains("\n"))
            return line
        }
        #expect(try error([]).contains("empty"))
        #expect(try error(.init(repeating: 0x61, count: 5000)).contains("'a' (U+0061)"))
        #expect(try error([0x61, 0xFF]).contains("byte 1"))
        #expect(try error(Array("abcabc".utf8)).contains("6 characters are too few"))

        // The number it names is the fewest that will do.
        for fraction: Float in [0.1, 0.5, 0.37, 0.9, 0.001] {
            var settings = Self.settings
            (settings.validation, settings.epochs) = (fraction, 1)
            let start = { (count: Int) in
                try Files.write((0..<count).map { 0x61 + UInt8($0 % 3) }, to: temporary("bad.txt"))
                return try LanguageModelTraining(
                    settings, text: .file(temporary("bad.txt")), folder: nil, on: Self.device)
            }
            let error = #expect(throws: ModelError.self) { try start(10) }
            let needed = Int("\(error!)".split(separator: " ").last!)!
            #expect(throws: ModelError.self) { try start(needed - 1) }
            #expect(try start(needed).run() == .finished)
        }
        #expect(throws: DataError.missing(path: "none.txt")) {
            try LanguageModelTraining(Self.settings, text: .file("none.txt"), folder: folder, on: Self.device)
        }
        #expect(throws: DataError.isFolder(path: temporary.path)) {
            try LanguageModelTraining(Self.settings, text: .file(temporary.path), folder: folder, on: Self.device)
        }
    }

    static let changes: [(flag: String, change: @Sendable (inout LanguageModelSettings) -> Void)] = [
        ("--hidden", { $0.hidden = 0 }), ("--hidden", { $0.hidden = -5 }), ("--hidden", { $0.hidden = .max }),
        ("--layers", { $0.layers = 0 }), ("--embedding", { $0.embedding = -1 }), ("--batch", { $0.batch = 0 }),
        ("--steps", { $0.steps = 0 }), ("--epochs", { $0.epochs = 0 }), ("--epochs", { $0.epochs = .max }),
        ("--seed", { $0.seed = -1 }), ("--learning-rate", { $0.learningRate = 0 }),
        ("--learning-rate", { $0.learningRate = .nan }), ("--learning-rate", { $0.learningRate = -0.1 }),
        ("--learning-rate", { $0.learningRate = 1e9 }), ("--dropout", { $0.dropout = 1 }),
        ("--dropout", { $0.dropout = -0.1 }), ("--dropout", { $0.dropout = .nan }), ("--clip", { $0.clip = 0 }),
        ("--clip", { $0.clip = .nan }), ("--clip", { $0.clip = .infinity }), ("--validation", { $0.validation = 0 }),
        ("--validation", { $0.validation = 1 }), ("--validation", { $0.validation = .nan }),
    ]

    @Test(arguments: changes.indices) func badSettingsNameTheFlag(_ index: Int) throws {
        var settings = Self.settings
        Self.changes[index].change(&settings)
        let error = #expect(throws: ModelError.self) {
            try LanguageModelTraining(settings, text: .generated, folder: folder, on: Self.device)
        }
        #expect("\(error!)".hasPrefix(Self.changes[index].flag + " "))
        #expect(!Files.exists(folder.path))
    }

    @Test func tooLargeIsRefusedBeforeMemoryIsTaken() throws {
        var settings = Self.settings
        (settings.hidden, settings.layers) = (60_000, 9)
        let error = #expect(throws: ModelError.self) {
            try LanguageModelTraining(settings, text: .generated, folder: folder, on: Self.device)
        }
        #expect("\(error!)".contains("GB") && "\(error!)".contains("--hidden"))
        #expect(!Files.exists(folder.path))
    }

    /// What counts is a part of a batch over all steps a gradient goes back.
    @Test func spansAndPartsCountAsMemory() throws {
        var settings = Self.settings
        (settings.hidden, settings.batch, settings.steps) = (256, 64, 5)
        let start = { (settings: LanguageModelSettings) in
            try LanguageModelTraining(settings, text: .generated, folder: nil, on: Self.device)
        }
        _ = try start(settings)
        settings.span = 1 << 16
        let error = #expect(throws: ModelError.self) { try start(settings) }
        #expect("\(error!)".contains("GB") && "\(error!)".hasSuffix("--batch, --steps or --span"), "\(error!)")
        settings.optimization.accumulate = 64
        _ = try start(settings)
        // Validation runs over a batch in one.
        (settings.batch, settings.steps, settings.span) = (1 << 12, 1 << 10, nil)
        settings.optimization.accumulate = 1 << 12
        let validation = #expect(throws: ModelError.self) {
            try Files.write([UInt8](repeating: 0x61, count: 5 << 20) + [0x62], to: temporary("long.txt"))
            _ = try LanguageModelTraining(settings, text: .file(temporary("long.txt")), folder: nil, on: Self.device)
        }
        #expect("\(validation!)".contains("validation"), "\(validation!)")
    }

    @Test func settingsComeBack() throws {
        let settings = Self.settings
        #expect(try LanguageModelSettings(JSON(parsing: settings.json.description, name: ""), name: "") == settings)
        #expect(throws: ModelError.self) { try LanguageModelSettings(["cell": "lstm"], name: "") }
    }
}
