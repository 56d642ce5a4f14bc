import Testing
import Unroll
import UnrollTestSupport

@Suite struct InspectTests {
    private func inspect(_ run: SmallRun, _ more: String...) throws -> Program.Outcome {
        let arguments = ["inspect", "gradients", "--model", run.model, "--text", run.text]
        return try Program.unroll(arguments + (more.contains("--device") ? more : more + ["--device", "cpu"]))
    }

    @Test(arguments: Device.available.map(\.name))
    func showsTheGradientThroughTime(device: String) throws {
        let run = try SmallRun()
        let chart = run.folder("flow.svg")
        let outcome = try inspect(run, "--chart", chart, "--json", "--batch", "5", "--steps", "9", "--device", device)
        let json = try outcome.json()
        #expect(
            json.members?.map(\.name) == ["loss", "nats", "batch", "steps", "device", "layers", "chart"],
            "\(outcome)")
        #expect(json["batch"]?.integer == 5 && json["steps"]?.integer == 9 && json["chart"]?.string == chart)
        #expect(json["loss"]?.string == "last" && json["device"]?.string == device)
        #expect(try #require(json["nats"]?.number) > 0.5)
        let layers = try #require(json["layers"]?.array)
        #expect(layers.map { $0["layer"]?.integer } == [0, 1] && layers.allSatisfy { $0["reversed"]?.bool == false })
        let norms = layers.map { $0["norms"]?.array?.compactMap(\.number) ?? [] }
        #expect(norms.allSatisfy { $0.count == 9 && $0.allSatisfy { $0 > 0 && $0 < 10 } })
        // What the library says of the same batch.
        let model = try LanguageModel(ModelFolder(run.model), on: Device(named: device))
        let text = try ReadFile(DataFile("text", run.text)).text()
        let found = try model.gradientFlow(over: text, name: run.text, batch: 5, steps: 9)
        #expect(try found.flow.curves().map(\.norms) == norms)
        let drawn = String(decoding: try Files.read(chart), as: UTF8.self)
        #expect(drawn.hasPrefix("<svg") && drawn.contains("layer 1") && drawn.contains("lstm, 2 × 6"))
        #expect(Set(TemporaryFolder.names(in: run.folder.path)) == ["text", "model", "flow.svg"])
    }

    @Test func printsATable() throws {
        let run = try SmallRun()
        let outcome = try inspect(run, "--steps", "40")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(outcome.status == 0 && lines[0].contains("lstm, 2 × 6") && lines[0].contains("step 40"))
        #expect(lines[1].hasSuffix("step     layer 0     layer 1"))
        // A selection, the first and the last among it, and how they compare.
        #expect(lines.count == 15 && lines[2].contains("   1 ") && lines[13].contains("  40 "))
        #expect(lines[14].contains("1 ÷ 40") && lines[2...].allSatisfy { $0.count == 36 })
        let all = try inspect(run, "--steps", "3", "--loss", "all")
        #expect(all.output.split(separator: "\n").count == 6 && all.output.contains("on average"))
    }

    /// A text shorter than a batch is read in fewer rows, down to one of two characters.
    @Test func shortTexts() throws {
        let run = try SmallRun()
        for (text, batch, steps) in [("The dogs sleep.", 2, 7), ("Th", 1, 1), ("The dog", 1, 6)] {
            try Files.write(Array(text.utf8), to: run.text)
            let json = try inspect(run, "--steps", "7", "--json").json()
            #expect(json["batch"]?.integer == batch && json["steps"]?.integer == steps, "\(json)")
        }
    }

    @Test func refusesWhatMakesNoSense() throws {
        let run = try SmallRun()
        let flags: [([String], [String])] = [
            (["--steps", "0"], ["--steps", "0"]), (["--batch", "-3"], ["--batch", "-3"]),
            (["--loss", "first"], ["--loss", "last", "all"]), (["--steps", "x"], ["--steps", "x"]),
            (["--chart", run.folder("none/flow.svg")], [run.folder("none/flow.svg"), "cannot be written"]),
            (["--chart", run.model], [run.model, "is a folder"]),
        ]
        let before = try run.contents()
        for (flags, names) in flags {
            let outcome = try Program.unroll(
                ["inspect", "gradients", "--model", run.model, "--text", run.text, "--device", "cpu"] + flags)
            #expect(outcome.isOneLineError(naming: names) && outcome.output.isEmpty, "\(outcome)")
        }
        for (text, names) in [("", ["two characters"]), ("a", ["two characters"]), ("The Ω", ["Ω", "offset 4"])] {
            try Files.write(Array(text.utf8), to: run.text)
            let outcome = try inspect(run)
            #expect(outcome.isOneLineError(naming: names + [run.text]) && outcome.output.isEmpty, "\(outcome)")
        }
        let missing = try Program.unroll("inspect", "gradients", "--model", run.folder("none"), "--text", run.text)
        #expect(missing.isOneLineError(naming: [run.folder("none")]))
        let text = try Program.unroll("inspect", "gradients", "--model", run.model)
        #expect(text.isOneLineError(naming: ["--text"]))
        #expect(try run.contents() == before)
    }

    /// Numbers that are none are named wherever a model is loaded, and nothing is written over.
    @Test(arguments: [Float.nan, .infinity]) func whatIsNotANumberIsNamed(_ value: Float) throws {
        let run = try SmallRun()
        for (file, prefix) in [("model", ""), ("training", "weights."), ("training", "best.")] {
            let path = "\(run.model)/\(file).safetensors"
            let whole = try Files.read(path)
            for name in ["recurrent.weight_hh_l1", "linear.bias"] {
                var weights = try Safetensors(bytes: whole, name: path)
                let array = try #require(weights.arrays[prefix + name])
                var values = try #require(array.values.floats)
                values[values.count - 1] = value
                weights.arrays[prefix + name] = .init(shape: array.shape, values)
                try Files.write(weights.encoded(), to: path)
                let before = try run.contents()
                let commands =
                    file == "model"
                    ? [["generate"], ["evaluate", "--text", run.text], ["inspect", "gradients", "--text", run.text]]
                        .map { $0 + ["--model", run.model] }
                    : [["train", "language-model", "--resume", run.model, "--epochs", "3"]]
                for command in commands {
                    let outcome = try Program.unroll(command)
                    #expect(
                        outcome.isOneLineError(naming: [path, "'\(name)'", "not a number"]) && outcome.output.isEmpty,
                        "\(outcome)")
                }
                #expect(try run.contents() == before)
            }
            try Files.write(whole, to: path)
        }
    }

    /// A run that diverges says what turned first, in one line, and keeps what it saved.
    @Test(arguments: Device.available.map(\.name)) func divergenceNamesATensor(device: String) throws {
        let run = try SmallRun(training: false)
        let outcome = try run.train(
            "--text", run.text, "--output", run.model, "--cell", "rnn-relu", "--optimizer", "sgd", "--learning-rate",
            "100", "--clip", "1e30", "--epochs", "3", "--device", device)
        #expect(
            outcome.isOneLineError(naming: ["diverged", "'", "is not finite at step", "--learning-rate"]), "\(outcome)")
        let record = try Safetensors(path: run.model + "/training.safetensors")
        #expect(record.arrays.values.allSatisfy { $0.values.floats?.allSatisfy(\.isFinite) == true })
    }
}
