import Unroll
import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What was measured of one case and pass.
struct Figures {
    let item: any Case
    let pass: Pass
    /// The processor's, in floating-point operations a second, at the time.
    let peak: Double
    var devices: [OfDevice]
    var peers: [OfPeer]

    var work: Work { type(of: item).work }

    struct OfDevice {
        let device: String
        let time: Statistics
        /// Of the same without options.
        var plain: Statistics?
        /// Floating-point operations in a second.
        let speed: Double
        /// Of the measured peak; nil where there is none.
        let fractionOfPeak: Double?
        /// Of the bandwidth measured over as many bytes as a step reads.
        var fractionOfBandwidth: Double?
        /// The most bytes in the device's buffers at once.
        let memory: Int
        /// Of a fresh process that did nothing else.
        var processMemory: Int?
        /// Launches and host waits of one run; nil where the device has none.
        var counts: OpenCLCounts?
    }

    struct OfPeer {
        let peer: String
        let time: Statistics
        var processMemory: Int?
    }

    /// How many times faster a device is than a peer.
    func ratio(_ device: OfDevice, _ peer: OfPeer) -> Double { peer.time.median / device.time.median }

    /// How many times as long as without options a device takes.
    func ratioToPlain(_ device: OfDevice) -> Double? {
        guard let plain = device.plain, let times = item.plain?.times else { return nil }
        return device.time.median / (times * plain.median)
    }

    /// Characters in a second, for works that have them.
    func tokensPerSecond(_ time: Statistics) -> Double? {
        switch item {
        case let step as TrainingStepCase: Double(step.batch * step.steps) / time.median
        case is TextCase: Double(TextCase.length) / time.median
        default: nil
        }
    }
}

extension Figures {
    /// An object for each device and peer; without peers one for each device.
    var json: [JSON] {
        devices.flatMap { device in
            peers.isEmpty ? [json(device, nil)] : peers.map { json(device, $0) }
        }
    }

    private func json(_ device: OfDevice, _ peer: OfPeer?) -> JSON {
        let number = { (value: Double?, digits: Int) in
            value.map { JSON.number($0.rounded(toPlaces: digits)) } ?? .null
        }
        let megabytes = { (bytes: Int?) in number(bytes.map { Double($0) / 1e6 }, 1) }
        var members: [JSON.Member] = [
            .init("work", .string(work.rawValue)), .init("case", .string(item.description)),
            .init("device", .string(device.device)), .init("pass", .string(pass.rawValue)),
            .init("milliseconds", number(device.time.median * 1e3, 6)),
            .init("minimum_milliseconds", number(device.time.minimum * 1e3, 6)),
            .init("spread", number(device.time.spread, 4)), .init("gflops", number(device.speed / 1e9, 6)),
            .init("fraction_of_peak", number(device.fractionOfPeak, 8)),
            .init("peak_gflops", number(peak / 1e9, 1)), .init("memory_bytes", .integer(device.memory)),
            .init("launches", device.counts.map { .integer($0.launches) } ?? .null),
            .init("host_waits", device.counts.map { .integer($0.hostWaits) } ?? .null),
            .init("peer", peer.map { .string($0.peer) } ?? .null),
            .init("peer_milliseconds", number(peer.map { $0.time.median * 1e3 }, 6)),
            .init("ratio", number(peer.map { ratio(device, $0) }, 4)),
        ]
        if let ratio = ratioToPlain(device) {
            members.append(.init("ratio_to_plain", number(ratio, 4)))
            members.append(.init("plain_milliseconds", number(device.plain.map { $0.median * 1e3 }, 6)))
        }
        if let tokens = tokensPerSecond(device.time) {
            members.append(.init("tokens_per_second", number(tokens, 1)))
            members.append(.init("peer_tokens_per_second", number(peer.flatMap { tokensPerSecond($0.time) }, 1)))
        }
        if work == .trainingStep {
            members.append(.init("peak_memory_mb", megabytes(device.processMemory)))
            members.append(.init("peer_peak_memory_mb", megabytes(peer?.processMemory)))
        }
        if work == .streaming {
            members.append(.init("percentile_99_milliseconds", number(device.time.percentile99 * 1e3, 6)))
            members.append(
                .init("peer_percentile_99_milliseconds", number(peer.map { $0.time.percentile99 * 1e3 }, 6)))
            members.append(.init("fraction_of_bandwidth", number(device.fractionOfBandwidth, 8)))
        }
        return .object(members)
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}

extension Collection where Element == Double {
    /// Of ratios the mean that does not depend on which side is the numerator; nil for none.
    var geometricMean: Double? {
        isEmpty ? nil : exp(map { log($0) }.reduce(0, +) / Double(count))
    }
}
