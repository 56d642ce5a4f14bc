import ArgumentParser
import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `unroll evaluate`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Says how well a language model foresees a text.")

    @OptionGroup var model: ModelOption
    @Option(help: ArgumentHelp("A UTF-8 file.", valueName: "file"))
    var text: String
    @OptionGroup var device: DeviceOption
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        let model = try model.loaded(on: try device.chosen())
        let characters = try Text.decode(try Files.read(text), name: text)
        let nats = try model.evaluate(characters, name: text)
        if json {
            print(
                JSON.object([
                    .init("nats", .number(nats)), .init("bits", .number(nats.inBits)),
                    .init("perplexity", .number(exp(nats))),
                ]))
        } else {
            print(
                "\(nats.fixed(4)) nats = \(nats.inBits.fixed(4)) bits a character, perplexity \(exp(nats).fixed(2))")
        }
    }
}
