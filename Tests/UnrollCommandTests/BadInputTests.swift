import Testing
import Unroll
import UnrollTestSupport

@Suite struct BadInputTests {
    /// Flags and what the one line must name.
    static let flags: [(flags: String, names: [String])] = [
        ("--hidden 0", ["--hidden", "0"]), ("--hidden -3", ["--hidden", "-3"]), ("--hidden 1e3", ["--hidden", "1e3"]),
        ("--hidden 99999999999999999999", ["--hidden"]), ("--layers 0", ["--layers"]),
        ("--hidden 65536 --layers 65536", ["--hidden", "--layers"]), ("--embedding -1", ["--embedding"]),
        ("--batch 0", ["--batch"]), ("--steps 1000000000", ["--steps", "1000000000"]), ("--epochs 0", ["--epochs"]),
        ("--epochs nan", ["--epochs", "nan"]), ("--epochs -3", ["--epochs", "-3"]),
        ("--learning-rate 0", ["--learning-rate"]),
        ("--learning-rate -0.1", ["--learning-rate", "-0.1"]), ("--learning-rate nan", ["--learning-rate", "nan"]),
        ("--learning-rate inf", ["--learning-rate", "inf"]), ("--learning-rate 1e30", ["--learning-rate"]),
        ("--dropout 1", ["--dropout"]), ("--dropout -0.5", ["--dropout"]), ("--dropout nan", ["--dropout", "nan"]),
        ("--clip 0", ["--clip"]), ("--clip nan", ["--clip", "nan"]), ("--validation 0", ["--validation"]),
        ("--validation 1", ["--validation"]), ("--validation nan", ["--validation", "nan"]),
        ("--optimizer momentum", ["--optimizer", "momentum", "nadam"]),
        ("--schedule linear", ["--schedule", "cosine"]),
        ("--warm-up -5", ["--warm-up", "-5"]), ("--weight-decay -1", ["--weight-decay", "-1"]),
        ("--momentum 0.9", ["--momentum", "--optimizer sgd"]), ("--clip-value 0", ["--clip-value"]),
        ("--average all", ["--average", "mean"]),
        ("--average mean --optimizer nt-asgd", ["--average", "nt-asgd"]), ("--patience 0", ["--patience"]),
        ("--accumulate 0", ["--accumulate"]), ("--batch 16 --accumulate 3", ["--accumulate", "--batch 16"]),
        ("--steps 64 --span 63", ["--span", "63", "64"]), ("--initializer zero", ["--initializer", "orthogonal"]),
        ("--zoneout 1", ["--zoneout", "1.0"]), ("--zoneout nan", ["--zoneout", "nan"]),
        ("--state-zoneout 0.1 --cell gru", ["--state-zoneout", "gru"]),
        ("--state-clip 1 --cell rnn", ["--state-clip", "rnn"]), ("--gate-clip 0", ["--gate-clip", "0"]),
        ("--gate-clip inf", ["--gate-clip", "inf"]), ("--peepholes --cell gru", ["--peepholes", "gru", "lstm"]),
        ("--coupled --cell rnn-relu", ["--coupled", "rnn-relu", "lstm"]),
        ("--candidate-dropout -0.1", ["--candidate-dropout", "-0.1"]),
        ("--recurrent-dropout 1", ["--recurrent-dropout"]), ("--weight-dropout 2", ["--weight-dropout", "2.0"]),
        ("--locked-dropout 1", ["--locked-dropout"]), ("--embedding-dropout -1", ["--embedding-dropout", "-1.0"]),
        ("--tied --hidden 5 --embedding 6", ["--tied", "--hidden 5", "--embedding 6"]),
        ("--activations tanh", ["--activations", "1", "5", "lstm"]),
        ("--layer-norm=1", ["--layer-norm"]),
        ("--dropout-per-sequence", ["--dropout-per-sequence", "--dropout 0.0"]),
        ("--dropout-per-sequence --dropout 0.1 --layers 1", ["--dropout-per-sequence", "--layers 1"]),
        ("--forget-bias 1 --cell gru", ["--forget-bias", "1.0", "--cell lstm"]),
        ("--forget-bias 1 --coupled", ["--forget-bias", "1.0", "--coupled"]),
        ("--decay 0.3", ["--decay", "0.3", "--schedule step"]),
        ("--decay 0.3 --schedule cosine", ["--decay", "plateau"]),
        ("--decay-every 2 --schedule one-cycle", ["--decay-every", "2", "exponential"]),
        ("--average-decay 0.9", ["--average-decay", "0.9", "--average exponential"]),
        ("--average-decay 0.9 --average mean", ["--average-decay", "--average exponential"]),
        ("--average-from 2", ["--average-from", "2", "--average mean"]),
        ("--average-from 2 --average exponential", ["--average-from", "--average mean"]),
        ("--decay 0 --schedule step", ["--decay", "0.0"]),
        ("--decay-every 0 --schedule plateau", ["--decay-every", "0"]),
        ("--average-decay 1 --average exponential", ["--average-decay", "1.0"]),
        ("--average-from 0 --average mean", ["--average-from", "0"]),
        ("--activations sine", ["--activations", "'sine'"]),
        ("--activations tanh:1", ["--activations", "'tanh:1'"]),
        ("--activations elu:-1", ["--activations", "'elu:-1'"]),
        ("--activations elu:nan,tanh", ["--activations", "'elu:nan'"]), ("--activations ,", ["--activations", "''"]),
        ("--activation-penalty -1", ["--activation-penalty", "-1.0"]),
        ("--temporal-penalty inf", ["--temporal-penalty", "inf"]),
        ("--forget-bias inf", ["--forget-bias", "inf"]), ("--dropout 0.99999999999", ["--dropout"]),
        ("--seed -1", ["--seed", "-1"]), ("--cell transformer", ["--cell", "transformer", "lstm"]),
        ("--device gpu", ["gpu", "cpu"]), ("--device opencl:99", ["opencl:99", "cpu"]), ("--hiden 3", ["--hiden"]),
        ("--freeze *", ["--freeze", "left to train"]), ("--freeze none.*", ["--freeze", "embedding.weight"]),
        ("--hidden", ["--hidden"]), ("extra", ["extra"]),
    ]

    @Test(arguments: flags)
    func flag(_ flags: String, _ names: [String]) throws {
        let run = try SmallRun(training: false)
        let words = flags.split(separator: " ").map(String.init)
        let outcome = try Program.unroll(
            ["train", "language-model", "--text", run.text, "--output", run.model] + words)
        #expect(outcome.isOneLineError(naming: names), "\(outcome)")
        #expect(!Files.exists(run.model))
    }

    /// What a run that goes on is told or finds.
    @Test func resuming() throws {
        let run = try SmallRun()
        let before = try run.contents()
        for epochs in ["-3", "0", "1", "1000000000"] {
            let outcome = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", epochs)
            #expect(outcome.isOneLineError(naming: ["--epochs", epochs]), "\(outcome)")
        }
        let patience = try Program.unroll("train", "language-model", "--resume", run.model, "--patience", "0")
        #expect(patience.isOneLineError(naming: ["--patience", "0"]), "\(patience)")
        for flags in [
            ["--optimizer", "sgd"], ["--zoneout", "0.1"], ["--tied"], ["--layer-norm"], ["--span", "9"],
            ["--initializer", "he"],
        ] {
            let outcome = try Program.unroll(["train", "language-model", "--resume", run.model] + flags)
            #expect(outcome.isOneLineError(naming: [flags[0], "--resume"]), "\(outcome)")
        }
        #expect(try run.contents() == before)

        func damaged(_ old: String, _ new: String, _ key: String) throws -> Program.Outcome {
            var file = try Safetensors(bytes: before["training.safetensors"]!, name: "")
            #expect(file.metadata[key]!.contains(old), "\(file.metadata[key]!)")
            file.metadata[key] = file.metadata[key]!.replacing(old, with: new)
            try Files.write(file.encoded(), to: run.model + "/training.safetensors")
            return try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "3")
        }
        for optimizer in ["sgd", "nadam", "rmsprop"] {
            let outcome = try damaged("\"optimizer\":\"adam\"", "\"optimizer\":\"\(optimizer)\"", "settings")
            #expect(outcome.isOneLineError(naming: ["training.safetensors", "adam", optimizer]), "\(outcome)")
        }
        let unknown = try damaged("\"optimizer\":\"adam\"", "\"optimizer\":\"eve\"", "settings")
        #expect(unknown.isOneLineError(naming: ["training.safetensors", "'optimizer'"]), "\(unknown)")
        let parts = try damaged("\"accumulate\":1", "\"accumulate\":-1", "settings")
        #expect(parts.isOneLineError(naming: ["--accumulate", "-1"]), "\(parts)")

        // A dropout of 1 in all but name.
        let configuration = String(decoding: before["config.json"]!, as: UTF8.self)
        #expect(configuration.contains("\"dropout\": 0.1"))
        let changed = configuration.replacing("\"dropout\": 0.1", with: "\"dropout\": 0.99999999999")
        try Files.write(Array(changed.utf8), to: run.model + "/config.json")
        let outcome = try Program.unroll("evaluate", "--model", run.model, "--text", run.text)
        #expect(outcome.isOneLineError(naming: ["config.json", "'dropout'"]), "\(outcome)")
    }

    @Test(arguments: ["--length 0", "--length -1", "--temperature -1", "--temperature nan", "--top-k 0", "--seed -1"])
    func generating(_ flags: String) throws {
        let run = try SmallRun()
        let words = flags.split(separator: " ").map(String.init)
        let outcome = try Program.unroll(["generate", "--model", run.model] + words)
        #expect(outcome.isOneLineError(naming: words) && outcome.output.isEmpty, "\(outcome)")
    }

    /// Texts that cannot be learnt, and what the line must say.
    static let texts: [(bytes: [UInt8]?, names: [String])] = [
        (nil, ["no such file"]), ([], ["empty"]), ([0x61], ["'a'"]), (Array(repeating: 0x61, count: 9999), ["'a'"]),
        (Array("the dog".utf8), ["7 characters", "--batch", "--steps"]),
        ([0x61, 0x62, 0xFF, 0xFE] + Array(repeating: 0x80, count: 9999), ["UTF-8", "byte 2"]),
    ]

    @Test(arguments: texts.indices)
    func text(_ index: Int) throws {
        let (bytes, names) = Self.texts[index]
        let folder = TemporaryFolder()
        if let bytes { try Files.write(bytes, to: folder("text")) }
        let outcome = try Program.unroll("train", "language-model", "--text", folder("text"), in: folder.path)
        #expect(outcome.isOneLineError(naming: names + [folder("text")]), "\(outcome)")
        #expect(folder.names == (bytes == nil ? [] : ["text"]))
    }

    @Test func folderAsText() throws {
        let (folder, run) = (TemporaryFolder(), try SmallRun())
        for command in [["train", "language-model"], ["evaluate", "--model", run.model]] {
            let outcome = try Program.unroll(command + ["--text", folder.path], in: folder.path)
            #expect(outcome.isOneLineError(naming: [folder.path, "is a folder"]), "\(outcome)")
        }
        #expect(folder.names.isEmpty)
    }

    @Test func outputThatHoldsAModel() throws {
        let run = try SmallRun()
        let before = try run.contents()
        let outcome = try run.train("--text", run.text, "--output", run.model)
        #expect(outcome.isOneLineError(naming: [run.model, "--resume"]), "\(outcome)")
        #expect(try run.contents() == before)
    }

    @Test func outputThatCannotBeWritten() throws {
        let run = try SmallRun(training: false)
        for path in [run.text, run.text + "/model", "/dev/null/model"] {
            let outcome = try run.train("--text", run.text, "--output", path)
            let file = path.hasPrefix("/dev/null") ? "/dev/null" : run.text
            #expect(outcome.isOneLineError(naming: [file, "cannot be written"]), "\(outcome)")
        }
    }

    /// Before anything is trained: hours would be lost.
    @Test func drawingThatCannotBeWritten() throws {
        let run = try SmallRun(training: false)
        let paths = [
            ("--chart", run.folder("none/a.svg"), "cannot be written"), ("--curves", run.folder.path, "is a folder"),
        ]
        for (flag, path, reason) in paths {
            let outcome = try run.train("--text", run.text, "--output", run.model, flag, path)
            #expect(outcome.isOneLineError(naming: [path, reason]), "\(outcome)")
            #expect(!Files.exists(run.model))
        }
        let outcome = try Program.unroll(
            "vectors", "train", "--text", run.text, "--output", run.folder("none/vectors.txt"))
        #expect(outcome.isOneLineError(naming: [run.folder("none/vectors.txt"), "cannot be written"]), "\(outcome)")
    }

    /// What is read stays as it is, and so does what took long to make.
    @Test func whatIsThereIsNotWrittenOver() throws {
        let run = try SmallRun()
        let (text, chart) = (try Files.read(run.text), run.folder("a.svg"))
        // By another name.
        let same = run.folder.path + "/../" + (run.folder.path.split(separator: "/").last ?? "") + "/text"
        #expect(Files.areSame(same, run.text))
        let commands: [([String], [String])] = [
            (
                ["train", "language-model", "--text", run.text, "--output", run.folder("new"), "--chart", same],
                ["--chart"]
            ),
            (
                [
                    "train", "language-model", "--text", run.text, "--output", run.folder("new"), "--chart", chart,
                    "--curves", run.folder("./a.svg"),
                ], ["--curves", "--chart"]
            ),
            (["train", "language-model", "--resume", run.model, "--chart", run.text], ["--chart", run.text]),
            (["evaluate", "--model", run.model, "--text", run.text, "--chart", run.text], ["--chart", run.text]),
            (["inspect", "gradients", "--model", run.model, "--text", run.text, "--chart", run.text], ["--chart"]),
            (["vectors", "train", "--text", run.text, "--output", run.text], ["--output", "a new file"]),
        ]
        for (arguments, names) in commands {
            let outcome = try Program.unroll(arguments)
            #expect(outcome.isOneLineError(naming: names), "\(outcome)")
            #expect(try Files.read(run.text) == text && !Files.exists(run.folder("new")) && !Files.exists(chart))
        }
        try Files.write(text, to: run.folder("text.txt"))
        let made = try Program.unroll("make", "agreement", "--output", run.folder.path)
        #expect(made.isOneLineError(naming: ["--output", "text.txt"]), "\(made)")
        #expect(try Files.read(run.folder("text.txt")) == text)
    }

    @Test(arguments: ["generate", "evaluate", "resume"])
    func noModel(_ command: String) throws {
        let run = try SmallRun(training: false)
        let arguments = [
            "generate": ["generate", "--model", run.model],
            "evaluate": ["evaluate", "--model", run.model, "--text", run.text],
            "resume": ["train", "language-model", "--resume", run.model],
        ]
        let outcome = try Program.unroll(try #require(arguments[command]))
        #expect(outcome.isOneLineError(naming: [run.model]), "\(outcome)")
        #expect(!Files.exists(run.model))
    }

    @Test func environment() throws {
        let folder = TemporaryFolder()
        let withoutOpenCL: [String: String?] = ["OCL_ICD_VENDORS": folder.path, "UNROLL_REQUIRE_OPENCL": nil]
        let settings: [([String: String?], [String])] = [
            (["UNROLL_DEVICE": "gpu"], ["gpu", "cpu"]), (["UNROLL_THREADS": "0"], ["UNROLL_THREADS", "0"]),
            (["UNROLL_INSTRUCTION_SET": "mmx"], ["UNROLL_INSTRUCTION_SET", "mmx"]),
            (["UNROLL_REQUIRE_OPENCL": "1", "OCL_ICD_VENDORS": folder.path], ["OpenCL"]),
            (withoutOpenCL.merging(["UNROLL_DEVICE": "opencl"]) { $1 }, ["OpenCL"]),
            (["UNROLL_DEVICE": "opencl", "UNROLL_OPENCL_LIBRARY": "/none.so"], ["OpenCL", "UNROLL_OPENCL_LIBRARY"]),
        ]
        for (environment, names) in settings {
            let outcome = try Program.unroll("devices", environment: environment)
            #expect(outcome.isOneLineError(naming: names), "\(environment): \(outcome)")
        }
        // No OpenCL is no error.
        let devices = try Program.unroll("devices", "--json", environment: withoutOpenCL)
        #expect(try devices.json()["devices"]?.array?.count == 1)
        #expect(try devices.json()["opencl_missing"]?.string?.contains("OpenCL") == true)
        let without = try Program.unroll(
            "devices", environment: ["UNROLL_OPENCL_LIBRARY": "/none.so", "UNROLL_REQUIRE_OPENCL": nil])
        #expect(without.status == 0 && without.output.contains("apt-get install"))
    }
}
