import ArgumentParser
import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `unroll train language-model`
struct TrainLanguageModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language-model",
        abstract: "Trains a model that writes text character by character.",
        discussion: """
            Without --text it learns sentences of a small grammar, whose entropy is known. Ctrl-C saves; --resume goes \
            on to the same bits as if the run had never stopped.
            """)

    @OptionGroup var flags: LanguageModelFlags
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often the text is read, in all (default: \(LanguageModelFlags.defaults.epochs)). With --resume, cosine "
                + "and one-cycle go on as in a run of so many.", valueName: "n"))
    var epochs: Int?
    @OptionGroup var device: DeviceOption
    @Option(
        help: ArgumentHelp(
            "A new folder for the model (default: the next of runs/language-model-N).", valueName: "folder"))
    var output: String?
    @Option(
        help: ArgumentHelp(
            "Continue the run in this folder with its own settings, on its own device; takes --epochs, --patience, "
                + "--device and --json only.", valueName: "folder"))
    var resume: String?
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
        try display.finished(training)
        if json { Terminal.line(report(training, seconds: seconds).description) }
    }

    private func begun() throws -> (LanguageModelTraining, ModelFolder) {
        let device = try device.chosen()
        let settings = flags.settings(epochs: epochs)
        try flags.check(settings)
        try settings.check()
        let text = flags.text.map { TrainingText.file($0) } ?? .generated
        if let output {
            let folder = ModelFolder(output)
            return (try LanguageModelTraining(settings, text: text, folder: folder, on: device), folder)
        }
        let folder = try ModelFolder.numbered("language-model", in: "runs")
        do {
            return (try LanguageModelTraining(settings, text: text, folder: folder, on: device), folder)
        } catch {
            // What was made for nothing goes again, where it is empty.
            rmdir(folder.path)
            rmdir("runs")
            throw error
        }
    }

    private func resumed(_ path: String) throws -> (LanguageModelTraining, ModelFolder) {
        let others = [output.map { _ in "--output" }, device.precision.map { _ in "--precision" }]
        if let flag = flags.given.first(where: { $0 != "--patience" }) ?? others.compactMap(\.self).first {
            throw ValidationError(
                "\(flag) cannot be given with --resume: the run goes on with its own settings, in its own folder")
        }
        let folder = ModelFolder(path)
        let device = try device.device.map { try Device(named: $0) }
        let patience = flags.optimization.patience
        return (
            try LanguageModelTraining(resuming: folder, epochs: epochs, patience: patience, on: device), folder
        )
    }

    private func report(_ training: LanguageModelTraining, seconds: Double) -> JSON {
        [
            "validation_nats": training.best.map { .number($0) } ?? .null,
            "validation_bits": training.best.map { .number($0.inBits) } ?? .null,
            "epochs": .integer(training.epochs),
            "tokens_per_second": training.tokensPerSecond.map { .number($0.rounded()) } ?? .null,
            "seconds": .number((seconds * 1000).rounded() / 1000),
            "parameters": .integer(training.model.parameterCount), "device": .string(training.device.name),
            "peak_memory_mb": .number((Double(ProcessMemory.peak) / 0x1p20 * 10).rounded() / 10),
        ]
    }
}

/// A save that failed in the middle of a run: the one before stands.
private struct SaveFailure: Error, CustomStringConvertible {
    var error: DataError
    var folder: String

    var description: String { "\(error); go on from the last save with --resume \(folder)" }
}
