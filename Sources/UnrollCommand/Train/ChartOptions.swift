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

    /// Refuses paths that nothing can be written to, before a training.
    /// - Throws: `DataError.isFolder`, `.unwritable`.
    func check() throws {
        for path in [chart, curves].compactMap(\.self) { try Files.checkWritable(path) }
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
