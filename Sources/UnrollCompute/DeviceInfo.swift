/// What a device is, for people to read.
public struct DeviceInfo: Sendable, Equatable {
    /// What does the computing.
    public enum Kind: String, Sendable {
        case cpu, gpu, accelerator
    }

    /// The name `Device(named:)` takes.
    public var name: String
    /// What does the computing.
    public var kind: Kind
    /// The model, as the system or the driver names it.
    public var model: String
    /// Who made it.
    public var vendor: String
    /// The driver and its version.
    public var driver: String
    /// Cores, or OpenCL's compute units.
    public var computeUnits: Int
    /// Bytes.
    public var memory: Int
    /// The instruction set of the CPU's micro-kernels (`avx512`, `avx2`, `neon`, `baseline`); nil for OpenCL.
    public var instructionSet: String?
    /// The CPU's worker threads; nil for OpenCL.
    public var threads: Int?
    /// The shape of the OpenCL kernels in use (`cpu`, `gpu`); nil for the CPU.
    public var profile: String?
}

extension Device {
    /// What the device is.
    public var info: DeviceInfo {
        switch backend {
        case let cpu as CPUBackend:
            return DeviceInfo(
                name: name, kind: .cpu, model: CPUInfo.model, vendor: CPUInfo.vendor, driver: "unroll micro-kernels",
                computeUnits: CPUInfo.cores, memory: CPUInfo.memory, instructionSet: cpu.instructionSet,
                threads: cpu.threads)
        case let openCL as OpenCLBackend:
            let device = openCL.device
            return DeviceInfo(
                name: name, kind: device.isGPU ? .gpu : device.isCPU ? .cpu : .accelerator, model: device.model,
                vendor: device.vendor, driver: "\(device.platform) \(device.driver)",
                computeUnits: device.computeUnits, memory: device.memory, profile: openCL.profile.rawValue)
        default:
            return DeviceInfo(
                name: name, kind: .cpu, model: name, vendor: "", driver: "", computeUnits: 1, memory: CPUInfo.memory)
        }
    }

    /// Where its buffers come from; nil for a backend that keeps no account.
    package var memory: MemoryPool? { (backend as? CPUBackend)?.memory ?? (backend as? OpenCLBackend)?.memory }

    /// Its backend where that is OpenCL's.
    package var openCL: OpenCLBackend? { backend as? OpenCLBackend }

    /// Why no OpenCL device can be used and what to install; nil when there is one.
    public static var openCLMissing: String? {
        guard case .failure(let error) = OpenCLPlatform.devices else { return nil }
        return "\(error)"
    }

    /// With `UNROLL_REQUIRE_OPENCL=1` in the environment (for machines that check), a missing OpenCL device is an error;
    /// so is a setting of OpenCL's that makes no sense.
    /// - Throws: `ComputeError.openCLMissing`, `ComputeError.badSetting`.
    public static func checkRequirements() throws {
        try OpenCLBackend.checkSettings()
        if CPUInfo.setting("UNROLL_REQUIRE_OPENCL") == "1" { _ = try OpenCLPlatform.devices.get() }
    }
}
