/// Where tensors live and run: the CPU, or an OpenCL device.
public struct Device: Sendable, Hashable, CustomStringConvertible {
    /// `cpu`, or `opencl:N` where N counts all OpenCL devices in the order the installed drivers list them; followed by the
    /// precision if that is not float32, as in `opencl:0/tf32`.
    public var name: String { backend.name }
    /// The name.
    public var description: String { name }

    package let backend: any Backend

    package init(_ backend: any Backend) { self.backend = backend }

    /// The device of that name: `cpu`, `opencl` (the first GPU, else the first device) or `opencl:N`. In every precision
    /// it is another device, whose tensors are its own.
    /// - Parameter precision: nil for the one in the name (`opencl:0/tf32`), else float32.
    /// - Throws: `ComputeError` that names the devices there are, or says what OpenCL lacks, or why the device does not
    ///   compute in that precision.
    public init(named name: String, precision: Precision? = nil) throws {
        let (device, named) = Precision.split(name)
        let precision = precision ?? named
        switch device {
        case "cpu":
            self.init(try Self.cpuBackend.get())
            if precision != .float32 {
                throw ComputeError.precisionRefused(precision, device: device, reason: OpenCLBackend.unitsMissing)
            }
        case "opencl":
            let devices = try OpenCLPlatform.devices.get()
            let index = (devices.first(where: \.isGPU) ?? devices[0]).index
            try self.init(named: "opencl:\(index)", precision: precision)
        default:
            guard device.hasPrefix("opencl:"), let index = Int(device.dropFirst("opencl:".count)), index >= 0 else {
                throw ComputeError.noSuchDevice(name: name, available: Self.names)
            }
            self.init(try Self.openCLBackend(index, precision))
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

    /// The device of that name; for nil what `default` is. In the precision given, else the name's.
    /// - Throws: `ComputeError`.
    public static func chosen(_ name: String?, precision: Precision? = nil) throws -> Device {
        if let name = name ?? CPUInfo.setting("UNROLL_DEVICE") { return try Device(named: name, precision: precision) }
        if case .success(let devices) = OpenCLPlatform.devices, let gpu = devices.first(where: \.isGPU),
            let device = try? Device(named: "opencl:\(gpu.index)")
        {
            return precision == nil ? device : try Device(named: device.name, precision: precision)
        }
        return try Device(named: "cpu", precision: precision)
    }

    /// How it multiplies.
    public var precision: Precision { openCL?.precision ?? .float32 }

    /// Why this device has no other in that precision; nil where it has, which a first call finds out by trying.
    public func refusal(of precision: Precision) -> String? {
        do {
            _ = try Device(named: name, precision: precision)
            return nil
        } catch ComputeError.precisionRefused(_, _, let reason) {
            return reason
        } catch {
            return "\(error)"
        }
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
    private static let openCLBackends = Lock<[String: OpenCLBackend]>([:])

    private static func openCLBackend(_ index: Int, _ precision: Precision) throws -> OpenCLBackend {
        let devices = try OpenCLPlatform.devices.get()
        guard devices.indices.contains(index) else {
            throw ComputeError.noSuchDevice(name: "opencl:\(index)", available: names)
        }
        return try openCLBackends.withLock { backends in
            let name = "opencl:\(index)\(precision.suffix)"
            if let backend = backends[name] { return backend }
            let backend = try OpenCLBackend(device: index, precision: precision)
            backends[name] = backend
            return backend
        }
    }
}
