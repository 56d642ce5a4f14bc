import Testing
import Unroll
import UnrollTestSupport

@Suite struct DevicesTests {
    @Test func listsEveryDevice() throws {
        let text = try Program.unroll("devices")
        let json = try Program.unroll("devices", "--json").json()
        let devices = try #require(json["devices"]?.array)
        #expect(devices.map { $0["name"]?.string } == Device.available.map(\.name))
        for device in devices {
            #expect(device.members?.map(\.name) == DevicesTests.keys)
            for key in ["name", "device", "vendor", "driver"] {
                let value = try #require(device[key]?.string)
                #expect(!value.isEmpty && text.output.contains(value))
            }
            #expect(try #require(device["compute_units"]?.integer) > 0)
            #expect(try #require(device["memory_mb"]?.integer) > 100)
        }
        let cpu = devices[0]
        #expect(["avx512", "avx2", "neon", "baseline"].contains(cpu["instruction_set"]?.string))
        #expect(cpu["threads"]?.integer == 1)
    }

    private static let keys = [
        "name", "kind", "device", "vendor", "driver", "compute_units", "memory_mb", "instruction_set", "threads",
        "kernels", "precisions", "precisions_refused",
    ]

    @Test func helpIsNoError() throws {
        for arguments in [[], ["--help"], ["train", "language-model", "--help"]] {
            let outcome = try Program.unroll(arguments)
            #expect(outcome.status == 0 && outcome.output.contains("USAGE") && outcome.error.isEmpty)
        }
    }
}
