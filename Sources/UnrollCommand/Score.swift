import ArgumentParser
import Unroll

/// `unroll score`
struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says how likely a language model thinks sentences, the likeliest first.")

    @OptionGroup var model: ModelOption
    @Option(parsing: .unconditionalSingleValue, help: ArgumentHelp("A sentence; repeated.", valueName: "text"))
    var sentence: [String] = []
    @Option(help: ArgumentHelp("A UTF-8 file of sentences, one a line.", valueName: "file"))
    var text: String?
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        if let blank = sentence.first(where: { $0.allSatisfy(\.isWhitespace) }) {
            throw ModelError.badSetting(
                flag: "--sentence", value: "'\(blank)'", expected: "a sentence that is not blank")
        }
        let content = try text.map { try ReadFile(DataFile("text", $0)).text() } ?? ""
        let lines = content.textLines.filter { !$0.allSatisfy(\.isWhitespace) }
        guard !sentence.isEmpty || !lines.isEmpty else {
            throw ValidationError("there is nothing to score: give --sentence or --text")
        }
        let model: LanguageModel = try model.loaded(on: try device.chosen())
        let scores = try model.scores(of: sentence, name: "--sentence") + model.scores(of: lines, name: text ?? "")
        // Equals stay in the order given.
        let order = scores.indices.sorted {
            (scores[$1].logProbability, $0) < (scores[$0].logProbability, $1)
        }
        if json {
            let entries = order.map { index in
                JSON.object([
                    .init("sentence", .string(scores[index].sentence)),
                    .init("log_probability", .number(scores[index].logProbability)),
                    .init("perplexity", .number(scores[index].perplexity)),
                    .init("tokens", .integer(scores[index].tokens)),
                    .init("unknown", .number(scores[index].unknownShare)),
                ])
            }
            Terminal.line("\(JSON.object([.init("sentences", .array(entries))]))")
            return
        }
        Terminal.line("     ln p  perplexity  sentence")
        for index in order {
            let score = scores[index]
            let numbers = [
                score.logProbability.fixed(3).padded(9, left: true), score.perplexity.fixed(2).padded(11, left: true),
            ]
            Terminal.line(numbers.joined(separator: " ") + "  " + score.sentence)
            if score.unknown > 0 {
                Terminal.line("".padded(23) + "(\(score.unknown) of \(score.tokens) unknown to the model)")
            }
        }
    }
}
