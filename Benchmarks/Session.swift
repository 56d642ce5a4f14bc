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
    private var tolerance: Double { machine.devices.map { max(1e-3, 16 * $0.precision.roundingError) }.max() ?? 1e-3 }

    init(machine: Machine, peers: [Peer], measurement: Measurement, isFreshProcess: Bool) {
        (self.machine, self.peers, self.measurement) = (machine, peers, measurement)
        self.isFreshProcess = isFreshProcess
    }

    /// Prepares a case everywhere, compares what comes out, and only then times it, in turns.
    func measure(_ item: any Case, _ pass: Pass) throws -> Figures {
        for device in machine.devices { device.memory?.resetPeak() }
        let runners = try machine.devices.map { try item.runner(pass, on: $0) }
        // A step that trains is also judged by the memory of a process that has done nothing else.
        if item is TrainingStepCase { peers.forEach { $0.start() } }
        let arrays = peers.isEmpty ? [:] : try runners[0].arrays()
        var results = try zip(machine.devices, runners).map { ($0.name, try $1.results()) }
        var prepared: [Peer] = []
        for peer in peers {
            guard let result = try peer.prepare(item, pass, arrays) else { continue }
            prepared.append(peer)
            results.append((peer.name, result))
        }
        compare(results, "\(item), \(pass)")
        let memory = machine.devices.map { $0.memory?.peak ?? 0 }
        return try time(item, pass, runners, memory, prepared)
    }

    private func time(
        _ item: any Case, _ pass: Pass, _ runners: [Runner], _ memory: [Int], _ peers: [Peer]
    ) throws -> Figures {
        let each = item is StreamingCase
        let calls = try zip(machine.devices, runners).map { try Self.counts($1, on: $0) }
        let ours = zip(machine.devices, runners).map { device, runner in
            Contestant { try Runner.time($0, each: each, on: device, runner.call) }
        }
        let plain = try item.plain.map { plain in
            try machine.devices.map { device in
                let runner = try plain.item.runner(pass, on: device)
                return Contestant { try Runner.time($0, each: each, on: device, runner.call) }
            }
        }
        let theirs = peers.map { peer in Contestant { peer.time($0, each: each) } }
        // What the machine can do at most takes its turns with the rest: shared with others, it changes by the minute.
        let operations = 1e10
        let reading = (item as? StreamingCase).map { machine.readers.reading(bytes: $0.bytesRead) }
        let limits = [machine.peak(operations: operations)] + (reading.map { [$0] } ?? [])

        let times = try measurement.take(limits + ours + (plain ?? []) + theirs)
        // Nobody but a peer can be gone.
        let peak = operations / times[0]!.median
        let read = reading.map { _ in times[1]!.median }
        let (first, end) = (limits.count, limits.count + ours.count + (plain?.count ?? 0))
        return Figures(
            item: item, pass: pass, peak: peak,
            devices: machine.devices.enumerated().map { index, device in
                let (time, counts) = (times[first + index]!, calls[index])
                let isProcessor = device.info.kind == .cpu
                let speed = item.operations(pass) / time.median
                return Figures.OfDevice(
                    device: device.name, time: time,
                    plain: plain.map { _ in times[first + ours.count + index]! }, speed: speed,
                    fractionOfPeak: isProcessor ? speed / peak : nil,
                    fractionOfBandwidth: isProcessor ? read.map { $0 / time.median } : nil,
                    memory: memory[index], processMemory: processMemory(of: item, on: device),
                    counts: counts)
            },
            peers: zip(peers, times[end...]).compactMap { peer, time in
                time.map {
                    .init(peer: peer.name, time: $0, processMemory: item is TrainingStepCase ? peer.peakMemory : nil)
                }
            })
    }

    /// What one call asks of an OpenCL device, once its kernels are built; waiting for its end is not counted.
    private static func counts(_ runner: Runner, on device: Device) throws -> OpenCLCounts? {
        guard let backend = device.openCL else { return nil }
        try runner.call()
        backend.resetCounts()
        try runner.call()
        let counts = backend.counts
        try device.synchronize()
        return counts
    }

    private func processMemory(of item: any Case, on device: Device) -> Int? {
        guard item is TrainingStepCase else { return nil }
        return isFreshProcess ? ProcessMemory.peak : FreshProcess.peakMemory(of: item, on: device, machine.threads)
    }

    // MARK: Comparing

    /// Everybody's results beside the first's.
    private func compare(_ results: [(name: String, values: [String: [Float]])], _ what: String) {
        guard let (first, expected) = results.first else { return }
        for (name, values) in results.dropFirst() {
            for key in Set(expected.keys).union(values.keys).sorted() {
                let difference = Self.difference(values[key] ?? [], expected[key] ?? [])
                if difference <= tolerance { continue }
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
