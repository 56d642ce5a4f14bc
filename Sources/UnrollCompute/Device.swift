import Synchronization

/// Where tensors live and run: the CPU, or an OpenCL device.
public struct Device: Sendable, Hashable, CustomStringConvertible {
    /// `cpu`, or `opencl:N` where N counts all OpenCL devices in the order the installed drivers list them.
    public var name: String { backend.name }
    /// The name.
    public var description: String { name }

    package let backend: any Backend

    package init(_ backend: any Backend) { self.backend = backend }

    /// The device of that name: `cpu`, `opencl` (the first GPU, else the first device) or `opencl:N`.
    /// - Throws: `ComputeError` that names the devices there are, or says what OpenCL lacks.
    public init(named name: String) throws {
        switch name {
        case "cpu":
            self.init(try Self.cpuBackend.get())
        case "opencl":
            let devices = try OpenCLPlatform.devices.get()
            try self.init(named: "opencl:\((devices.first(where: \.isGPU) ?? devices[0]).index)")
        default:
            guard name.hasPrefix("opencl:"), let index = Int(name.dropFirst("opencl:".count)), index >= 0 else {
                throw ComputeError.noSuchDevice(name: name, available: Self.names)
            }
            self.init(try Self.openCLBackend(index))
        }
    }

    /// The CPU, with as many threads as there are cores or `UNROLL_THREADS` says.
    public static let cpu: Device = {
        do { return try Device(named: "cpu") } catch { fatalError("unroll: \(error)") }
    }()

    /// The device the environment's `UNROLL_DEVICE` names, else an OpenCL GPU if there is one, else the CPU.
    ///
    /// A name in the environment that no device has ends the program with a message; `init(named:)` throws instead.
    public static let `default`: Device = {
        do { return try Device.chosen(nil) } catch { fatalError("unroll: \(error)") }
    }()

    /// The device of that name; for nil what `default` is.
    /// - Throws: `ComputeError`.
    public static func chosen(_ name: String?) throws -> Device {
        if let name = name ?? CPUInfo.setting("UNROLL_DEVICE") { return try Device(named: name) }
        if case .success(let devices) = OpenCLPlatform.devices, let gpu = devices.first(where: \.isGPU),
            let device = try? Device(named: "opencl:\(gpu.index)")
        {
            return device
        }
        return try Device(named: "cpu")
    }

    /// Every device that can be used now, the CPU first.
    public static var available: [Device] { names.compactMap { try? Device(named: $0) } }

    private static var names: [String] {
        let devices = (try? OpenCLPlatform.devices.get()) ?? []
        return ["cpu"] + devices.map { "opencl:\($0.index)" }
    }

    /// Whether both are the same device.
    public static func == (a: Device, b: Device) -> Bool { a.backend === b.backend }
    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(backend)) }

    /// Waits until everything asked of the device has run.
    /// - Throws: `ComputeError`, the first failure since the last throw.
    public func synchronize() throws { try backend.synchronize() }

    // MARK: Backends, one for each name

    private static let cpuBackend: Result<CPUBackend, any Error> = Result { try CPUBackend() }
    private static let openCLBackends = Mutex<[Int: OpenCLBackend]>([:])

    private static func openCLBackend(_ index: Int) throws -> OpenCLBackend {
        let devices = try OpenCLPlatform.devices.get()
        guard devices.indices.contains(index) else {
            throw ComputeError.noSuchDevice(name: "opencl:\(index)", available: names)
        }
        return try openCLBackends.withLock { backends in
            if let backend = backends[index] { return backend }
            let backend = try OpenCLBackend(device: index)
            backends[index] = backend
            return backend
        }
    }
}
