import ArgumentParser
import Unroll

/// `--chart`, `--curves`
struct ChartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to draw what the task has to show, as SVG: what is mistaken for what, a forecast, attention; else "
                + "losses.", valueName: "file"))
    var chart: String?
    @Option(help: ArgumentHelp("Where to draw the losses of every epoch, as SVG.", valueName: "file"))
    var curves: String?

    /// See `checkDestinations`.
    func check(reading files: [DataFile]) throws {
        try checkDestinations([("--chart", chart), ("--curves", curves)], reading: files.map(\.path))
    }

    /// - Throws: `DataError.unwritable`.
    func write<Model: TaskModel>(_ drawing: (any Drawing)?, of run: TrainingRun<Model>) throws {
        let learning = run.learningCurves
        for (path, drawing) in [(chart, drawing ?? learning), (curves, learning)] {
            guard let path else { continue }
            try drawing.write(to: path)
            Terminal.line("chart: \(path)")
        }
    }
}
