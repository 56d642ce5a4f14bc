import ArgumentParser
import Unroll

/// `unroll inspect agreement`
struct InspectAgreement: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "Says how often language models let a verb agree with its subject.",
        discussion: """
            By the number of attractors: nouns of the other number between subject and verb (Linzen et al. 2016). A \
            model is right where the verb that agrees is likelier than the one that does not.
            """)

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The folder of a trained model; repeated, to compare.", valueName: "folder"))
    var model: [String]
    @Option(help: ArgumentHelp("Sentences as 'unroll make agreement' writes them.", valueName: "file"))
    var data: String
    @Option(help: ArgumentHelp("Where to draw it, as SVG.", valueName: "file"))
    var chart: String?
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        try checkDestinations([("--chart", chart)], reading: [data])
        let device = try device.chosen()
        let sentences = try AgreementSentences.Sentence.parse(
            try ReadFile(DataFile("data", data)).text(), name: data)
        guard !sentences.isEmpty else { throw ModelError.badText(name: data, reason: "it has no sentence") }
        let found = try model.map { path in
            let model = try LanguageModel(ModelFolder(path), on: device)
            let name = model.configuration.architecture.cell.name + " " + (path.split(separator: "/").last ?? "")
            return (name: name, path: path, rows: try model.agreement(over: sentences, name: "\(data), for \(path)"))
        }
        if let chart {
            try Chart.agreement(
                "Agreement of subject and verb",
                accuracies: found.map { model in
                    (model.name, model.rows.map { ($0.attractors, $0.accuracy, $0.count) })
                }
            ).write(to: chart)
        }
        if json {
            let models = found.map { model in
                JSON.object([
                    .init("model", .string(model.path)),
                    .init("accuracy", .object(model.rows.map { .init("\($0.attractors)", .number($0.accuracy)) })),
                ])
            }
            Terminal.line("\(JSON.object([.init("models", .array(models))]))")
            return
        }
        Terminal.line("attractors" + found.map { $0.name.padded(24, left: true) }.joined())
        for (index, row) in (found.first?.rows ?? []).enumerated() {
            let cells = found.map { $0.rows[index].accuracy.fixed(3).padded(24, left: true) }.joined()
            Terminal.line("\(row.attractors)".padded(10, left: true) + cells)
        }
        if let chart { Terminal.line("\nchart: \(chart)") }
    }
}
