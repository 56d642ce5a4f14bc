import ArgumentParser
import Unroll
import UnrollCompute

/// `unroll-bench`
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unroll-bench",
        abstract: "How fast the primitives are on every device, beside the processor's measured peak.")

    @Option(help: "Devices, separated by commas; all there are without it.")
    var devices: String?
    @Option(help: "Only cases whose names contain this.")
    var only = ""
    @Option(help: "How long each case is timed, in seconds.")
    var seconds = 0.5
    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        let names = devices?.split(separator: ",").map(String.init) ?? Device.available.map(\.name)
        let devices = try names.map { try Device(named: $0) }
        let peak = (try Device(named: "cpu").backend as? CPUBackend)?.multiplyAddsPeak() ?? 0
        if json {
            print(JSON.object([.init("case", "multiply-adds"), .init("gflops", .number(rounded(peak / 1e9)))]))
        } else {
            print("measured peak of multiply-adds: \(Int(peak / 1e9)) GFLOP/s\n")
        }
        for benchmark in Benchmark.all where only.isEmpty || benchmark.name.contains(only) {
            let measured = try benchmark.measure(on: devices, seconds: seconds)
            for (device, speed) in zip(devices, measured) {
                if json {
                    print(
                        JSON.object([
                            .init("case", .string(benchmark.name)), .init("device", .string(device.name)),
                            .init("gflops", .number(rounded(speed / 1e9))),
                        ]))
                } else {
                    let share = device.info.kind == .cpu && peak > 0 ? "  \(Int(100 * speed / peak)) % of peak" : ""
                    print(
                        pad(benchmark.name, 42), pad(device.name, 10), pad("\(rounded(speed / 1e9))", 8), "GFLOP/s",
                        share)
                }
            }
        }
    }

    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
