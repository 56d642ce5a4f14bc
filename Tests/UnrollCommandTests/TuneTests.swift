import Testing
import Unroll
import UnrollTestSupport

/// `unroll tune`, and what every command makes of the file it leaves.
@Suite struct TuneTests {
    private let caches = TemporaryFolder()

    private var environment: [String: String?] {
        ["XDG_CACHE_HOME": caches.path, "UNROLL_OPENCL_PROFILE": "gpu", "UNROLL_KERNELS": nil]
    }

    @Test func devicesWithoutShapesAreRefused() throws {
        let outcome = try Program.unroll("tune", "--device", "cpu", environment: environment)
        #expect(outcome.isOneLineError(naming: ["cpu runs no kernels with shapes"]))
        #expect(try Program.unroll("tune", "--candidates", "0").isOneLineError(naming: ["--candidates", "not 0"]))
    }

    @Test func filesThatAreBrokenOrStaleAreIgnoredWithOneNote() throws {
        guard !TestedBackend.openCL.isEmpty else { return }
        let tested = TestedBackend.openCL.first { ($0.backend as? OpenCLBackend)?.profile == .gpu }
        let key = try TileTuning(try #require(tested?.backend as? OpenCLBackend)).key()
        let folder = caches("unroll/tuning")
        let path = "\(folder)/\(key.file)"
        try Files.makeFolder(folder)
        let shapes = [TileTable.Place(.matmul, .large): TileShape.smallest]
        var updated = key
        updated.driver += " of tomorrow"
        let (good, stale) = (TileTable.text(shapes, for: key), TileTable.text(shapes, for: updated))
        for (text, parts) in [
            (good, []), (stale, [path, "another driver", "unroll tune"]), ("{}", [path, "line 1", "unroll tune"]),
            (good + "matmul few big\n", [path, "line 6", "unroll tune"]),
        ] {
            try Files.write(Array(text.utf8), to: path)
            let outcome = try Program.unroll("devices", environment: environment)
            #expect(outcome.status == 0 && outcome.output.contains("opencl:0"))
            #expect(outcome.error.filter { $0 == "\n" }.count == (parts.isEmpty ? 0 : 1), "\(outcome.error)")
            for part in parts { #expect(outcome.error.contains(part), "\(outcome.error)") }
        }
    }
}
