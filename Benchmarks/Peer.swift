import Unroll

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Another framework, in a process of its own that stays warm: `peers/worker.py`.
///
/// What it cannot do, or that it is gone, is said in one line; whoever asks goes on without it.
final class Peer {
    enum Kind: String, CaseIterable { case pytorch, onnxruntime }

    let kind: Kind
    private let threads: Int
    private let python: String
    private let folder: TemporaryFolder
    private var worker: Worker?
    private var isGone = false
    private var said: Set<String> = []
    /// The framework's name and version.
    private(set) var version = ""

    var name: String { kind.rawValue }

    /// Where the workers lie: in the repository this program was built from.
    private static let scripts = Files.parent(of: #filePath) + "/peers"

    /// The interpreter: asked for, or the environment's, or that of `.ci/run`, or the system's.
    static func python(_ asked: String?) -> String {
        let setting = { (name: String) in getenv(name).map { String(cString: $0) } }
        if let chosen = asked ?? setting("UNROLL_PEERS_PYTHON") { return chosen }
        let own = (setting("HOME") ?? "") + "/.cache/unroll/peers/bin/python"
        return Files.exists(own) ? own : "python3"
    }

    init(_ kind: Kind, python: String, threads: Int) throws {
        (self.kind, self.python, self.threads) = (kind, python, threads)
        folder = try TemporaryFolder()
        start()
    }

    /// Begins afresh: a process that has done nothing yet.
    func start() {
        guard !isGone else { return }
        worker = nil
        attempt {
            worker = try Worker(
                [python, "\(Self.scripts)/worker.py", kind.rawValue, "--threads", "\(threads)"], in: folder)
            version = try worker?.answer()["version"]?.string ?? ""
        }
    }

    /// Gives it a case and the numbers for it.
    /// - Returns: what it has for results; nil if it cannot, which has then been said.
    func prepare(_ item: any Case, _ pass: Pass, _ arrays: [String: Safetensors.Array]) throws -> [String: [Float]]? {
        guard !isGone else { return nil }
        try Files.write(Safetensors(arrays: arrays).encoded(), to: folder("arrays"))
        var prepared: JSON?
        attempt {
            prepared = try worker?.ask([
                "work": .string(type(of: item).work.rawValue), "pass": .string(pass.rawValue),
                "case": .object(item.fields), "arrays": .string(folder("arrays")),
                "results": .string(folder("results")),
            ])
        }
        guard let prepared else { return nil }
        if let reason = prepared["unsupported"]?.string {
            if said.insert(reason).inserted { Output.note("\(name) \(reason)") }
            return nil
        }
        return try Safetensors(path: folder("results")).arrays.compactMapValues(\.values.floats)
    }

    /// Runs what was prepared.
    /// - Parameter each: whether every call is timed, rather than all together.
    /// - Returns: seconds a call; nil when it is gone.
    func time(_ calls: Int, each: Bool) -> [Double]? {
        var seconds: [Double]?
        attempt {
            let answer = try worker?.ask(["calls": .integer(calls), "each": .bool(each)])
            seconds = answer?["seconds"]?.array?.compactMap(\.number)
        }
        return seconds
    }

    /// The most bytes its process has had at once; nil when it is gone.
    var peakMemory: Int? {
        var bytes: Int?
        attempt { bytes = try worker?.ask(["memory": true])["peak_memory_bytes"]?.integer }
        return bytes
    }

    private func attempt(_ body: () throws -> Void) {
        guard !isGone else { return }
        do {
            try body()
        } catch {
            (isGone, worker) = (true, nil)
            Output.note(
                "going on without \(name) (\(python)): \(error); where it is not installed: "
                    + "pip install -r Benchmarks/peers/requirements.txt, and --python")
        }
    }
}
