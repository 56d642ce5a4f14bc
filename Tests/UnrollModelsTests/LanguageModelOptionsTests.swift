import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// The flags that say how a model is trained.
@Suite struct LanguageModelOptionsTests {
    typealias Settings = LanguageModelSettings
    static let device = TestedBackend.cpu[0].device
    let temporary = TemporaryFolder()

    private func text() throws -> TrainingText {
        let text = SentenceGrammar.english.corpus(characters: 2000, seed: 1).text
        try Files.write(Array(text.utf8), to: temporary("text.txt"))
        return .file(temporary("text.txt"))
    }

    private func contents(_ folder: ModelFolder) throws -> [[UInt8]] {
        try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
    }

    private func losses(_ change: (inout Settings) -> Void, on device: Device = device) throws -> [Double] {
        var settings = LanguageModelTrainingTests.settings
        (settings.batch, settings.dropout) = (6, 0)
        change(&settings)
        var losses: [Double] = []
        let run = try LanguageModelTraining(settings, text: text(), folder: nil, on: device)
        _ = try run.run(report: {
            if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation!] }
        })
        return losses
    }

    /// With every option on.
    static let all: [@Sendable (inout Settings) -> Void] = [
        {
            $0.optimization.optimizer = .nadam
            ($0.optimization.weightDecay, $0.optimization.warmUp) = (0.01, 5)
            ($0.optimization.course, $0.optimization.average) = (.cosine, .exponential)
            ($0.optimization.averageDecay, $0.optimization.clipValue) = (0.9, 0.1)
            ($0.optimization.accumulate, $0.optimization.patience) = (3, 9)
            ($0.span, $0.initializer, $0.forgetBias, $0.cell) = (29, .orthogonal, 1, .lstm)
            ($0.embedding, $0.options) = ($0.hidden, LanguageModelRecurrenceTests.everything(.lstm))
            $0.penalties = ActivationPenalties(activation: 0.5, temporal: 0.2)
        },
        {
            ($0.optimization.optimizer, $0.optimization.momentum, $0.learningRate) = (.rmsprop, 0.5, 0.005)
            ($0.optimization.course, $0.optimization.decay) = (.plateau, 0.3)
            ($0.optimization.average, $0.optimization.averageFrom) = (.mean, 2)
            ($0.span, $0.initializer, $0.cell) = (34, .identity, .rnnReLU)
            ($0.embedding, $0.options) = ($0.hidden, LanguageModelRecurrenceTests.everything(.rnnReLU))
        },
        {
            ($0.optimization.optimizer, $0.learningRate, $0.optimization.accumulate) = (.ntasgd, 3, 2)
            ($0.optimization.course, $0.span, $0.batch) = (.oneCycle, 18, 4)
        },
    ]

    @Test(arguments: all.indices, TestedBackend.all)
    func stoppedAndResumedWithEverythingOn(_ index: Int, _ tested: TestedBackend) throws {
        var settings = LanguageModelTrainingTests.settings
        Self.all[index](&settings)
        #expect(try Settings(JSON(parsing: settings.json.description, name: ""), name: "") == settings)
        let (whole, text) = (ModelFolder(temporary("whole")), try text())
        _ = try LanguageModelTraining(settings, text: text, folder: whole, on: tested.device).run()
        let expected = try contents(whole)
        // Where it stops is all one to the device.
        for stop in tested.name == TestedBackend.all[0].name ? [0, 1, 40, 77] : [40] {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            let outcome = try LanguageModelTraining(settings, text: text, folder: folder, on: tested.device).run(
                shouldStop: {
                    asked += 1
                    return asked > stop
                })
            #expect(outcome == .stopped)
            let run = try LanguageModelTraining(resuming: folder, on: tested.device)
            #expect(run.settings == settings)
            #expect(try run.run() == .finished)
            #expect(try contents(folder) == expected, "stopped after \(stop)")
        }
    }

    /// A batch in parts is the batch, but for rounding.
    @Test(arguments: TestedBackend.all) func partsAreTheBatch(_ tested: TestedBackend) throws {
        let whole = try losses({ _ in }, on: tested.device)
        for parts in [2, 3, 6] {
            let found = try losses({ $0.optimization.accumulate = parts }, on: tested.device)
            #expect(whole.count == 6 && found.count == 6 && found != whole)
            #expect(zip(found, whole).allSatisfy { abs($0 - $1) < 1e-3 }, "\(parts): \(found), \(whole)")
        }
        // Fewer rows a batch are another run.
        let fewer = try losses({ $0.batch = 3 }, on: tested.device)
        #expect(abs(fewer[1] - whole[1]) > 1e-2)
    }

    /// The gradient of a window whose last steps only have targets, with a state asked for in its middle, is that of
    /// running over it in one.
    @Test(arguments: Cell.all, [0, 2, 5, 9]) func spansHaveTheirGradient(_ cell: Cell, _ carry: Int) throws {
        let device = Device.reference
        let configuration = LanguageModelConfiguration(
            cell: cell, hidden: 5, layers: 2, embedding: 3, dropout: 0,
            vocabulary: Vocabulary(of: "abcdefg".unicodeScalars))
        let model = LanguageModel(configuration, seed: 5, on: device)
        let numbers = RandomSource(seed: 2).uniform(count: 4 * 9, site: 0).map { Int32($0 * 7) }
        let inputs = Tensor(numbers, shape: [4, 9], on: device)
        let targets = Tensor(numbers.suffix(12).reversed(), shape: [4, 3], on: device)
        let start = model(inputs).1.detached()
        let (loss, gradients, state) = model.valueWithGradient {
            model.loss(inputs: inputs, targets: targets, state: start, carry: carry)
        }
        let (expected, whole) = model.valueWithGradient {
            model(inputs, start).0.slice(6..<9, along: 1).crossEntropy(targets)
        }
        #expect(relativeError(try loss.doubles(), try expected.doubles()) < 1e-12)
        for (name, parameter) in model.parameters {
            let (found, expected) = (try gradients[parameter]!.doubles(), try whole[parameter]!.doubles())
            #expect(relativeError(found, expected) < 1e-10, "\(name)")
        }
        let reached =
            carry == 0
            ? start
            : model(Tensor((0..<4).flatMap { numbers[$0 * 9..<$0 * 9 + carry] }, shape: [4, carry], on: device), start)
                .1
        for (a, b) in zip(state.tensors, reached.tensors) {
            #expect(relativeError(try a.doubles(), try b.doubles()) < 1e-12)
        }
    }

    /// A gradient that goes back no further than a step does is the plain one; further is another run.
    @Test func spanOfAStepIsNone() throws {
        let plain = try losses { _ in }
        #expect(try losses { $0.span = 17 } == plain)
        let longer = try losses { $0.span = 51 }
        #expect(longer != plain && longer[5] < longer[1])
    }

    @Test(arguments: OptimizerKind.allCases) func everyOptimizerLearns(_ kind: OptimizerKind) throws {
        let found = try losses {
            // Adadelta is slow to begin.
            let rate = kind.learningRate * (kind == .adadelta ? 10 : 2)
            ($0.optimization.optimizer, $0.learningRate, $0.epochs) = (kind, rate, 4)
        }
        #expect(found[7] < 2.7 && found[6] < found[0], "\(found)")
    }

    @Test func everyCourseIsAnother() throws {
        let all = try OptimizationSettings.Course.allCases.map { course in
            try losses { ($0.optimization.course, $0.optimization.decay, $0.learningRate) = (course, 0.1, 0.01) }
        }
        for (index, found) in all.enumerated() where index != 4 {
            #expect(found[4] < found[0])
            for other in all[..<index] where other != all[4] { #expect(found != other) }
        }
        // A plateau that never comes is constant.
        #expect(all[4] == all[0])
    }

    @Test func patienceEndsARun() throws {
        var settings = LanguageModelTrainingTests.settings
        (settings.learningRate, settings.epochs, settings.optimization.patience) = (0.3, 40, 1)
        let run = try LanguageModelTraining(settings, text: text(), folder: nil, on: Self.device)
        #expect(try run.run() == .outOfPatience && run.epochs < 40)
    }

    /// A run that is out of patience goes on with more of it.
    @Test func morePatienceGoesOn() throws {
        var settings = LanguageModelTrainingTests.settings
        (settings.learningRate, settings.epochs, settings.optimization.patience) = (0.3, 40, 1)
        let folder = ModelFolder(temporary("run"))
        let text = try text()
        #expect(
            try LanguageModelTraining(settings, text: text, folder: folder, on: Self.device).run() == .outOfPatience)
        var before = 0
        do {
            let run = try LanguageModelTraining(resuming: folder)
            before = run.epochs
            #expect(try run.run() == .outOfPatience && run.epochs == before)
        }
        do {
            let run = try LanguageModelTraining(resuming: folder, patience: 3)
            #expect(run.settings.optimization.patience == 3)
            #expect(try run.run() == .outOfPatience && run.epochs >= before + 2)
        }
        // The new one is the run's own from here on.
        #expect(try LanguageModelTraining(resuming: folder).settings.optimization.patience == 3)
        #expect(throws: ModelError.self) { try LanguageModelTraining(resuming: folder, patience: 0) }
    }

    /// Folders from before there was a choice go on as they began.
    @Test func olderFoldersGoOn() throws {
        let settings = LanguageModelTrainingTests.settings
        let (whole, folder, text) = (ModelFolder(temporary("whole")), ModelFolder(temporary("old")), try text())
        _ = try LanguageModelTraining(settings, text: text, folder: whole, on: Self.device).run()
        var asked = 0
        _ = try LanguageModelTraining(settings, text: text, folder: folder, on: Self.device).run(shouldStop: {
            asked += 1
            return asked > 40
        })
        var file = try Safetensors(path: folder.training)
        let json = try JSON(parsing: file.metadata["settings"]!, name: "")
        let new = [
            "span", "initializer", "forget_bias", "optimization", "options", "activation_penalty", "temporal_penalty",
            "unit", "vocabulary_limit", "minimum", "lowercase", "frozen", "files",
        ]
        // The text stood by itself.
        let read = try #require(json["files"]?.array?.first)
        let known = [JSON.Member("text", read["path"]!), JSON.Member("sha256", read["sha256"]!)]
        let old = JSON.object(json.members!.filter { !new.contains($0.name) } + known)
        #expect(new.filter { json[$0] != nil }.count == new.count - 1, "no option is on")
        (file.metadata["settings"], file.metadata["optimizer"]) = (old.description, nil)
        try Files.write(file.encoded(), to: folder.training)
        let run = try LanguageModelTraining(resuming: folder)
        #expect(run.settings == settings)
        #expect(try run.run() == .finished)
        #expect(try contents(folder) == contents(whole))
    }

    static let bad: [(flag: String, change: @Sendable (inout Settings) -> Void)] = [
        ("--span", { $0.span = 16 }), ("--span", { $0.span = .max }), ("--forget-bias", { $0.forgetBias = .nan }),
        ("--zoneout", { $0.options.recurrence.zoneout = 1 }),
        ("--peepholes", { $0.options.recurrence.hasPeepholes = true }),
        ("--gate-clip", { $0.options.recurrence.clip = .infinity }), ("--tied", { $0.options.isTied = true }),
        ("--state-zoneout", { $0.options.recurrence.stateZoneout = 0.1 }),
        ("--locked-dropout", { $0.options.lockedDropout = .nan }),
        ("--activations", { $0.options.recurrence.activations = [.tanh] }),
        ("--temporal-penalty", { $0.penalties.temporal = -1 }),
        ("--momentum", { $0.optimization.momentum = 0.5 }),
        ("--momentum", { ($0.optimization.optimizer, $0.optimization.momentum) = (.sgd, 1) }),
        ("--momentum", { $0.optimization.momentum = .nan }), ("--weight-decay", { $0.optimization.weightDecay = -1 }),
        ("--weight-decay", { $0.optimization.weightDecay = .nan }), ("--decay", { $0.optimization.decay = 0 }),
        ("--decay", { $0.optimization.decay = 1.5 }), ("--decay-every", { $0.optimization.decayEvery = 0 }),
        ("--warm-up", { $0.optimization.warmUp = -1 }), ("--clip-value", { $0.optimization.clipValue = 0 }),
        ("--clip-value", { $0.optimization.clipValue = .infinity }),
        ("--accumulate", { $0.optimization.accumulate = 0 }), ("--accumulate", { $0.optimization.accumulate = 2 }),
        ("--average-decay", { $0.optimization.averageDecay = 1 }),
        ("--average-from", { $0.optimization.averageFrom = 0 }), ("--patience", { $0.optimization.patience = 0 }),
        ("--average", { ($0.optimization.optimizer, $0.optimization.average) = (.ntasgd, .mean) }),
    ]

    @Test(arguments: bad.indices) func badSettingsNameTheFlag(_ index: Int) throws {
        var settings = LanguageModelTrainingTests.settings
        Self.bad[index].change(&settings)
        let folder = ModelFolder(temporary("run"))
        let error = #expect(throws: ModelError.self) {
            try LanguageModelTraining(settings, text: .generated, folder: folder, on: Self.device)
        }
        #expect("\(error!)".hasPrefix(Self.bad[index].flag + " ") && !Files.exists(folder.path))
    }
}
