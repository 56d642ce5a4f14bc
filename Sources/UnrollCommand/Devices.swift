import ArgumentParser
import Unroll

/// `unroll devices`
struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the devices that --device takes.")

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        // A setting in the environment that makes no sense is an error here too.
        _ = try Device.chosen(nil)
        let devices = Device.available.map { (info: $0.info, precisions: Precisions(of: $0)) }
        if json {
            print(
                JSON.object([
                    .init("devices", .array(devices.map { .object($0.info.members + $0.precisions.members) })),
                    .init("opencl_missing", .optional(Device.openCLMissing)),
                ]))
            return
        }
        for device in devices {
            print(device.info.name)
            for (label, value) in device.info.lines + device.precisions.lines { print("  \(label.padded(14))\(value)") }
        }
        if let reason = Device.openCLMissing { print("\n\(reason)") }
    }
}

/// What `--precision` takes on a device, and why not the others.
private struct Precisions {
    var offered: [Precision] = []
    var refused: [(precision: Precision, reason: String)] = []

    init(of device: Device) {
        for precision in Precision.allCases {
            if let reason = device.refusal(of: precision) {
                refused.append((precision, reason))
            } else {
                offered.append(precision)
            }
        }
    }

    var lines: [(String, String)] {
        [("precision", offered.map(\.rawValue).joined(separator: ", "))]
            + refused.map { ("  not \($0.precision)", $0.reason) }
    }

    var members: [JSON.Member] {
        [
            .init("precisions", .array(offered.map { .string($0.rawValue) })),
            .init("precisions_refused", .object(refused.map { .init($0.precision.rawValue, .string($0.reason)) })),
        ]
    }
}

extension DeviceInfo {
    /// What is worth reading, in order.
    fileprivate var lines: [(String, String)] {
        var lines = [("device", model), ("vendor", vendor), ("driver", driver)]
        lines.append(("compute units", "\(computeUnits)"))
        lines.append(("memory", "\((Double(memory) / 0x1p30).fixed(1)) GB"))
        if let instructionSet { lines.append(("instructions", instructionSet)) }
        if let threads { lines.append(("threads", "\(threads)")) }
        if let profile { lines.append(("kernels", "for a \(profile)")) }
        return lines
    }

    /// One line: the device's name and what it is.
    var summary: String {
        let how = instructionSet.map { ", \($0), \(threads ?? 1) thread\(threads == 1 ? "" : "s")" } ?? ""
        return "\(name) (\(model)\(how))"
    }

    fileprivate var members: [JSON.Member] {
        let json: JSON = [
            "name": .string(name), "kind": .string(kind.rawValue), "device": .string(model),
            "vendor": .string(vendor), "driver": .string(driver), "compute_units": .integer(computeUnits),
            "memory_mb": .integer(memory >> 20), "instruction_set": .optional(instructionSet),
            "threads": .optional(threads), "kernels": .optional(profile),
        ]
        return json.members!
    }
}
