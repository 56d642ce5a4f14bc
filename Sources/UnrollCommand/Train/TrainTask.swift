import ArgumentParser
import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a new run of a task is started with: the flags of its own, and those of all runs.
protocol TaskFlags: ParsableArguments {
    associatedtype Model: TaskModel
    /// What the task does, for `--help`.
    static var abstract: String { get }
    /// What there is to know of its data, ending in a space; or nothing.
    static var discussion: String { get }
    /// The flags of all runs.
    var run: RunFlags<Model> { get }
    /// What is learnt from, by role.
    func files() throws -> [DataFile]
    /// The defaults with what was given.
    func settings(epochs: Int?) throws -> Model.Settings
    /// The flags that were given.
    var given: [String] { get }
    /// A model to begin with, where the task can; nil for a new one.
    /// - Throws: `ValidationError`, where another flag says what it is made of.
    func start() throws -> ModelFolder?
}

extension TaskFlags {
    /// A new model.
    func start() throws -> ModelFolder? { nil }
}

/// `unroll train TASK`
struct TrainTask<Flags: TaskFlags>: ParsableCommand {
    typealias Model = Flags.Model

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Model.kind, abstract: Flags.abstract,
            discussion: Flags.discussion
                + "Ctrl-C saves; --resume goes on to the same bits as if the run had never stopped.")
    }

    @OptionGroup var flags: Flags
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often the data is read, in all (default: \(RunFlags<Model>.defaults.epochs)). With --resume, cosine "
                + "and one-cycle go on as in a run of so many.", valueName: "n"))
    var epochs: Int?
    @OptionGroup var device: DeviceOption
    @Option(
        help: ArgumentHelp(
            "A new folder for the model (default: the next of runs/\(Model.kind)-N).", valueName: "folder"))
    var output: String?
    @Option(
        help: ArgumentHelp(
            "Continue the run in this folder with its own settings, on its own device; takes --epochs, --patience, "
                + "--device, --chart, --curves and --json only.", valueName: "folder"))
    var resume: String?
    @OptionGroup var charts: ChartOptions
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let (training, folder) = try resume.map(resumed) ?? begun()
        let display = TrainingDisplay(training, in: folder)

        Interruption.begin()
        let outcome: TrainingOutcome
        do {
            outcome = try training.run(report: display.show, shouldStop: { Interruption.isRequested })
        } catch {
            display.clear()
            throw (error as? DataError).map { SaveFailure(error: $0, folder: folder.path) } ?? error
        }
        Interruption.end()
        if outcome == .stopped {
            display.stopped()
            throw ExitCode(Interruption.status)
        }
        if outcome == .outOfPatience { display.outOfPatience(training) }
        let seconds = (clock.now - start).seconds
        let report = try training.bestModel().report(on: training.data, training.settings)
        display.finished(training, report)
        // Figures are told even where there is no room left for a drawing of them.
        let drawn = Result { try charts.write(report.drawing, of: training) }
        if json { Terminal.line(members(training, report, seconds: seconds).description) }
        try drawn.get()
    }

    private func begun() throws -> (TrainingRun<Model>, ModelFolder) {
        let device = try device.chosen()
        let settings = try flags.settings(epochs: epochs)
        try flags.run.check(settings.run)
        try settings.check()
        let files = try flags.files()
        try charts.check(reading: files)
        let start = try flags.start()
        if let output {
            let folder = ModelFolder(output)
            return (try TrainingRun(settings, from: files, startingWith: start, folder: folder, on: device), folder)
        }
        let folder = try ModelFolder.numbered(Model.kind, in: "runs")
        do {
            return (try TrainingRun(settings, from: files, startingWith: start, folder: folder, on: device), folder)
        } catch {
            // What was made for nothing goes again, where it is empty.
            rmdir(folder.path)
            rmdir("runs")
            throw error
        }
    }

    private func resumed(_ path: String) throws -> (TrainingRun<Model>, ModelFolder) {
        let others = [output.map { _ in "--output" }, device.precision.map { _ in "--precision" }]
        if let flag = flags.given.first(where: { $0 != "--patience" }) ?? others.compactMap(\.self).first {
            throw ValidationError(
                "\(flag) cannot be given with --resume: the run goes on with its own settings, in its own folder")
        }
        let folder = ModelFolder(path)
        let device = try device.device.map { try Device(named: $0) }
        let patience = flags.run.optimization.patience
        let training = try TrainingRun<Model>(resuming: folder, epochs: epochs, patience: patience, on: device)
        try charts.check(reading: training.files)
        return (training, folder)
    }

    private func members(_ training: TrainingRun<Model>, _ report: Report, seconds: Double) -> JSON {
        let number = { (value: Double?) in value.map { JSON.number($0) } ?? .null }
        let bits: [JSON.Member] =
            Model.lossUnit == "nats" ? [.init("validation_bits", number(training.best.map(\.inBits)))] : []
        let reached = [JSON.Member("validation_\(Model.lossUnit)", number(training.best))] + bits
        let run: [JSON.Member] = [
            .init("epochs", .integer(training.epochs)),
            .init("tokens_per_second", number(training.tokensPerSecond.map { $0.rounded() })),
        ]
        let memory = JSON.Member(
            "peak_memory_mb", .number((Double(ProcessMemory.peak) / 0x1p20 * 10).rounded() / 10))
        return .object(
            report.members + reached + run + JSON.cost(of: training.model, seconds: seconds) + [memory])
    }
}

/// A save that failed in the middle of a run: the one before stands.
private struct SaveFailure: Error, CustomStringConvertible {
    var error: DataError
    var folder: String

    var description: String { "\(error); go on from the last save with --resume \(folder)" }
}
