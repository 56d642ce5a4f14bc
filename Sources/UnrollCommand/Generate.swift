import ArgumentParser
import Unroll

/// `unroll generate`
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Writes text with a trained language model.")

    @OptionGroup var model: ModelOption
    @Option(parsing: .unconditional, help: "What the text begins with.")
    var prompt = ""
    @Option(parsing: .unconditional, help: ArgumentHelp("How many tokens to add.", valueName: "n"))
    var length = 500
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Below 1 the likely becomes likelier; 0 takes the likeliest.", valueName: "x"))
    var temperature: Float = 1
    @Option(parsing: .unconditional, help: ArgumentHelp("Choose among the likeliest N only.", valueName: "n"))
    var topK: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Choose among the likeliest that come to this probability together.", valueName: "x"))
    var topP: Float?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Above 1, what the text has already becomes less likely.", valueName: "x"))
    var repetitionPenalty: Float = 1
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("End before this text; repeated.", valueName: "text"))
    var stop: [String] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Look for the likeliest text with N hypotheses side by side.", valueName: "n"))
    var beam: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("The same seed gives the same text.", valueName: "n"))
    var seed = 1
    @OptionGroup var device: DeviceOption

    func run() throws {
        try ModelError.check("--length", length, in: 1...Int.max)
        try ModelError.check("--seed", seed, in: 0...Int.max)
        let sampling = try Sampling(
            temperature: temperature, topK: topK, topP: topP, repetitionPenalty: repetitionPenalty, seed: UInt64(seed))
        if let beam { try check(beam, sampling) }
        let model = try model.loaded(on: try device.chosen())
        if let beam {
            let text = try model.generate(prompt: prompt, length: length, beam: beam)
            Terminal.line(prompt + text)
            return
        }
        // Nothing is printed for a prompt that turns out to be unknown to the model.
        var isFirst = true
        try model.generate(prompt: prompt, length: length, sampling: sampling, stop: stop) { text in
            if isFirst { Terminal.write(prompt) }
            isFirst = false
            Terminal.write(text)
        }
        Terminal.write(isFirst ? prompt + "\n" : "\n")
    }

    /// What is not drawn has nothing to choose from.
    private func check(_ beam: Int, _ sampling: Sampling) throws {
        try ModelError.check("--beam", beam, in: 1...1024)
        if try sampling != Sampling(seed: sampling.seed) || !stop.isEmpty {
            throw ModelError.badSetting(
                flag: "--beam", value: "\(beam) with --temperature, --top-k, --top-p, --repetition-penalty or --stop",
                expected: "none of these")
        }
    }
}
