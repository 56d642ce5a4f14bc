public import UnrollCharts

extension TrainingRun {
    /// The losses of every epoch done.
    public var learningCurves: any Drawing {
        func points(_ key: String) -> [(epoch: Double, loss: Double)] {
            metrics.compactMap { line in
                guard let epoch = line["epoch"]?.integer, let loss = line[key]?.number else { return nil }
                return (Double(epoch), loss)
            }
        }
        let validation = points("validation_loss")
        return Chart.learning(
            "Learning", training: points("training_loss"), validation: validation, unit: Model.lossUnit,
            best: validation.min { $0.loss < $1.loss }?.epoch)
    }
}
