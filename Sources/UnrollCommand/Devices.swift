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
        let devices = Device.available.map(\.info)
        if json {
            print(
                JSON.object([
                    .init("devices", .array(devices.map(\.json))),
                    .init("opencl_missing", Device.openCLMissing.map { .string($0) } ?? .null),
                ]))
            return
        }
        for device in devices {
            print(device.name)
            for (label, value) in device.lines { print("  \(label.padded(14))\(value)") }
        }
        if let reason = Device.openCLMissing { print("\n\(reason)") }
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

    fileprivate var json: JSON {
        [
            "name": .string(name), "kind": .string(kind.rawValue), "device": .string(model),
            "vendor": .string(vendor), "driver": .string(driver), "compute_units": .integer(computeUnits),
            "memory_mb": .integer(memory >> 20), "instruction_set": instructionSet.map { .string($0) } ?? .null,
            "threads": threads.map { .integer($0) } ?? .null, "kernels": profile.map { .string($0) } ?? .null,
        ]
    }
}
