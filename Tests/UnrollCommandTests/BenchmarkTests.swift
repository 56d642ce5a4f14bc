import Testing
import Unroll
import UnrollBenchmarks
import UnrollTestSupport

/// What `unroll-bench` reads and reckons.
@Suite struct BenchmarkCaseTests {
    @Test(arguments: Work.allCases) func canonicalLinesReadBack(_ work: Work) throws {
        for list in [work.cases.defaults, work.cases.quick] {
            let cases = try work.parse(list: list)
            #expect(!cases.isEmpty)
            for item in cases {
                #expect(try work.parse(item.description).description == item.description)
                #expect(type(of: item).passes.allSatisfy { item.operations($0) > 0 } && item.numbers > 0)
            }
            #expect(cases.map(\.description) == list.split { $0 == " " || $0.isNewline }.map(String.init))
        }
    }

    @Test func listsAndFiles() throws {
        let folder = TemporaryFolder()
        try Files.write(Array("7,5,3 # small\n\n# none\n9,8,7,2;1,2,3\n".utf8), to: folder("cases"))
        let expected = ["7,5,3", "9,8,7,2", "1,2,3"]
        #expect(try Work.matmul.parse(listOrFile: folder("cases")).map(\.description) == expected)
        #expect(try Work.matmul.parse(listOrFile: "7,5,3,1 9,8,7,2; 1,2,3").map(\.description) == expected)
    }

    /// Multiply-adds counted by hand.
    @Test func operations() throws {
        let matmul = try Work.matmul.parse("7,5,3,2")
        let operations = 2 * 7 * 5 * 3 * 2
        #expect(matmul.operations(.forward) == Double(operations))
        let recurrence = try Work.recurrence.parse("gru,11,13,3,5,2")
        let (rows, weights) = (3 * 5, 3 * 13 * (11 + 13) + 3 * 13 * (13 + 13))
        #expect(recurrence.operations(.forward) == Double(2 * rows * weights))
        #expect(recurrence.operations(.training) == Double(3 * 2 * rows * weights))
        let both = try Work.recurrence.parse("gru,11,13,3,5,2,bidirectional")
        #expect(both.operations(.forward) == Double(2 * rows * 2 * 3 * 13 * ((11 + 13) + (2 * 13 + 13))))
        let drawn = try Work.recurrence.parse("gru,11,13,300,5,2,lengths")
        let present = drawn.operations(.forward) / Double(2 * weights)
        #expect(present == present.rounded() && abs(present / 300 - 3) < 0.2)
        let step = try Work.trainingStep.parse("lstm,7,11,1,3,5,13")
        let stepWeights = 4 * 11 * (7 + 11) + 11 * 13
        #expect(step.operations(.training) == Double(3 * 2 * rows * stepWeights))
    }

    /// Every option has a case of its own for each cell it is for, and one with all that combine.
    @Test func options() throws {
        let cases = try Work.options.parse(list: OptionCase.defaults).map(\.description)
        let (ofLSTM, ofGRU) = (["peepholes", "coupled", "state-zoneout", "state-clip"], ["reset-before"])
        for cell in ["lstm", "gru"] {
            let options = cases.filter { $0.hasPrefix("\(cell),512,") }.map { $0.split(separator: ",").dropFirst(6) }
            #expect(options.first?.isEmpty == true && options.last?.count ?? 0 > 8)
            let alone = options.filter { $0.count == 1 }.compactMap { $0.first?.split(separator: "=").first }
            for option in CaseOption.known {
                let isOthers = (cell == "lstm" ? ofGRU : ofLSTM).contains(option.name)
                #expect(alone.contains { $0 == option.name } == !isOthers, "\(option.name)")
            }
        }
        let plain = try Work.recurrence.parse("lstm,3,4,5,6,2,bidirectional,zoneout=0.5").plain
        #expect(plain?.item.description == "lstm,3,4,5,6,2" && plain?.times == 2)
    }

    @Test func statistics() {
        let statistics = Statistics([5, 1, 4, 2, 3, 6, 9, 8, 7])
        #expect(statistics.median == 5 && statistics.minimum == 1)
        #expect(statistics.spread == (7 - 3) / 5.0)
        #expect(abs(statistics.percentile99 - 8.92) < 1e-9)
        #expect(Statistics([3, 1]).median == 2 && Statistics([2]).spread == 0)
    }
}

/// `unroll-bench` as a user runs it.
@Suite struct BenchmarkCommandTests {
    private func bench(_ arguments: String...) throws -> Program.Outcome {
        try Program(arguments, of: Program.built("unroll-bench")).wait()
    }

    private func lines(_ outcome: Program.Outcome) throws -> [JSON] {
        try outcome.output.split(separator: "\n").map { try JSON(parsing: String($0), name: "standard output") }
    }

    static let keys = [
        "work", "case", "device", "pass", "milliseconds", "minimum_milliseconds", "spread", "gflops",
        "fraction_of_peak", "memory_bytes", "launches", "host_waits", "peer", "peer_milliseconds", "ratio",
    ]

    @Test func quick() throws {
        let folder = TemporaryFolder()
        let outcome = try bench("--quick", "--json", "--device", "all", "--runs", "2", "--chart", folder("chart.svg"))
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome)")
        let lines = try lines(outcome)
        var expected: [String] = []
        for work in Work.allCases {
            for item in try work.parse(list: work.cases.quick) {
                for pass in type(of: item).passes {
                    expected += Device.available.map { "\(work) \(item) \($0) \(pass)" }
                }
            }
        }
        let found = lines.map { line in
            let field = { (key: String) in line[key]?.string ?? "?" }
            return "\(Work(rawValue: field("work")).map { "\($0)" } ?? "?") \(field("case")) \(field("device")) "
                + field("pass")
        }
        #expect(found == expected)
        for line in lines {
            let names = line.members?.map(\.name) ?? []
            #expect(Self.keys.allSatisfy(names.contains), "\(line)")
            for key in ["milliseconds", "minimum_milliseconds", "gflops", "fraction_of_peak", "memory_bytes"] {
                #expect(try #require(line[key]?.number) > 0, "\(key) of \(line)")
            }
            #expect(line["peer"] == .null && line["ratio"] == .null)
            let isOpenCL = line["device"]?.string != "cpu"
            #expect((line["launches"]?.integer ?? 0 > 0) == isOpenCL)
            if isOpenCL, line["pass"]?.string == "training" { #expect(line["host_waits"]?.integer == 0, "\(line)") }
        }
        let options = lines.filter { $0["work"]?.string == "options" }
        #expect(options.allSatisfy { ($0["ratio_to_plain"]?.number ?? 0) > 0 })
        let steps = lines.filter { $0["work"]?.string == "training-step" }
        #expect(steps.allSatisfy { ($0["peak_memory_mb"]?.number ?? 0) > 5 })
        let chart = String(decoding: try Files.read(folder("chart.svg")), as: UTF8.self)
        #expect(chart.hasPrefix("<svg") && chart.contains("recurrence lstm,64,64,8,10,1 training"))
    }

    @Test func table() throws {
        let outcome = try bench("matmul", "--cases", "7,5,3 11,13,17,2", "--runs", "2", "--threads", "1")
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome)")
        for part in ["1 thread", "GFLOP/s", "7,5,3", "11,13,17,2", " %"] { #expect(outcome.output.contains(part)) }
    }

    /// Flags, and what the one line must name.
    static let bad: [(flags: [String], names: [String])] = [
        (["recurrence", "--cases", "lstm,0,1,1,1,1"], ["lstm,0,1,1,1,1", "inputs", "'0'"]),
        (["recurrence", "--cases", "lstm,3,4"], ["lstm,3,4", "batch is missing", "cell,inputs"]),
        (["recurrence", "--cases", "mgu,1,2,3,4,5"], ["mgu", "lstm"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,dilation=3"], ["dilation=3", "option"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,zoneout"], ["'zoneout'", "probability"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,zoneout=1"], ["'zoneout=1'", "probability"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,lengths=3"], ["'lengths=3'", "no value"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,clip=1,clip=2"], ["'clip=2'", "twice"]),
        (["recurrence", "--cases", "gru,1,2,3,4,5,peepholes"], ["'peepholes'", "lstm"]),
        (["options", "--cases", "gru,1,2,3,4,1,dropout=0.5"], ["'dropout'", "2 layers"]),
        (["recurrence", "--cases", "lstm,90000,90000,1000,1000,3"], ["lstm,90000", "memory"]),
        (["matmul", "--cases", "1,2,3,4,5"], ["1,2,3,4,5", "'5'"]), (["matmul", "--cases", "none"], ["none", "file"]),
        (["matmul", "--cases", "1,2,3; 1,x,3"], ["1,x,3", "k 'x'"]), (["--cases", "1,2,3"], ["--cases", "matmul"]),
        (["sorting"], ["sorting", "recurrence"]), (["--device", "gpu"], ["gpu", "cpu"]),
        (["--peer", "tensorflow"], ["--peer", "tensorflow", "pytorch"]), (["--threads", "0"], ["--threads", "0"]),
        (["--runs", "x"], ["--runs", "x"]), (["--quik"], ["--quik"]),
        (["matmul", "--quick", "--chart", "/none/chart"], ["/none/chart"]),
    ]

    @Test(arguments: bad) func badInput(_ flags: [String], _ names: [String]) throws {
        let outcome = try Program(flags, of: Program.built("unroll-bench")).wait()
        #expect(outcome.isOneLineError(of: "unroll-bench", naming: names), "\(outcome)")
    }

    // MARK: Peers that are none

    /// A peer that answers as `peers/worker.py` would, with its inputs for results.
    private func peer(_ folder: TemporaryFolder, _ answers: String) throws -> String {
        let script = """
            #!/bin/sh
            echo '{"version": "echo 1"}'
            file() { echo "$line" | sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
            while read -r line; do case $line in
            \(answers)
            esac; done
            """
        try Files.write(Array(script.utf8), to: folder("peer"))
        let outcome = try Program(["755", folder("peer")], of: "/bin/chmod").wait()
        #expect(outcome.status == 0)
        return folder("peer")
    }

    private func measured(beside python: String) throws -> Program.Outcome {
        try bench("matmul", "--cases", "7,5,3", "--runs", "3", "--json", "--peer", "pytorch", "--python", python)
    }

    @Test func missingPeer() throws {
        let folder = TemporaryFolder()
        let outcome = try measured(beside: folder("none"))
        #expect(outcome.status == 0 && outcome.error.split(separator: "\n").count == 1)
        for part in ["pytorch", folder("none"), "requirements.txt"] { #expect(outcome.error.contains(part)) }
        #expect(try lines(outcome).map { $0["peer"] } == [.null])
    }

    @Test func peerThatDies() throws {
        let folder = TemporaryFolder()
        let outcome = try measured(beside: peer(folder, "*work*) echo out of luck >&2; exit 3;;"))
        #expect(outcome.status == 0 && outcome.error.split(separator: "\n").count == 1)
        #expect(outcome.error.contains("pytorch") && outcome.error.contains("out of luck"), "\(outcome)")
        #expect(try lines(outcome).map { $0["peer"] } == [.null])
    }

    @Test func peerThatCannot() throws {
        let folder = TemporaryFolder()
        let outcome = try measured(beside: peer(folder, "*work*) echo '{\"unsupported\": \"lacks it\"}';;"))
        #expect(outcome.status == 0 && outcome.error == "unroll-bench: pytorch lacks it\n", "\(outcome)")
    }

    @Test func peerThatDisagrees() throws {
        let folder = TemporaryFolder()
        let answers = """
            *work*) cp "$(file arrays)" "$(file results)"; echo '{"prepared": true}';;
            *) echo '{"seconds": [0.5]}';;
            """
        let outcome = try measured(beside: peer(folder, answers))
        #expect(outcome.status == 1 && outcome.error.contains("ERROR: 7,5,3, forward: 'c' of pytorch"), "\(outcome)")
        let line = try #require(try lines(outcome).first)
        #expect(line["peer"] == "pytorch" && line["peer_milliseconds"]?.number == 500)
        let (ours, ratio) = (try #require(line["milliseconds"]?.number), try #require(line["ratio"]?.number))
        #expect(abs(ratio / (500 / ours) - 1) < 0.01)
    }
}
