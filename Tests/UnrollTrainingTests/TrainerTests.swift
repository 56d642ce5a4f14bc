import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct TrainerTests {
    static let device = TestedBackend.cpu[0].device
    static let configuration: JSON = ["model": "echo"]
    /// A rate at which the validation loss goes up at last, so that best and last differ.
    static func optimizer() -> Optimizer { Adam(learningRate: 0.2) }

    static func settings(saves: Double = 1000) -> Trainer<Echo>.Settings {
        .init(epochs: 4, clip: 0.3, seed: 9, secondsBetweenSaves: saves)
    }

    static func start(_ folder: ModelFolder?, saves: Double = 1000, on device: Device = device) throws -> Trainer<Echo>
    {
        try Trainer(
            Echo(on: device), optimizer(), settings(saves: saves), folder: folder, configuration: configuration,
            description: ["seed": 9])
    }

    static func resume(_ folder: ModelFolder, saves: Double = 1000, on device: Device = device) throws -> Trainer<Echo>
    {
        // Another seed: nothing of the model's start may matter.
        try Trainer(resuming: folder, Echo(on: device, seed: 77), optimizer(), settings(saves: saves))
    }

    static func contents(_ folder: ModelFolder) throws -> [[UInt8]] {
        try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
    }

    /// The four files of a run nobody stopped.
    static func uninterrupted(on device: Device = device) throws -> [[UInt8]] {
        let temporary = TemporaryFolder()
        let folder = ModelFolder(temporary("run"))
        _ = try start(folder, on: device).run()
        return try contents(folder)
    }

    let temporary = TemporaryFolder()
    var folder: ModelFolder { ModelFolder(temporary("run")) }

    @Test func aRunIsWhatTheFilesSay() throws {
        let trainer = try Self.start(folder)
        var (epochs, reports) = ([EpochMetrics](), [TrainingProgress]())
        let outcome = try trainer.run(report: { event in
            switch event {
            case .epoch(let metrics): epochs.append(metrics)
            case .progress(let progress): reports.append(progress)
            }
        })
        #expect(outcome == .finished)
        #expect(epochs.map(\.epoch) == [1, 2, 3, 4] && epochs.map(\.steps) == [5, 10, 15, 20])
        #expect(epochs[0].training > epochs[3].training)
        #expect(epochs.contains { $0.isBest } && !epochs[3].isBest, "the last epoch must not be the best one here")
        let best = epochs.compactMap(\.validation).min()
        #expect(trainer.best == best && trainer.epochs == 4 && trainer.tokensPerSecond ?? 0 > 0)
        #expect(
            reports.first?.batch == 1 && reports.allSatisfy { $0.loss.isFinite && $0.epochs == 4 && $0.batches == 5 })

        #expect(temporary.names == ["run"])
        #expect(
            TemporaryFolder.names(in: folder.path) == [
                "config.json", "metrics.jsonl", "model.safetensors", "training.safetensors",
            ])
        let lines = String(decoding: try Files.read(folder.metrics), as: UTF8.self).split(separator: "\n")
        let metrics = try lines.map { try JSON(parsing: String($0), name: "") }
        #expect(metrics.map { $0["validation_loss"]?.number } == epochs.map(\.validation))
        #expect(metrics.map { $0["training_loss"]?.number } == epochs.map(\.training))
        #expect(try JSON(parsing: Files.read(folder.configuration), name: "") == Self.configuration)

        // The weights in the folder are the best ones, not the last.
        let last = try trainer.task.validate()?.loss
        #expect(last == epochs[3].validation)
        try trainer.loadBest()
        #expect(try trainer.task.validate()?.loss == best)
        let file = try Safetensors(path: folder.weights)
        for (name, parameter) in trainer.task.model.parameters {
            #expect(file.arrays[name] == .init(shape: parameter.shape, try parameter.value.floats()))
        }
        #expect(file.arrays.count == trainer.task.model.parameters.count)
        #expect(file.metadata["format"] == "pt")
    }

    /// The loop written by hand gives the same weights.
    @Test func theLoopIsTheOneInTheManual() throws {
        let task = Echo(on: Self.device)
        let optimizer = Self.optimizer()
        for _ in 0..<4 {
            var state: [Tensor] = []
            for batch in 0..<5 {
                let random = RandomSource(seed: 9, step: optimizer.steps + 1)
                let (_, gradients, next) = task.model.valueWithGradient(random: random) {
                    let (loss, next) = task.loss(batch: BatchPlace(number: batch), state: state)
                    return (loss, next.map { $0.detached() })
                }
                gradients.clip(norm: 0.3)
                optimizer.update(task.model, gradients)
                state = next
            }
        }
        let trainer = try Self.start(nil)
        _ = try trainer.run()
        for ((_, a), (_, b)) in zip(task.model.parameters, trainer.task.model.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }

    @Test(arguments: TestedBackend.all) func sameSeedSameBits(_ tested: TestedBackend) throws {
        #expect(try Self.uninterrupted(on: tested.device) == Self.uninterrupted(on: tested.device))
    }

    /// Saved after every batch or hardly ever: the same files at the end.
    @Test(arguments: TestedBackend.all) func savingDoesNotChangeTheNumbers(_ tested: TestedBackend) throws {
        _ = try Self.start(folder, saves: 0, on: tested.device).run()
        #expect(try Self.contents(folder) == Self.uninterrupted(on: tested.device))
    }

    /// Stopped before every single batch in turn, and once before all of them.
    @Test(arguments: TestedBackend.all) func stoppedAndResumed(_ tested: TestedBackend) throws {
        let expected = try Self.uninterrupted(on: tested.device)
        for stop in 0..<20 {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            let outcome = try Self.start(folder, on: tested.device).run(shouldStop: {
                asked += 1
                return asked > stop
            })
            #expect(outcome == .stopped)
            #expect(try Self.resume(folder, on: tested.device).run() == .finished)
            #expect(try Self.contents(folder) == expected, "stopped before batch \(stop)")
        }
        _ = try Self.start(folder, on: tested.device)
        for stop in 1...20 {
            var asked = 0
            _ = try Self.resume(folder, on: tested.device).run(shouldStop: {
                asked += 1
                return asked > 1
            })
            #expect(try Checkpoint(folder: folder).optimizer.steps == stop)
        }
        #expect(try Self.resume(folder, on: tested.device).run() == .finished)
        #expect(try Self.contents(folder) == expected)
    }

    @Test func aFinishedRunGoesOnToMoreEpochs() throws {
        var settings = Self.settings()
        settings.epochs = 2
        _ = try Trainer(
            Echo(on: Self.device), Self.optimizer(), settings, folder: folder, configuration: Self.configuration,
            description: ["seed": 9]
        ).run()
        #expect(try Self.resume(folder).run() == .finished)
        #expect(try Self.contents(folder) == Self.uninterrupted())
        let again = try Self.contents(folder)
        #expect(try Self.resume(folder).run() == .finished)
        #expect(try Self.contents(folder) == again)
    }

    /// However often it saves, what is saved is finite.
    @Test(arguments: [0, 1000], [1e30, Float.infinity])
    func divergenceKeepsTheLastGoodState(_ saves: Double, _ rate: Float) throws {
        let optimizer = SGD(learningRate: rate)
        let settings = Trainer<Echo>.Settings(epochs: 3, secondsBetweenSaves: saves)
        let trainer = try Trainer(Echo(on: Self.device), optimizer, settings, folder: folder)
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        guard case .diverged(let step, let tensor) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect((1...15).contains(step) && tensor?.contains("'") == true, "\(String(describing: tensor))")
        let saved = try Checkpoint(folder: folder)
        #expect(saved.weights.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
        // The model has what was saved.
        #expect(try trainer.task.model.firstNonFinite() == nil)
    }
}
