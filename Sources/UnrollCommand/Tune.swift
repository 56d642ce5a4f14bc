import ArgumentParser
import Unroll

/// `unroll tune`
struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures which shapes of its OpenCL kernels suit a GPU best.",
        discussion: """
            Takes minutes, on a device with nothing else to do. The shapes are stored in the user's folder for caches, \
            where every later run on this device finds them; results stay the same to the bit. A new driver or \
            a new version of Unroll asks for new measurements.
            """)

    @OptionGroup var option: DeviceOption

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("Shapes to try for each kernel.", valueName: "count"))
    var candidates = 64

    func validate() throws {
        if candidates < 1 { throw ValidationError("--candidates must be at least 1, not \(candidates)") }
    }

    func run() throws {
        let device = try option.chosen()
        guard let backend = device.backend as? OpenCLBackend, backend.profile == .gpu else {
            throw ValidationError("\(device.name) runs no kernels with shapes to choose; name a GPU with --device")
        }
        guard let folder = TileTable.folder else {
            throw ValidationError("there is no folder for caches; set XDG_CACHE_HOME or HOME")
        }
        let start = ContinuousClock.now
        if !json { Terminal.line(device.info.summary) }
        let tuning = TileTuning(backend, candidates: candidates)
        let outcomes = try TileTable.Kernel.allCases.flatMap { kernel in
            let outcomes = try tuning.outcomes(of: kernel)
            if !json { for outcome in outcomes { Terminal.line(outcome.line) } }
            return outcomes
        }
        let path = "\(folder)/\(try tuning.key().file)"
        let measured = Dictionary(uniqueKeysWithValues: outcomes.map { ($0.place, $0.best) })
        try Files.makeFolder(folder)
        try Files.write(Array(TileTable.text(measured, for: try tuning.key()).utf8), to: path)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if json {
            let report: JSON = [
                "device": .string(device.name), "file": .string(path), "seconds": .number(seconds),
                "kernels": .array(outcomes.map(\.json)),
            ]
            Terminal.line("\(report)")
        } else {
            Terminal.line("\nstored in \(path) after \(seconds.fixed(0)) s")
        }
    }
}

extension TileTuning.Outcome {
    fileprivate var line: String {
        let name = "\(place.kernel.rawValue), \(place.load.rawValue)".padded(18)
        let shapes = "\(best)".padded(18) + (best == table ? "as the table has it" : "table \(table)").padded(26)
        return "  \(name)\(shapes)gain \(gain.fixed(2)) of \(candidates) shapes"
    }

    fileprivate var json: JSON {
        [
            "kernel": .string(place.kernel.rawValue), "load": .string(place.load.rawValue),
            "candidates": .integer(candidates), "table": .string("\(table)"), "best": .string("\(best)"),
            "gain": .number(gain),
        ]
    }
}
