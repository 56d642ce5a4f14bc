package import UnrollCompute

/// A backend under test, by a name that tells its settings.
package struct TestedBackend: Sendable, CustomStringConvertible {
    package let name: String
    package let backend: any Backend

    package var description: String { name }
    package var device: Device { Device(backend) }

    /// The CPU with each instruction set this machine has, and OpenCL with both profiles where there is a device.
    package static let all: [TestedBackend] = cpu + openCL

    package static let cpu: [TestedBackend] = CPUBackend.instructionSets.map { set in
        TestedBackend(name: "cpu \(set)", backend: try! CPUBackend(threads: 2, instructionSet: set))
    }

    package static let openCL: [TestedBackend] = {
        switch OpenCLPlatform.devices {
        case .success:
            return OpenCLBackend.Profile.allCases.map { profile in
                let backend = try! OpenCLBackend(device: 0, profile: profile)
                return TestedBackend(name: "opencl:0 as \(profile)", backend: backend)
            }
        case .failure(let error):
            precondition(CPUInfo.setting("UNROLL_REQUIRE_OPENCL") != "1", "UNROLL_REQUIRE_OPENCL=1, but \(error)")
            print("Not tested on OpenCL: \(error)")
            return []
        }
    }()
}
