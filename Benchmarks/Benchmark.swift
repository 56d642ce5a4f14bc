import Unroll

/// A case: what is done once, and how many floating-point operations that is.
struct Benchmark {
    let name: String
    let operations: Double
    /// Makes what is needed on a device and returns what is timed.
    let prepare: (Device) throws -> () throws -> Void

    static var all: [Benchmark] { matmuls + recurrences }

    /// Operations in a second on each device. The devices take turns, so that whatever else the machine does slows all of
    /// them alike; of every device's rounds the median counts.
    func measure(on devices: [Device], seconds: Double) throws -> [Double] {
        let clock = ContinuousClock()
        let runs = try devices.map { device in
            let work = try prepare(device)
            return { (times: Int) in
                try clock.measure {
                    for _ in 0..<times { try work() }
                    try device.synchronize()
                } / .seconds(1)
            }
        }
        // Kernels are built and memory is touched before anything counts; a round is about a tenth of a second's part.
        let rounds = 9
        let times = try runs.map { run in
            _ = try run(2)
            return max(1, Int(seconds / Double(rounds) / (try run(2) / 2)))
        }
        var measured = [[Double]](repeating: [], count: devices.count)
        for _ in 0..<rounds {
            for (index, run) in runs.enumerated() {
                measured[index].append(try run(times[index]) / Double(times[index]))
            }
        }
        return measured.map { operations / $0.sorted()[rounds / 2] }
    }
}
