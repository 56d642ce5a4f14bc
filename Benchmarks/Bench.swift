import ArgumentParser
import Unroll
import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `unroll-bench`
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unroll-bench",
        abstract: "How fast Unroll is: beside the processor's measured peak, and beside other frameworks, in turns.",
        discussion: "Cases: "
            + Work.allCases.map { "\($0.rawValue) \($0.cases.grammar)" }.joined(separator: "; ") + ".")

    @Argument(help: "\((Work.allCases.map(\.rawValue) + ["all"]).joined(separator: ", ")).")
    var work = "all"
    @Option(help: ArgumentHelp("Cases separated by spaces or semicolons, or a file of them.", valueName: "list|file"))
    var cases: String?
    @Option(help: "Where to compute: cpu, opencl, opencl:N, or all.")
    var device = "cpu"
    @Option(
        help: ArgumentHelp(
            "How OpenCL devices multiply, where they can: \(Precision.names).", valueName: "precision"),
        transform: Precision.init(flag:))
    var precision: Precision?
    @Option(help: ArgumentHelp("Threads of the CPU and of the peers; without it as many as cores.", valueName: "n"))
    var threads: Int?
    @Option(help: "Whom to compare with: none, pytorch, onnxruntime, or all.")
    var peer = "none"
    @Option(help: ArgumentHelp("A Python that has the peers, and what they need.", valueName: "program"))
    var python: String?
    @Option(help: ArgumentHelp("Rounds of every case; without it as many as its length allows.", valueName: "n"))
    var runs: Int?
    @Flag(help: "A few small cases and few rounds: whether it works, more than how fast.")
    var quick = false
    @Flag(help: "Print one JSON object a line: for each case, device, pass and peer.")
    var json = false
    @Option(help: ArgumentHelp("Draw ratios and fractions of the peak into an SVG file.", valueName: "file"))
    var chart: String?
    @Flag(help: .hidden)
    var thisProcess = false

    /// What goes wrong is one line on standard error, without the parser's usage text.
    static func main() {
        // A peer that is gone is found out when it does not answer.
        signal(SIGPIPE, SIG_IGN)
        do {
            try Device.checkRequirements()
            try parse().run()
        } catch {
            let status = exitCode(for: error)
            let message = message(for: error)
            if status.isSuccess || message.isEmpty { exit(withError: error) }
            Output.note(message)
            Self.exit(withError: status)
        }
    }

    func run() throws {
        let chosen = try chosenCases()
        let kinds = try chosenPeers()
        for (flag, value) in [("--threads", threads), ("--runs", runs)] {
            if let value, !(1...1024).contains(value) {
                throw BenchError("\(flag) \(value) is not a whole number from 1 to 1024")
            }
        }
        let machine = try Machine(device: device, precision, threads: threads)
        let interpreter = Peer.python(python)
        let peers = try kinds.map { try Peer($0, python: interpreter, threads: machine.threads) }
        var measurement = quick ? Measurement.quick : Measurement()
        measurement.rounds = runs
        let session = Session(machine: machine, peers: peers, measurement: measurement, isFreshProcess: thisProcess)
        if !json { ([machine.description] + peers.map(\.version).filter { !$0.isEmpty }).forEach(Output.line) }

        let all = try chosen.flatMap { work, cases in
            try measure(
                cases, in: session, Report(work, cases, devices: machine.devices.map(\.name), peers: peers.map(\.name)))
        }
        if let chart { try Files.write(Array(Chart(all, machine.description).svg.utf8), to: chart) }
        if session.hasDisagreement { throw ExitCode.failure }
    }

    /// Measures the cases of a work and says each as soon as it is known.
    private func measure(_ cases: [any Case], in session: Session, _ report: Report) throws -> [Figures] {
        if !json { ([""] + report.header).forEach(Output.line) }
        let all = try cases.flatMap { item in
            try type(of: item).passes.map { pass in
                let figures = try session.measure(item, pass)
                (json ? figures.json.map(\.description) : [report.row(figures)]).forEach(Output.line)
                return figures
            }
        }
        if !json { Report.means(all).forEach(Output.line) }
        return all
    }

    private func chosenCases() throws -> [(Work, [any Case])] {
        guard work != "all" else {
            if cases != nil {
                let works = Work.allCases.map(\.rawValue).joined(separator: ", ")
                throw BenchError("--cases needs the work they are of before it: \(works)")
            }
            return try Work.allCases.map { ($0, try $0.parse(list: quick ? $0.cases.quick : $0.cases.defaults)) }
        }
        guard let work = Work(rawValue: work) else {
            let works = (Work.allCases.map(\.rawValue) + ["all"]).joined(separator: ", ")
            throw BenchError("work '\(work)' is not one of \(works)")
        }
        if let cases { return [(work, try work.parse(listOrFile: cases))] }
        return [(work, try work.parse(list: quick ? work.cases.quick : work.cases.defaults))]
    }

    private func chosenPeers() throws -> [Peer.Kind] {
        if peer == "none" { return [] }
        if peer == "all" { return Peer.Kind.allCases }
        guard let kind = Peer.Kind(rawValue: peer) else {
            let names = (["none"] + Peer.Kind.allCases.map(\.rawValue) + ["all"]).joined(separator: ", ")
            throw BenchError("--peer '\(peer)' is not one of \(names)")
        }
        return [kind]
    }
}
