import ArgumentParser
import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `unroll`
@main
struct Command: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unroll", abstract: "Trains and runs recurrent sequence models on the CPU and on OpenCL devices.",
        subcommands: [
            Devices.self, Train.self, Evaluate.self, Predict.self, Generate.self, Score.self, Suggest.self,
            Inspect.self, Vectors.self, Make.self, Tune.self,
        ])

    /// What goes wrong is one line on standard error, without the parser's usage text.
    static func main() {
        do {
            var command = try parseAsRoot()
            try Device.checkRequirements()
            try command.run()
        } catch {
            let status = exitCode(for: error)
            let message = message(for: error)
            // Help is asked for, not an error; a status alone has said why already.
            if status.isSuccess || message.isEmpty { exit(withError: error) }
            Terminal.error(message)
            Self.exit(withError: status)
        }
    }
}

/// `unroll train`
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a model and saves it in a folder.",
        subcommands: [
            TrainTask<LanguageModelFlags>.self, TrainTask<ClassifierFlags>.self, TrainTask<TaggerFlags>.self,
            TrainTask<ForecasterFlags>.self, TrainTask<TranslatorFlags>.self, TrainTask<CaptionerFlags>.self,
        ])
}

/// `--device`, `--precision`
struct DeviceOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to compute: cpu, opencl, or opencl:N as 'unroll devices' numbers them.",
            discussion: "Without it UNROLL_DEVICE decides, else an OpenCL GPU if there is one, else the CPU."))
    var device: String?
    @Option(
        help: ArgumentHelp(
            "How products of matrices are computed, where the device can: \(Precision.names) (default: float32).",
            valueName: "precision"), transform: Precision.init(flag:))
    var precision: Precision?

    /// - Throws: `ComputeError` that names the devices there are, or says why not in that precision.
    func chosen() throws -> Device { try Device.chosen(device, precision: precision) }
}

/// `--model`
struct ModelOption: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of a trained model.", valueName: "folder"))
    var model: String

    /// A model of one kind.
    func loaded<Model: TaskModel>(on device: Device, as type: Model.Type = LanguageModel.self) throws -> Model {
        try Model(ModelFolder(model), on: device)
    }

    /// A model of whatever kind.
    func loadedAny(on device: Device) throws -> any TaskModel { try ModelFolder(model).model(on: device) }
}

extension JSON {
    /// What every report of a model has beside its figures: on what it was reached, and how fast.
    static func cost(of model: any TaskModel, seconds: Double) -> [Member] {
        [
            Member("seconds", .number((seconds * 1000).rounded() / 1000)),
            Member("parameters", .integer(model.parameterCount)), Member("device", .string(model.device.name)),
        ]
    }
}
