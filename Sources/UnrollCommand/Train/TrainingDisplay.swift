import Unroll

/// What a training run shows: a bar where somebody watches, and a line for each epoch.
struct TrainingDisplay<Model: TaskModel> {
    private let watched = Terminal.isWatched
    private let folder: ModelFolder
    private let epochs: Int
    private let start: Int

    init(_ training: TrainingRun<Model>, in folder: ModelFolder) {
        (self.folder, epochs, start) = (folder, training.settings.epochs, training.epochs)
        let model = training.model.configuration
        Terminal.line("device  \(training.device.info.summary)")
        Terminal.line("model   \(model.summary), \(training.model.parameterCount.grouped) parameters")
        let options = model.architecture.options.description
        if !options.isEmpty { Terminal.line("options \(options)") }
        Terminal.line("folder  \(folder.path)")
        if start > 0 { Terminal.line("resumed after epoch \(start)") }
        Terminal.line()
    }

    func show(_ event: TrainingEvent) {
        switch event {
        case .progress(let progress):
            if watched { Terminal.status(bar(progress)) }
        case .epoch(let epoch):
            clear()
            let validation = epoch.validation.map { "  validation \($0.fixed(4)) \(Model.lossUnit)" } ?? ""
            let figures = epoch.figures.map { "  \($0.words) \($0.value.fixed(4))" }.joined()
            let best = epoch.isBest && epoch.validation != nil ? "  best" : ""
            Terminal.line("epoch \(number(epoch.epoch))  loss \(epoch.training.fixed(4))\(validation)\(figures)\(best)")
        }
    }

    /// Takes the bar away, before something else is shown.
    func clear() { if watched { Terminal.status(nil) } }

    /// The run was asked to stop and has saved.
    func stopped() {
        clear()
        Terminal.error("stopped and saved; go on with: unroll train \(Model.kind) --resume \(folder.path)")
    }

    /// The run ended before its last epoch.
    func outOfPatience(_ training: TrainingRun<Model>) {
        clear()
        let patience = training.settings.optimization.patience ?? 0
        Terminal.line(
            "stopped after epoch \(training.epochs): validation has not improved for \(patience) epochs (--patience); "
                + "go on with: unroll train \(Model.kind) --resume \(folder.path) --patience \(2 * patience)")
    }

    /// The result: the loss of the best model, and what its task has to tell.
    func finished(_ training: TrainingRun<Model>, _ report: Report) {
        clear()
        let speed = training.tokensPerSecond.map { "trained at \(Int($0).grouped) tokens/s" }
        let best = training.best.map { best in
            let bits = Model.lossUnit == "nats" ? " = \(best.inBits.fixed(4)) bits" : ""
            return "best model: \(best.fixed(4)) \(Model.lossUnit)\(bits)\(training.model.configuration.perToken)"
        }
        Terminal.line("\n" + [best, speed].compactMap(\.self).joined(separator: ", "))
        report.lines.forEach { Terminal.line($0) }
        Terminal.line("\n\(Model.use) \(folder.path)")
    }

    private func number(_ epoch: Int) -> String { "\(String(epoch).padded("\(epochs)".count, left: true))/\(epochs)" }

    private func bar(_ progress: TrainingProgress) -> String {
        let speed = progress.tokensPerSecond.map { "  \(Int($0).grouped) tokens/s" } ?? ""
        let left = progress.secondsLeft.map { "  \($0.clock) left" } ?? ""
        let head = "epoch \(number(progress.epoch))  "
        let tail = "  loss \(progress.loss.fixed(4))\(speed)\(left)"
        let width = min(40, Terminal.columns - head.count - tail.count - 1)
        guard width >= 8 else { return String((head + tail).prefix(max(0, Terminal.columns - 1))) }
        let done = width * progress.batch / max(1, progress.batches)
        return head + String(repeating: "━", count: done) + String(repeating: "┄", count: width - done) + tail
    }
}

extension Figure {
    /// Its name as people read it.
    fileprivate var words: String { name.replacing("_", with: " ") }
}
