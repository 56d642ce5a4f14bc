import Unroll
import UnrollCompute

/// A run of the benchmark: who takes part in every case.
final class Session {
    private let machine: Machine
    private let peers: [Peer]
    private let measurement: Measurement
    /// Whether this process itself is the fresh one whose memory is asked for.
    private let isFreshProcess: Bool
    /// Whether any two results were too far apart.
    private(set) var hasDisagreement = false

    /// The greatest difference that rounding explains, as a part of the greatest number.
    private static let tolerance = 1e-3

    init(machine: Machine, peers: [Peer], measurement: Measurement, isFreshProcess: Bool) {
        (self.machine, self.peers, self.measurement) = (machine, peers, measurement)
        self.isFreshProcess = isFreshProcess
    }

    /// Prepares a case everywhere, compares what comes out, and only then times it, in turns.
    func measure(_ item: any Case, _ pass: Pass) throws -> Figures {
        let work = type(of: item).work
        for device in machine.devices { device.memory?.resetPeak() }
        let runners = try machine.devices.map { try item.runner(pass, on: $0) }
        // A step that trains is also judged by the memory of a process that has done nothing else.
        if work == .trainingStep { peers.forEach { $0.start() } }
        let arrays = peers.isEmpty ? [:] : try runners[0].arrays()
        var results = try zip(machine.devices, runners).map { ($0.name, try $1.results()) }
        var prepared: [Peer] = []
        for peer in peers {
            guard let result = try peer.prepare(item, pass, arrays) else { continue }
            prepared.append(peer)
            results.append((peer.name, result))
        }
        compare(results, "\(item), \(pass)")

        let each = work == .streaming
        let contestants =
            zip(machine.devices, runners).map { device, runner in
                Contestant { try runner.time($0, each: each, on: device) }
            } + prepared.map { peer in Contestant { peer.time($0, each: each) } }
        let operations = 1e10
        let times = try measurement.take([machine.peak(operations: operations)] + contestants)
        // Nobody but a peer can be gone.
        let peak = operations / times[0]!.median
        let ours = times[1...].prefix(runners.count)
        return Figures(
            item: item, pass: pass, peak: peak,
            devices: try zip(machine.devices, ours).map { try figures(of: $0, $1!, item, pass, peak) },
            peers: zip(prepared, times[ours.endIndex...]).compactMap { peer, time in
                time.map {
                    .init(peer: peer.name, time: $0, processMemory: work == .trainingStep ? peer.peakMemory : nil)
                }
            })
    }

    private func figures(
        of device: Device, _ time: Statistics, _ item: any Case, _ pass: Pass, _ peak: Double
    ) throws -> Figures.OfDevice {
        let speed = item.operations(pass) / time.median
        var figures = Figures.OfDevice(
            device: device.name, time: time, speed: speed,
            fractionOfPeak: device.info.kind == .cpu ? speed / peak : nil, memory: device.memory?.peak ?? 0)
        if let streaming = item as? StreamingCase, device.info.kind == .cpu {
            let bytes = streaming.bytesRead
            figures.fractionOfBandwidth = Double(bytes) / time.median / machine.readBandwidth(bytes: bytes)
        }
        if item is TrainingStepCase {
            figures.processMemory =
                isFreshProcess ? ProcessMemory.peak : FreshProcess.peakMemory(of: item, on: device, machine.threads)
        }
        return figures
    }

    /// Everybody's results beside the first's.
    private func compare(_ results: [(name: String, values: [String: [Float]])], _ what: String) {
        guard let (first, expected) = results.first else { return }
        for (name, values) in results.dropFirst() {
            for key in Set(expected.keys).union(values.keys).sorted() {
                let difference = Self.difference(values[key] ?? [], expected[key] ?? [])
                if difference <= Self.tolerance { continue }
                hasDisagreement = true
                Output.note(
                    "ERROR: \(what): '\(key)' of \(name) and of \(first) differ by \(difference) of the greatest")
            }
        }
    }

    /// The greatest difference as a part of the greatest magnitude; infinite where they do not compare.
    static func difference(_ a: [Float], _ b: [Float]) -> Double {
        guard a.count == b.count, !a.isEmpty else { return .infinity }
        let greatest = b.reduce(0) { max($0, abs(Double($1))) }
        // A comparison with what is not a number is false, so that such a difference stays.
        let difference = zip(a, b).reduce(0.0) { worst, pair in
            let difference = abs(Double(pair.0) - Double(pair.1))
            return difference <= worst ? worst : difference
        }
        return difference == 0 ? 0 : difference.isNaN || greatest == 0 ? .infinity : difference / greatest
    }
}

extension Runner {
    /// Seconds of untimed calls before a round: until threads are awake, each on a core of its own, and caches full.
    private static let warm = 0.008

    /// Runs it so many times and waits for the device.
    /// - Parameter each: whether every call is waited for and timed, rather than all together.
    /// - Returns: seconds a call.
    func time(_ calls: Int, each: Bool, on device: Device) throws -> [Double] {
        let clock = ContinuousClock()
        let start = clock.now
        while start.duration(to: clock.now).seconds < Self.warm {
            try call()
            try device.synchronize()
        }
        let timed = { (count: Int) in
            try clock.measure {
                for _ in 0..<count { try call() }
                try device.synchronize()
            }.seconds / Double(count)
        }
        return each ? try (0..<calls).map { _ in try timed(1) } : [try timed(calls)]
    }
}
