import Testing
import Unroll
import UnrollTestSupport

/// `--precision`, on matrix units that are emulated.
@Suite(.enabled(if: !TestedBackend.openCL.isEmpty)) struct PrecisionTests {
    private static let emulated: [String: String?] = [
        "UNROLL_OPENCL_PROFILE": "gpu", "UNROLL_OPENCL_MATRIX_UNITS": "emulated",
    ]

    @Test func devicesSayWhatTheyOffer() throws {
        let listed = try #require(try Program.unroll("devices", "--json").json()["devices"]?.array)
        #expect(listed.count == Device.available.count)
        for (device, listed) in zip(Device.available, listed) {
            let offered = Precision.allCases.filter { device.refusal(of: $0) == nil }
            #expect(listed["precisions"]?.array?.map(\.string) == offered.map(\.rawValue))
            #expect(listed["precisions_refused"]?["tf32"]?.string == device.refusal(of: .tf32))
        }
        #expect(listed[0]["precisions"]?.array?.map(\.string) == ["float32"], "the CPU has no matrix units")
        #expect(try Program.unroll("devices").output.contains("not tf32    only the matrix units of NVIDIA's GPUs do"))
        let outcome = try Program.unroll("devices", environment: Self.emulated)
        #expect(outcome.output.contains("precision     float32, tf32, bf16\n"), "\(outcome)")
    }

    @Test func whatADeviceDoesNotOfferIsOneLine() throws {
        let run = try SmallRun(training: false)
        for device in Device.available where device.refusal(of: .bf16) != nil {
            let outcome = try run.train("--device", device.name, "--precision", "bf16", "--output", run.model)
            let parts = ["\(device) does not compute in bf16", "NVIDIA", "float32 works"]
            #expect(outcome.isOneLineError(naming: parts), "\(outcome)")
            #expect(!Files.exists(run.model))
        }
        #expect(try run.train("--precision", "fp8").isOneLineError(naming: ["--precision", "fp8", "bf16"]))
        let again = try Program.unroll("train", "language-model", "--resume", run.model, "--precision", "tf32")
        #expect(again.isOneLineError(naming: ["--precision", "--resume"]))
        let setting = try Program.unroll("devices", environment: ["UNROLL_OPENCL_MATRIX_UNITS": "on"])
        #expect(setting.isOneLineError(naming: ["UNROLL_OPENCL_MATRIX_UNITS=on"]))
    }

    /// In its own precision, to the bits of a run that never stopped.
    @Test func aRunGoesOnInItsPrecision() throws {
        let run = try SmallRun(training: false)
        let whole = run.folder("whole")
        let train = { (folder: String, epochs: String) in
            let on = ["--device", "opencl:0", "--precision", "tf32", "--json"]
            return try Program.unroll(
                run.arguments(["--text", run.text, "--output", folder, "--epochs", epochs] + on),
                environment: Self.emulated)
        }
        for (folder, epochs) in [(whole, "2"), (run.model, "1")] {
            let outcome = try train(folder, epochs)
            #expect(try outcome.json()["device"]?.string == "opencl:0/tf32", "\(outcome)")
        }
        let resumed = try Program.unroll(
            "train", "language-model", "--resume", run.model, "--epochs", "2", "--json", environment: Self.emulated)
        #expect(try resumed.json()["device"]?.string == "opencl:0/tf32", "\(resumed)")
        #expect(try run.contents() == run.contents(of: whole))
        // A device that has such units itself would go on.
        guard try Device(named: "opencl:0").refusal(of: .tf32) != nil else { return }
        let elsewhere = try Program.unroll("train", "language-model", "--resume", run.model, "--epochs", "3")
        #expect(elsewhere.isOneLineError(naming: ["opencl:0/tf32", "NVIDIA", "--device"]), "\(elsewhere)")
    }

    /// What is tried before it is offered: kernels that do not build, and such as get a row, a column, an inner step, a
    /// bit, a sum or a gate wrong.
    @Test(arguments: [
        ("mma.cl", "#define MMA_K", "#define MMA_K nothing_here", "did not build"),
        ("mma.cl", "n % 2 * 8 + lane / 4", "n % 2 * 8 + lane / 8", "where"),
        ("mma.cl", "n / 2 * 4 + lane", "n / 2 * 2 + lane", "where"),
        ("mma.cl", "LANE % 4 * 2 + (j) % 2", "LANE % 4 + (j) % 2 * 4", "where"),
        ("mma.cl", "0x1000", "0x0000", "where"), ("mma.cl", "0xFFFFE000", "0xFFFFC000", "where"),
        ("mma.cl", "0xFFFFE000", "0xFFFFFFFF", "where"), ("mma.cl", "upper[j])", "lower[j])", "where"),
        ("tile.cl", "j / (EACH_N / 2) * TILE_N", "0", "a sweep"),
    ])
    func whatIsWrongIsRefused(_ file: String, _ text: String, _ wrong: String, _ reason: String) throws {
        let folder = TemporaryFolder()
        let kernels = Files.parent(of: Files.parent(of: Files.parent(of: #filePath))) + "/Kernels"
        try Files.makeFolder(folder("cells"))
        let files = [
            "prelude.cl", "functions.h", "philox.h", "activations.h", "recurrence_options.h", "recurrence_units.h",
            "recurrence_step.h", "cells/lstm.h", "mma.cl", "tile.cl", "matmul_tile.cl", "recurrence_tile.cl",
        ]
        for name in files {
            var lines = String(decoding: try Files.read("\(kernels)/\(name)"), as: UTF8.self)
            if name == file {
                #expect(lines.contains(text))
                lines = lines.replacing(text, with: wrong, maxReplacements: 1)
            }
            try Files.write(Array(lines.utf8), to: folder(name))
        }
        let outcome = try Program(
            ["matmul", "--cases", "7,5,3", "--runs", "2", "--device", "opencl:0/tf32"],
            of: Program.built("unroll-bench"),
            environment: Self.emulated.merging(["UNROLL_KERNELS": folder.path]) { $1 }
        ).wait()
        let line = String(outcome.error.split(separator: "\n").last ?? "")
        #expect(outcome.status != 0 && line.contains("opencl:0 does not compute in tf32: "), "\(outcome)")
        #expect(line.contains(reason), "\(outcome)")
    }
}
