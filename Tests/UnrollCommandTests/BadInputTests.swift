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
        ("--seed -1", ["--seed", "-1"]), ("--cell transformer", ["--cell", "transformer", "lstm"]),
        ("--device gpu", ["gpu", "cpu"]), ("--device opencl:99", ["opencl:99", "cpu"]), ("--hiden 3", ["--hiden"]),
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
