import ArgumentParser
import Unroll

/// `unroll evaluate`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Says how well a trained model does on other data.")

    @OptionGroup var model: ModelOption
    @OptionGroup var data: DataOptions
    @OptionGroup var beam: BeamFlags
    @OptionGroup var device: DeviceOption
    @Option(help: ArgumentHelp("Where to draw it, as SVG.", valueName: "file"))
    var chart: String?
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let files = try data.files()
        try checkDestinations([("--chart", chart)], reading: files.map(\.path))
        let model = try model.loadedAny(on: try device.chosen())
        try beam.apply(to: model)
        let report = try model.evaluate(try files.map { try ReadFile($0) })
        if let chart {
            guard let drawing = report.drawing else {
                throw ModelError.badSetting(
                    flag: "--chart", value: chart,
                    expected: "a model with something to draw (a \(type(of: model).kind) has not)")
            }
            try drawing.write(to: chart)
        }
        if json {
            let cost = JSON.cost(of: model, seconds: (clock.now - start).seconds)
            Terminal.line("\(JSON.object(report.members + cost))")
        } else {
            report.lines.forEach { Terminal.line($0) }
            if let chart { Terminal.line("chart: \(chart)") }
        }
    }
}
