package import UnrollCompute

/// A backend under test, by a name that tells its settings. Tests run side by side and share it.
package struct TestedBackend: Sendable, CustomStringConvertible {
    package let name: String
    package let backend: any Backend
    private let make: @Sendable () throws -> any Backend

    package init(_ name: String, make: @escaping @Sendable () throws -> any Backend) {
        (self.name, self.make, backend) = (name, make, try! make())
    }

    /// Another of its kind, for tests that make it fail: whoever shares a backend shares its failures.
    package func another() throws -> any Backend { try make() }

    package var description: String { name }
    package var device: Device { Device(backend) }

    /// The CPU with each instruction set this machine has, and OpenCL with both profiles where there is a device.
    package static let all: [TestedBackend] = cpu + openCL

    package static let cpu: [TestedBackend] = CPUBackend.instructionSets.map { set in
        TestedBackend("cpu \(set)") { try CPUBackend(threads: 2, instructionSet: set) }
    }

    package static let openCL = openCL("", OpenCLLimits())

    /// OpenCL with both profiles on the smallest device Unroll is for.
    package static let smallOpenCL = openCL(", small", OpenCLLimits(local: 32768, group: 64, double: false))

    private static func openCL(_ mark: String, _ limits: OpenCLLimits) -> [TestedBackend] {
        switch OpenCLPlatform.devices {
        case .success:
            return OpenCLBackend.Profile.allCases.map { profile in
                TestedBackend("opencl:0 as \(profile)\(mark)") {
                    try OpenCLBackend(device: 0, profile: profile, limits: limits)
                }
            }
        case .failure(let error):
            precondition(CPUInfo.setting("UNROLL_REQUIRE_OPENCL") != "1", "UNROLL_REQUIRE_OPENCL=1, but \(error)")
            print("Not tested on OpenCL: \(error)")
            return []
        }
    }
}
