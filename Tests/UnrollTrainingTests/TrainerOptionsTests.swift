import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// Runs with more than a plain optimizer.
@Suite struct TrainerOptionsTests {
    static let device = TrainerTests.device
    let temporary = TemporaryFolder()
    var folder: ModelFolder { ModelFolder(temporary("run")) }

    /// Everything at once. Of five batches an epoch two make an update, and the last one alone.
    static func settings(saves: Double = 1000) -> Trainer<Echo>.Settings {
        var settings = Trainer<Echo>.Settings(epochs: 4, clip: 0.5, seed: 9, secondsBetweenSaves: saves)
        (settings.clipValue, settings.accumulate, settings.patience) = (0.05, 2, 3)
        return settings
    }

    static func optimizer(_ averaging: Averaging = .exponential(decay: 0.75)) -> Optimizer {
        let optimizer = RMSprop(learningRate: 0.1, alpha: 0.9, momentum: 0.5, centred: true, weightDecay: 0.01)
        optimizer.schedule = .warmUp(updates: 3, then: .plateau(by: 0.5, patience: 0))
        optimizer.groups = [ParameterGroup(.vectors, learningRate: 0.5, weightDecay: 0)]
        optimizer.averaging = averaging
        return optimizer
    }

    private func start(
        _ folder: ModelFolder?, _ averaging: Averaging = .exponential(decay: 0.75), saves: Double = 1000,
        on device: Device = device
    ) throws -> Trainer<Echo> {
        try Trainer(Echo(on: device), Self.optimizer(averaging), Self.settings(saves: saves), folder: folder)
    }

    private func resume(
        _ folder: ModelFolder, _ averaging: Averaging = .exponential(decay: 0.75), on device: Device = device
    ) throws -> Trainer<Echo> {
        try Trainer(
            resuming: folder, Echo(on: device, seed: 77), Self.optimizer(averaging), Self.settings())
    }

    /// Stopped before every update in turn, with every option on.
    @Test(arguments: TestedBackend.all, [Averaging.exponential(decay: 0.75), .mean(from: 5), .triggered(interval: 0)])
    func stoppedAndResumed(_ tested: TestedBackend, _ averaging: Averaging) throws {
        _ = try start(folder, averaging, on: tested.device).run()
        let expected = try TrainerTests.contents(folder)
        let record = try Checkpoint(folder: folder)
        #expect(record.optimizer.steps == 12 && record.optimizer.name == "rmsprop")
        #expect(record.optimizer.moments.values.allSatisfy { $0.count == 3 })
        for stop in 0..<12 {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            let outcome = try start(folder, averaging, on: tested.device).run(shouldStop: {
                asked += 1
                return asked > stop
            })
            #expect(outcome == .stopped)
            #expect(try resume(folder, averaging, on: tested.device).run() == .finished)
            #expect(try TrainerTests.contents(folder) == expected, "stopped before update \(stop)")
        }
        let often = ModelFolder(temporary("often"))
        _ = try start(often, averaging, saves: 0, on: tested.device).run()
        #expect(try TrainerTests.contents(often) == expected)
    }

    /// What is validated and saved is the mean, and training goes on from the weights.
    @Test func theMeanIsTheModel() throws {
        let trainer = try start(folder)
        var epochs: [EpochMetrics] = []
        _ = try trainer.run(report: { if case .epoch(let metrics) = $0 { epochs.append(metrics) } })
        let last = try Checkpoint(folder: folder)
        let own = try trainer.task.validate()?.loss
        let mean = try trainer.optimizer.withAverages(of: trainer.task.model) { try trainer.task.validate()?.loss }
        #expect(mean == epochs[3].validation && own != mean)
        #expect(last.weights != last.best && last.optimizer.averages.count == last.weights.count)
        try trainer.loadBest()
        #expect(try trainer.task.validate()?.loss == trainer.best)
    }

    @Test func patienceRunsOut() throws {
        func run(_ patience: Int?, _ folder: ModelFolder) throws -> (TrainingOutcome, [Double], Trainer<Echo>) {
            var settings = TrainerTests.settings()
            (settings.epochs, settings.patience) = (12, patience)
            let optimizer = Adam(learningRate: 0.4)
            let trainer =
                Files.exists(folder.training)
                ? try Trainer(resuming: folder, Echo(on: Self.device), optimizer, settings)
                : try Trainer(Echo(on: Self.device), optimizer, settings, folder: folder)
            var losses: [Double] = []
            let outcome = try trainer.run(report: {
                if case .epoch(let epoch) = $0 { losses.append(epoch.validation!) }
            }
            )
            return (outcome, losses, trainer)
        }
        let (outcome, all, _) = try run(nil, ModelFolder(temporary("all")))
        #expect(outcome == .finished && all.count == 12)
        let waits = all.indices.map { last in last - all[...last].firstIndex(of: all[...last].min()!)! }
        let expected = try #require(waits.firstIndex(of: 2), "validation must get worse for this test: \(all)") + 1
        let (early, losses, trainer) = try run(2, folder)
        #expect(early == .outOfPatience && losses == Array(all[..<expected]) && trainer.best == losses.min())
        // The best weights are kept, not the last.
        try trainer.loadBest()
        #expect(try trainer.task.validate()?.loss == losses.min())
        let files = try TrainerTests.contents(folder)
        // Asked to go on, it has no more patience than before; with more, it goes on.
        withExtendedLifetime(trainer) {}
        let again = ModelFolder(temporary("again"))
        try Files.makeFolder(again.path)
        for (path, bytes) in zip([again.training, again.weights, again.configuration, again.metrics], files) {
            try Files.write(bytes, to: path)
        }
        #expect(try run(2, again).0 == .outOfPatience)
        #expect(try TrainerTests.contents(again) == files)
    }

    // MARK: What is refused

    @Test func anotherOptimizerIsNamed() throws {
        _ = try TrainerTests.start(folder).run(shouldStop: { true })
        _ = try TrainerTests.resume(folder).run()
        let before = try TrainerTests.contents(folder)
        for other in [AdamW(), NAdam(), SGD(learningRate: 1), Adadelta(), NTASGD(learningRate: 1)] as [Optimizer] {
            let error = #expect(throws: TrainingError.self) {
                try Trainer(resuming: folder, Echo(on: Self.device), other, TrainerTests.settings())
            }
            let line = "\(error!)"
            #expect(line.hasPrefix(folder.training) && line.contains("is adam, not "), "\(line)")
        }
        #expect(try TrainerTests.contents(folder) == before)
    }

    @Test func damagedMomentsAreNamed() throws {
        _ = try start(folder).run(shouldStop: { false })
        let file = try Safetensors(path: folder.training)
        let damages: [(inout Safetensors) -> Void] = [
            { $0.arrays["moments.0.linear.bias"] = nil }, { $0.arrays["moments.2.linear.bias"] = nil },
            { for k in 0..<3 { $0.arrays["moments.\(k).linear.bias"] = nil } },
            { $0.arrays["moments.1.linear.bias"] = .init(shape: [4], [0, 0, 0, 0]) },
            { $0.arrays["moments.1.linear.bias"] = .init(shape: [3], .int32([0, 0, 0])) },
            { $0.arrays["moments.0.another"] = .init(shape: [1], [0]) }, { $0.arrays["average.linear.bias"] = nil },
            { $0.arrays["average.linear.bias"] = .init(shape: [2], [0, 0]) },
            { $0.metadata["optimizer"] = "{}" }, { $0.metadata["optimizer"] = "[" },
        ]
        for (index, damage) in damages.enumerated() {
            var damaged = file
            damage(&damaged)
            try Files.write(damaged.encoded(), to: folder.training)
            let error = #expect(throws: (any Error).self, "damage \(index)") { try resume(folder) }
            let line = error.map { "\($0)" } ?? ""
            #expect(line.hasPrefix(folder.training) && !line.contains("\n"), "\(line)")
        }
    }

    /// Files from before optimizers had names go on.
    @Test func olderFilesGoOn() throws {
        let expected = try TrainerTests.uninterrupted()
        var asked = 0
        _ = try TrainerTests.start(folder).run(shouldStop: {
            asked += 1
            return asked > 12
        })
        var file = try Safetensors(path: folder.training)
        file.metadata["optimizer"] = nil
        try Files.write(file.encoded(), to: folder.training)
        #expect(try TrainerTests.resume(folder).run() == .finished)
        #expect(try TrainerTests.contents(folder) == expected)
    }

    // MARK: What is not finite

    /// An echo whose loss or gradients go wrong at one batch.
    private struct Poisoned: TrainingTask {
        let echo = Echo(on: TrainerOptionsTests.device)
        let poison: @Sendable (Echo.Model) -> Tensor

        var model: Echo.Model { echo.model }
        var batches: Int { 5 }
        var tokensPerBatch: Int { 28 }
        var stateShapes: [[Int]] { echo.stateShapes }

        func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
            let (loss, state) = echo.loss(batch: batch, state: state)
            return (batch.number == 3 ? loss + poison(model) : loss, state)
        }

        func validate() throws -> Validation? { try echo.validate() }
    }

    /// The first tensor is named, and the step, whether every update is looked at or the loss told; what was saved stays.
    @Test(arguments: [false, true], [0, 1000]) func theFirstTensorIsNamed(_ checks: Bool, _ saves: Double) throws {
        let poisons: [(String, @Sendable (Echo.Model) -> Tensor)] = [
            ("the gradient of 'linear.bias'", { ($0.linear.bias!.value * Float.infinity).sum() }),
            (
                "the gradient of 'recurrent.weight_hh_l1'",
                { $0.recurrent.parameters[5].parameter.value.sum() * Float.nan }
            ),
        ]
        for (index, (name, poison)) in poisons.enumerated() {
            let folder = ModelFolder(temporary("run-\(index)"))
            var settings = Trainer<Poisoned>.Settings(epochs: 3, clip: 1, secondsBetweenSaves: saves)
            settings.checksEveryUpdate = checks
            let task = Poisoned(poison: poison)
            let trainer = try Trainer(task, Adam(learningRate: 0.01), settings, folder: folder)
            let error = #expect(throws: TrainingError.self) { try trainer.run() }
            #expect(error == .diverged(step: 4, tensor: name), "\(String(describing: error))")
            #expect("\(error!)".contains(name))
            let record = try Checkpoint(folder: folder)
            #expect(record.weights.values.allSatisfy { $0.values.allSatisfy(\.isFinite) } && record.optimizer.steps < 4)
        }
    }

    @Test(arguments: TestedBackend.allAndReference) func firstNonFinite(_ tested: TestedBackend) throws {
        let model = Echo(on: tested.device).model
        #expect(try model.firstNonFinite() == nil)
        func set(_ index: Int, _ value: Float) throws -> String {
            let (name, parameter) = model.parameters[index]
            var values = try parameter.value.floats()
            values[values.count - 1] = value
            parameter.value = Tensor(values, shape: parameter.shape, on: tested.device)
            return name
        }
        // Squares that overflow are no reason.
        _ = try set(2, 1e30)
        #expect(try model.firstNonFinite() == nil)
        let last = try set(9, .nan)
        #expect(try model.firstNonFinite() == last)
        let first = try set(5, -.infinity)
        #expect(try model.firstNonFinite() == first)
    }

    /// A number that is missing in the data is no fault of the learning rate.
    private struct Gap: TrainingTask {
        let echo = Echo(on: TrainerTests.device)
        var model: Echo.Model { echo.model }
        var batches: Int { 5 }
        var tokensPerBatch: Int { 28 }
        var stateShapes: [[Int]] { echo.stateShapes }

        func inputs(batch: BatchPlace) -> [(name: String, values: Tensor)] {
            let device = TrainerTests.device
            let targets = Tensor([1, 2] as [Int32], on: device)
            return [("targets", targets), ("x", Tensor([0, batch.number == 3 ? .nan : 1, 2], on: device))]
        }

        func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
            let (loss, state) = echo.loss(batch: batch, state: state)
            return (loss * inputs(batch: batch)[1].values.sum(), state)
        }

        func validate() throws -> Validation? { try echo.validate() }
    }

    @Test(arguments: [false, true], [1, 2]) func dataThatIsNotFiniteIsNamed(_ checks: Bool, _ accumulate: Int) throws {
        var settings = Trainer<Gap>.Settings(epochs: 3, secondsBetweenSaves: 1000)
        (settings.checksEveryUpdate, settings.accumulate) = (checks, accumulate)
        let trainer = try Trainer(Gap(), Adam(learningRate: 0.01), settings)
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(error == .nonFiniteInput(batch: 3, name: "x"), "\(String(describing: error))")
        #expect("\(error!)".contains("'x' of batch 3") && !"\(error!)".contains("--learning-rate"))
    }

    /// With a rate that is fit for it the run goes on from the last save, as if it had been so from there.
    @Test(arguments: [1, 2, 3], [false, true]) func runsAgainAfterDivergence(_ accumulate: Int, _ checks: Bool) throws {
        func trained(_ rates: [Float]) throws -> [[Float]] {
            let optimizer = SGD(learningRate: 0)
            var settings = TrainerTests.settings()
            (settings.accumulate, settings.checksEveryUpdate) = (accumulate, checks)
            let trainer = try Trainer(Echo(on: TrainerTests.device), optimizer, settings)
            for rate in rates.dropLast() {
                optimizer.learningRate = rate
                let error = #expect(throws: TrainingError.self) { try trainer.run() }
                guard case .diverged(_, .some) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            optimizer.learningRate = rates.last!
            #expect(try trainer.run() == .finished)
            return try trainer.task.model.parameters.map { try $0.parameter.value.floats() }
        }
        #expect(try trained([1e30, .infinity, 0.05]) == trained([0.05]))
    }
}
