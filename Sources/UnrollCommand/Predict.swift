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
    @OptionGroup var beam: BeamFlags
    @OptionGroup var device: DeviceOption
    @Option(
        help: ArgumentHelp(
            "Where to draw what there is to see, as SVG: a translator's attention to the first input, a forecast.",
            valueName: "file"))
    var chart: String?
    @Flag(help: "Print a JSON object for each input.")
    var json = false

    func run() throws {
        if let count { try ModelError.check("--count", count, in: 1...1024) }
        let files = try data.files()
        if let beam = beam.beam, let count, beam < count {
            throw ModelError.badSetting(
                flag: "--beam", value: "\(beam) with --count \(count)", expected: "as many hypotheses or more")
        }
        guard !input.isEmpty || !files.isEmpty else {
            throw ValidationError("there is nothing to predict from: give --input or a file")
        }
        try checkDestinations([("--chart", chart)], reading: files.map(\.path))
        let model = try model.loadedAny(on: try device.chosen())
        try beam.apply(to: model)
        let input = PredictionInput(texts: input, files: try files.map { try ReadFile($0) }, count: count)
        if let chart {
            guard let drawing = try model.drawing(for: input) else {
                throw ModelError.badSetting(
                    flag: "--chart", value: "\(chart) with a \(type(of: model).kind)",
                    expected: "a forecaster, or a translator and an input that is not blank,")
            }
            try drawing.write(to: chart)
        }
        for prediction in try model.predictions(for: input) {
            Terminal.line(json ? "\(prediction.json)" : prediction.line)
        }
        if let chart, !json { Terminal.line("chart: \(chart)") }
    }
}
