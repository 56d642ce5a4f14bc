import Unroll

/// What a training run shows: a bar where somebody watches, and a line for each epoch.
struct TrainingDisplay {
    private let watched = Terminal.isWatched
    private let folder: ModelFolder
    private let epochs: Int
    private let start: Int

    init(_ training: LanguageModelTraining, in folder: ModelFolder) {
        (self.folder, epochs, start) = (folder, training.settings.epochs, training.epochs)
        let model = training.model.configuration
        Terminal.line("device  \(training.device.info.summary)")
        Terminal.line(
            "model   \(model.cell.name), \(model.layers) × \(model.hidden), \(model.vocabulary.count) characters, "
                + "\(training.model.parameterCount.grouped) parameters")
        if !model.options.description.isEmpty { Terminal.line("options \(model.options)") }
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
            Terminal.line(
                "epoch \(number(epoch.epoch))  loss \(epoch.training.fixed(4))  validation "
                    + "\(epoch.validation.fixed(4)) nats\(epoch.isBest ? "  best" : "")")
        }
    }

    /// Takes the bar away, before something else is shown.
    func clear() { if watched { Terminal.status(nil) } }

    /// The run was asked to stop and has saved.
    func stopped() {
        clear()
        Terminal.error("stopped and saved; go on with: unroll train language-model --resume \(folder.path)")
    }

    /// The run ended before its last epoch.
    func outOfPatience(_ training: LanguageModelTraining) {
        clear()
        let patience = training.settings.optimization.patience ?? 0
        Terminal.line(
            "stopped after epoch \(training.epochs): validation has not improved for \(patience) epochs (--patience); "
                + "go on with: unroll train language-model --resume \(folder.path) --patience \(2 * patience)")
    }

    /// The result: loss of the best model, and a sample.
    func finished(_ training: LanguageModelTraining) throws {
        clear()
        let (best, speed) = (training.best ?? .nan, training.tokensPerSecond)
        Terminal.line(
            "\nbest model: \(best.fixed(4)) nats = \(best.inBits.fixed(4)) bits a character"
                + (speed.map { ", trained at \(Int($0).grouped) tokens/s" } ?? ""))
        if let entropy = training.entropy {
            Terminal.line("true entropy of the generated text: \(entropy.ofGrammar.fixed(4)) nats a character")
        }
        Terminal.line("\nA sample:\n")
        let sampling = try Sampling(temperature: 0.8, seed: UInt64(training.settings.seed))
        let sample = try training.bestModel().generate(length: 400, sampling: sampling)
        for line in sample.split(separator: "\n", omittingEmptySubsequences: false) { Terminal.line("  " + line) }
        Terminal.line("\nmore of it: unroll generate --model \(folder.path)")
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
