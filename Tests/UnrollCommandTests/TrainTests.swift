import Testing
import Unroll
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct TrainTests {
    @Test(arguments: Device.available.map(\.name))
    func reportsOneJSONObject(device: String) throws {
        let run = try SmallRun(training: false)
        let outcome = try run.train(
            "--text", run.text, "--output", run.model, "--epochs", "2", "--json", "--device", device)
        #expect(outcome.status == 0, "\(outcome.error)")
        let json = try outcome.json()
        #expect(
            json.members?.map(\.name) == [
                "validation_nats", "validation_bits", "epochs", "tokens_per_second", "seconds", "parameters", "device",
                "peak_memory_mb",
            ])
        let nats = try #require(json["validation_nats"]?.number)
        let bits = try #require(json["validation_bits"]?.number)
        #expect(nats > 0.5 && nats < 4 && abs(bits - nats * 1.442695) < 1e-4)
        #expect(json["device"]?.string == device && json["epochs"]?.integer == 2)
        #expect(try #require(json["tokens_per_second"]?.number) > 0)
        #expect(try #require(json["peak_memory_mb"]?.number) > 1)
        // The object speaks of the model that was saved: best of the lines in metrics.jsonl.
        let metrics = String(decoding: try Files.read(run.model + "/metrics.jsonl"), as: UTF8.self)
        let losses = try metrics.split(separator: "\n").compactMap {
            try JSON(parsing: String($0), name: "metrics.jsonl")["validation_loss"]?.number
        }
        #expect(losses.count == 2 && losses.min() == nats)
        #expect(outcome.output.contains("A sample:"))
    }

    @Test func comparesWithTheGeneratedTextsEntropy() throws {
        let folder = TemporaryFolder()
        let flags = ["--hidden", "8", "--layers", "1", "--batch", "64", "--epochs", "1", "--device", "cpu"]
        for number in 1...2 {
            let outcome = try Program.unroll(["train", "language-model"] + flags, in: folder.path)
            #expect(outcome.status == 0, "\(outcome.error)")
            let entropy = SentenceGrammar.english.entropy
            #expect(outcome.output.contains("entropy of the generated text: \(Int(entropy)).\(Int(entropy * 10) % 10)"))
            // Without --output every run has a folder of its own.
            #expect(outcome.output.contains("runs/language-model-\(number)\n"))
            #expect(Files.exists(folder("runs/language-model-\(number)/model.safetensors")))
        }
    }

    @Test(arguments: Device.available.map(\.name))
    func stopsOnControlCAndGoesOnToTheSameBits(device: String) throws {
        let run = try SmallRun(training: false)
        let on = ["--device", device]
        let program = try Program(run.arguments(["--text", run.text, "--output", run.model, "--epochs", "9999"] + on))
        let deadline = ContinuousClock.now + .seconds(60)
        while ((try? Files.read(run.model + "/metrics.jsonl")) ?? []).isEmpty, ContinuousClock.now < deadline {
            usleep(2000)
        }
        program.signal(SIGINT)
        let stopped = try program.wait()
        #expect(stopped.status == 130)
        #expect(stopped.isOneLineError(naming: ["saved", "unroll train language-model --resume \(run.model)"]))
        #expect(TemporaryFolder.names(in: run.model).count == 4)

        let done = try Files.read(run.model + "/metrics.jsonl").count { $0 == UInt8(ascii: "\n") }
        let total = "\(done + 2)"
        // As it says, and nothing more: on its own device.
        let resumed = try Program.unroll(
            "train", "language-model", "--resume", run.model, "--epochs", total, "--json")
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try resumed.json()["device"]?.string == device)
        #expect(try resumed.json()["epochs"]?.integer == done + 2)

        let whole = run.folder("whole")
        let outcome = try run.train("--text", run.text, "--output", whole, "--epochs", total, "--device", device)
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try run.contents() == run.contents(of: whole))
    }

    /// The line says how to go on, and that is what goes on.
    @Test func goesOnWithMorePatience() throws {
        let run = try SmallRun(training: false)
        let flags = ["--patience", "1", "--learning-rate", "0.5", "--epochs", "60", "--device", "cpu"]
        let first = try Program.unroll(run.arguments(["--text", run.text, "--output", run.model] + flags))
        let line = try #require(first.output.split(separator: "\n").first { $0.contains("(--patience)") }, "\(first)")
        let way = "unroll train language-model --resume \(run.model) --patience 2"
        #expect(line.hasSuffix("go on with: " + way), "\(line)")
        let epochs = { try Files.read(run.model + "/metrics.jsonl").filter { $0 == 0x0A }.count }
        let before = try epochs()
        let second = try Program.unroll(way.split(separator: " ").dropFirst().map(String.init))
        #expect(try second.status == 0 && before < 60 && epochs() > before, "\(second)")
    }

    /// With every option on.
    @Test(arguments: Device.available.map(\.name))
    func goesOnWithItsOptions(device: String) throws {
        let run = try SmallRun(training: false)
        let flags = [
            "--optimizer", "rmsprop", "--momentum", "0.5", "--learning-rate", "0.01", "--weight-decay", "0.01",
            "--schedule", "cosine", "--warm-up", "9", "--clip-value", "0.2", "--accumulate", "3", "--average", "mean",
            "--average-from", "2", "--patience", "8", "--span", "12", "--initializer", "orthogonal", "--layer-norm",
            "--dropout-per-sequence", "--epochs", "4", "--device", device, "--embedding", "6", "--activations",
            "hard-sigmoid,sigmoid,elu:0.7,softsign,scaled-tanh:1.2:0.7", "--peepholes", "--coupled", "--gate-clip", "4",
            "--state-clip", "3", "--zoneout", "0.1", "--state-zoneout", "0.05", "--candidate-dropout", "0.1",
            "--recurrent-dropout", "0.15", "--weight-dropout", "0.1", "--locked-dropout", "0.1", "--embedding-dropout",
            "0.05", "--tied", "--activation-penalty", "0.5", "--temporal-penalty", "0.2",
        ]
        let program = try Program(run.arguments(["--text", run.text, "--output", run.model] + flags))
        while ((try? Files.read(run.model + "/metrics.jsonl")) ?? []).isEmpty { usleep(1000) }
        program.signal(SIGINT)
        let stopped = try program.wait()
        #expect(stopped.status == 130 || stopped.status == 0, "\(stopped.error)")
        let resumed = try Program.unroll("train", "language-model", "--resume", run.model, "--json")
        #expect(try resumed.json()["epochs"]?.integer == 4, "\(resumed.error)")
        let whole = run.folder("whole")
        let outcome = try Program.unroll(run.arguments(["--text", run.text, "--output", whole] + flags))
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try run.contents() == run.contents(of: whole))
    }

    @Test func stopsWhenPatienceRunsOut() throws {
        let run = try SmallRun(training: false)
        let outcome = try run.train(
            "--text", run.text, "--output", run.model, "--epochs", "200", "--patience", "1", "--learning-rate", "0.5",
            "--json")
        #expect(outcome.status == 0 && outcome.output.contains("--patience"), "\(outcome)")
        #expect(try #require(outcome.json()["epochs"]?.integer) < 200)
    }

    /// Large enough that the work is shared.
    @Test func anyNumberOfThreadsGivesTheSameFiles() throws {
        let run = try SmallRun(characters: 3000, training: false)
        for threads in ["1", "2", "3"] {
            let outcome = try Program.unroll(
                ["train", "language-model", "--text", run.text, "--output", run.folder(threads), "--device", "cpu"]
                    + ["--hidden", "70", "--batch", "11", "--steps", "30", "--epochs", "1", "--dropout", "0.1"],
                environment: ["UNROLL_THREADS": threads])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try run.contents(of: run.folder(threads)) == run.contents(of: run.folder("1")))
        }
    }

    @Test func resumesWithItsOwnSettingsOnly() throws {
        let run = try SmallRun()
        let before = try run.contents()
        for flags in [["--hidden", "9"], ["--text", run.text], ["--seed", "5"], ["--output", run.folder("other")]] {
            let outcome = try Program.unroll(["train", "language-model", "--resume", run.model] + flags)
            #expect(outcome.isOneLineError(naming: [flags[0], "--resume"]), "\(outcome.error)")
        }
        let fewer = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "1")
        #expect(fewer.isOneLineError(naming: ["--epochs", "2"]), "\(fewer.error)")
        #expect(try run.contents() == before)

        // A finished run stays as it is, and says the same again.
        let again = try Program.unroll("train", "language-model", "--resume", run.model, "--device", "cpu", "--json")
        #expect(try again.json()["epochs"]?.integer == 2)
        #expect(try run.contents() == before)

        var text = try Files.read(run.text)
        text[0] ^= 1
        try Files.write(text, to: run.text)
        let changed = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "3")
        #expect(changed.isOneLineError(naming: [run.text, "changed"]), "\(changed.error)")
        #expect(try run.contents() == before)
    }

    @Test func survivesAFullDisk() throws {
        let run = try SmallRun()
        let before = try run.contents()
        // Files may not grow beyond one block, and growing them fails instead of ending the program.
        let limited = try Program(
            [
                "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", Program.unroll, "train", "language-model",
                "--resume", run.model, "--epochs", "3", "--device", "cpu",
            ], of: "/bin/sh"
        ).wait()
        #expect(
            limited.isOneLineError(naming: ["training.safetensors", "cannot be written", "--resume \(run.model)"]),
            "\(limited.error)")
        #expect(try run.contents() == before)
        let resumed = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "3", "--json")
        #expect(try resumed.json()["epochs"]?.integer == 3)
    }

    @Test func showsABarOnATerminal() throws {
        // The program's end is held open too, so that what it wrote can still be read when it has ended.
        var (terminal, other): (Int32, Int32) = (-1, -1)
        var path = [CChar](repeating: 0, count: 1024)
        try #require(openpty(&terminal, &other, &path, nil, nil) == 0)
        defer { for file in [terminal, other] { close(file) } }
        let name = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let run = try SmallRun(training: false)
        let program = try Program(
            run.arguments(["--text", run.text, "--output", run.model, "--epochs", "3"]),
            environment: ["TERM": "xterm"], terminal: name)
        let outcome = try program.wait()
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(terminal, &bytes, bytes.count)
        let shown = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        #expect(outcome.status == 0)
        #expect(["epoch 1/3", "┄", "loss", "tokens/s", "left"].allSatisfy(shown.contains), "\(shown)")
        #expect(!outcome.output.contains("┄"))
    }
}
