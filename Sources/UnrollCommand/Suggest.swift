import ArgumentParser
import Unroll

/// `unroll suggest`
struct Suggest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the words a language model thinks likeliest to come next.")

    @OptionGroup var model: ModelOption
    @Option(parsing: .unconditional, help: "What comes before.")
    var prompt = ""
    @Option(parsing: .unconditional, help: ArgumentHelp("How many words.", valueName: "n"))
    var count = 10
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        try ModelError.check("--count", count, in: 1...1000)
        let model: LanguageModel = try model.loaded(on: try device.chosen())
        let suggestions = try model.suggestions(after: prompt, count: count)
        if json {
            let entries = suggestions.map { found in
                JSON.object([.init("word", .string(found.word)), .init("probability", .number(found.probability))])
            }
            Terminal.line("\(JSON.object([.init("words", .array(entries))]))")
            return
        }
        for found in suggestions { Terminal.line("\(found.probability.fixed(4))  \(found.word)") }
    }
}
