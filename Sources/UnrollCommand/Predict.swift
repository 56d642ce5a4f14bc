import ArgumentParser
import Unroll

/// `unroll predict`
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a trained model makes of inputs.",
        discussion: "One line for each input, in order; with --json one object a line.")

    @OptionGroup var model: ModelOption
    @Option(
        parsing: .unconditionalSingleValue, help: ArgumentHelp("A text to predict from; repeated.", valueName: "text"))
    var input: [String] = []
    @OptionGroup var data: DataOptions
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many to tell of each: classes, translations, steps ahead.", valueName: "n"))
    var count: Int?
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print a JSON object for each input.")
    var json = false

    func run() throws {
        if let count { try ModelError.check("--count", count, in: 1...1024) }
        let files = try data.files()
        guard !input.isEmpty || !files.isEmpty else {
            throw ValidationError("there is nothing to predict from: give --input or a file")
        }
        let model = try model.loadedAny(on: try device.chosen())
        let input = PredictionInput(texts: input, files: try files.map { try ReadFile($0) }, count: count)
        for prediction in try model.predictions(for: input) {
            Terminal.line(json ? "\(prediction.json)" : prediction.line)
        }
    }
}
