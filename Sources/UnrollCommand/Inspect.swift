import ArgumentParser
import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `unroll inspect`
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks into a trained model.", subcommands: [InspectGradients.self, InspectAgreement.self])
}

/// `unroll inspect gradients`
struct InspectGradients: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradients",
        abstract: "Shows how the gradient of a language model flows back through time.",
        discussion: """
            Runs one batch of a text forward and backward, as in training, and tells the norm of ∂L/∂h for every step \
            of every layer. Where it shrinks towards the first step, what came early is not learnt; where it grows, \
            training is not stable.
            """)

    @OptionGroup var model: ModelOption
    @Option(help: ArgumentHelp("A UTF-8 file.", valueName: "file"))
    var text: String
    @Option(help: ArgumentHelp("Where to draw it, as SVG.", valueName: "file"))
    var chart: String?
    @Option(
        help: ArgumentHelp(
            "Which steps' loss it is the gradient of: \(LanguageModel.JudgedSteps.names) (default: last).",
            valueName: "name"), transform: LanguageModel.JudgedSteps.named)
    var loss: LanguageModel.JudgedSteps = .last
    @Option(parsing: .unconditional, help: ArgumentHelp("How many rows the text is cut into, at most.", valueName: "n"))
    var batch = 16
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many tokens of a row are read, at most.", valueName: "n"))
    var steps = 64
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        try ModelError.check("--batch", batch, in: 1...65536)
        try ModelError.check("--steps", steps, in: 1...65536)
        try checkDestinations([("--chart", chart)], reading: [text])
        let model = try model.loaded(on: try device.chosen())
        let content = try ReadFile(DataFile("text", text)).text()
        let found = try model.gradientFlow(over: content, name: text, batch: batch, steps: steps, of: loss)
        let curves = try found.flow.curves()
        let configuration = model.configuration
        let subtitle =
            "\(configuration.cell.name), \(configuration.layers) × \(configuration.hidden); L: the loss "
            + (loss == .last ? "at step \(found.steps)" : "of all steps, on average") + "; \(found.batch) rows"
        if let chart { try found.flow.chart(subtitle: subtitle).write(to: chart) }
        if !json {
            table(curves, title: "‖∂L/∂h‖   \(subtitle)").forEach { Terminal.line($0) }
            if let chart { Terminal.line("\nchart: \(chart)") }
            return
        }
        let layers = curves.map { curve in
            JSON.object([
                .init("layer", .integer(curve.layer)), .init("reversed", .bool(curve.isReversed)),
                .init("norms", .numbers(curve.norms)),
            ])
        }
        let report: JSON = [
            "loss": .string(loss.rawValue), "nats": .number(found.loss), "batch": .integer(found.batch),
            "steps": .integer(found.steps), "device": .string(model.device.name), "layers": .array(layers),
            "chart": .optional(chart),
        ]
        Terminal.line("\(report)")
    }

    /// Steps down, layers across: a selection of the steps, the first and the last among them.
    private func table(_ curves: [GradientFlow.Curve], title: String) -> [String] {
        let steps = curves.first?.norms.count ?? 0
        let rows = min(steps, 12)
        let chosen = (0..<rows).map { rows == 1 ? 0 : $0 * (steps - 1) / (rows - 1) }
        let line = { (cells: [String]) in cells.map { $0.padded(12, left: true) }.joined() }
        return [title, "", line(["step"] + curves.map(\.name))]
            + chosen.map { step in line(["\(step + 1)"] + curves.map { $0.norms[step].scientific }) }
            + ["", line(["1 ÷ \(steps)"] + curves.map { (($0.norms.first ?? 0) / ($0.norms.last ?? 0)).scientific })]
    }
}

extension Double {
    /// Three digits and a power of ten: `3.42e-05`.
    fileprivate var scientific: String {
        guard isFinite, self != 0 else { return isFinite ? "0" : "\(self)" }
        var power = Int(log10(abs(self)).rounded(.down))
        // What rounding makes a 10 belongs to the next power.
        if (abs(self) / pow(10, Double(power))).fixed(2) == "10.00" { power += 1 }
        let sign = power < 0 ? "-" : "+"
        return (self / pow(10, Double(power))).fixed(2) + "e\(sign)"
            + String(power.magnitude).padded(2, with: "0", left: true)
    }
}

extension LanguageModel.JudgedSteps: NamedChoice {}
