import Testing
import Unroll
import UnrollTestSupport

@Suite struct ModelTests {
    @Test func generatesTheSameTextFromTheSameSeed() throws {
        let run = try SmallRun()
        let generate = { (flags: [String]) in
            let outcome = try Program.unroll(["generate", "--model", run.model, "--device", "cpu"] + flags)
            #expect(outcome.status == 0, "\(outcome.error)")
            return outcome.output
        }
        let text = try generate(["--length", "60", "--seed", "4", "--prompt", "The "])
        #expect(text.hasPrefix("The ") && text.unicodeScalars.count == 4 + 60 + 1)
        #expect(try generate(["--length", "60", "--seed", "4", "--prompt", "The "]) == text)
        #expect(try generate(["--length", "60", "--seed", "5", "--prompt", "The "]) != text)
        // Nothing is left to chance where only the likeliest counts.
        let likeliest = try generate(["--length", "40", "--seed", "1", "--top-k", "1"])
        #expect(try generate(["--length", "40", "--seed", "2", "--temperature", "0"]) == likeliest)
    }

    @Test(arguments: Device.available.map(\.name))
    func evaluates(device: String) throws {
        let run = try SmallRun()
        let arguments = ["evaluate", "--model", run.model, "--text", run.text, "--device", device]
        let json = try Program.unroll(arguments + ["--json"]).json()
        #expect(json.members?.map(\.name) == ["nats", "bits", "perplexity", "seconds", "parameters", "device"])
        #expect(json["parameters"]?.integer ?? 0 > 0 && json["device"]?.string == device)
        let nats = try #require(json["nats"]?.number)
        let model = try LanguageModel(ModelFolder(run.model), on: Device(named: "cpu"))
        let text = try ReadFile(DataFile("text", run.text)).text()
        #expect(abs(nats - (try model.evaluate(text, name: run.text))) < 1e-4)
        #expect(abs(try #require(json["bits"]?.number) - nats * 1.442695) < 1e-4)
        #expect(try Program.unroll(arguments).output.contains("perplexity"))
    }

    @Test func namesAnUnknownCharacterAndItsOffset() throws {
        let run = try SmallRun()
        let text = run.folder("other")
        try Files.write(Array("The dog sings. Ω".utf8), to: text)
        let evaluated = try Program.unroll("evaluate", "--model", run.model, "--text", text)
        #expect(evaluated.isOneLineError(naming: [text, "Ω", "offset 15"]), "\(evaluated.error)")
        let generated = try Program.unroll("generate", "--model", run.model, "--prompt", "ab§")
        #expect(generated.isOneLineError(naming: ["--prompt", "§", "offset 2"]) && generated.output.isEmpty)
    }

    @Test(arguments: ["model.safetensors", "config.json"])
    func refusesDamage(file: String) throws {
        let run = try SmallRun()
        let path = "\(run.model)/\(file)"
        let whole = try Files.read(path)
        let foreign = Array(#"{"model": "translator"}"#.utf8)
        let noise = [UInt8](repeating: 0xFF, count: 100)
        for bytes in [[], Array(whole.prefix(whole.count / 2)), foreign, whole + whole, noise] {
            try Files.write(bytes, to: path)
            for arguments in [["generate"], ["evaluate", "--text", run.text]] {
                let outcome = try Program.unroll(arguments + ["--model", run.model])
                #expect(outcome.isOneLineError(naming: [path]) && outcome.output.isEmpty, "\(outcome)")
            }
        }
    }

    @Test func refusesADamagedRun() throws {
        let run = try SmallRun()
        let path = run.model + "/training.safetensors"
        let whole = try Files.read(path)
        for bytes in [[], Array(whole.prefix(whole.count - 1)), try Files.read(run.model + "/model.safetensors")] {
            try Files.write(bytes, to: path)
            let before = try run.contents()
            let outcome = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "3")
            #expect(outcome.isOneLineError(naming: [path]), "\(outcome.error)")
            #expect(try run.contents() == before)
        }
    }
}
