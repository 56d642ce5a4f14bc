public import UnrollCharts

extension TrainingRun {
    /// The losses of every epoch done.
    public var learningCurves: any Drawing {
        func line(_ name: String, _ key: String) -> Chart.Line {
            Chart.Line(
                name,
                metrics.compactMap { line in
                    guard let epoch = line["epoch"]?.integer, let loss = line[key]?.number else { return nil }
                    return (x: Double(epoch), y: loss)
                })
        }
        return Chart(
            "Learning", x: .init("epoch"), y: .init("loss", unit: Model.lossUnit),
            lines: [line("training", "training_loss"), line("validation", "validation_loss")].filter {
                !$0.points.isEmpty
            })
    }
}
