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

    /// OpenCL in each other precision than float32: on matrix units that are emulated, and on the device's own where it
    /// has any. With small tiles, which are built sooner: one warp forward, four in a matmul.
    package static let matrixUnits: [TestedBackend] =
        openCL.isEmpty ? [] : units(emulated: true) + units(emulated: false)

    private static func units(emulated: Bool) -> [TestedBackend] {
        [Precision.tf32, .bf16].compactMap { precision in
            let make: @Sendable () throws -> OpenCLBackend = {
                let backend = try OpenCLBackend(device: 0, profile: .gpu, precision: precision, emulated: emulated)
                backend.tiles = backend.tiles.with(TileShape("32x32x16/16x8")!, for: .matmul)
                    .with(.smallestWarp, for: .forward).with(TileShape("32x8x32/8x4")!, for: .backward)
                return backend
            }
            if !emulated, Device(openCL[0].backend).refusal(of: precision) != nil { return nil }
            return TestedBackend("opencl:0 in \(precision)\(emulated ? ", emulated" : "")", make: make)
        }
    }

    private static func openCL(_ mark: String, _ limits: OpenCLLimits) -> [TestedBackend] {
        switch OpenCLPlatform.devices {
        case .success:
            return OpenCLBackend.Profile.allCases.map { profile in
                TestedBackend("opencl:0 as \(profile)\(mark)") {
                    try OpenCLBackend(device: 0, profile: profile, limits: limits).soonCompiled()
                }
            }
        case .failure(let error):
            precondition(CPUInfo.setting("UNROLL_REQUIRE_OPENCL") != "1", "UNROLL_REQUIRE_OPENCL=1, but \(error)")
            print("Not tested on OpenCL: \(error)")
            return []
        }
    }
}

extension OpenCLBackend {
    /// Itself, on a processor with steps in the smallest tiles: its compiler takes two seconds for those, and ten for the
    /// tiles that are fast there, anew for every cell and option. All shapes give the same bits (`TileTests`).
    package func soonCompiled() -> OpenCLBackend {
        if device.isCPU { tiles = tiles.with(.smallest, for: .forward).with(.smallest, for: .backward) }
        return self
    }
}
