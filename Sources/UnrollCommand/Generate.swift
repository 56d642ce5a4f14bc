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
    @Option(parsing: .unconditional, help: ArgumentHelp("The same seed gives the same text.", valueName: "n"))
    var seed = 1
    @OptionGroup var device: DeviceOption

    func run() throws {
        guard length >= 1 else {
            throw ModelError.badSetting(flag: "--length", value: "\(length)", expected: "a whole number from 1")
        }
        guard seed >= 0 else {
            throw ModelError.badSetting(flag: "--seed", value: "\(seed)", expected: "a whole number not below zero")
        }
        let sampling = try Sampling(temperature: temperature, topK: topK, seed: UInt64(seed))
        let model = try model.loaded(on: try device.chosen())
        // Nothing is printed for a prompt that turns out to be unknown to the model.
        var isFirst = true
        try model.generate(prompt: prompt, length: length, sampling: sampling) { text in
            if isFirst { Terminal.write(prompt) }
            isFirst = false
            Terminal.write(text)
        }
        Terminal.write("\n")
    }
}
