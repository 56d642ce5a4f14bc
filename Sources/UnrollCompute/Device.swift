/// Where tensors live and run: the CPU, or an OpenCL device.
public struct Device: Sendable, Hashable, CustomStringConvertible {
    /// `cpu`, or `opencl:N` where N counts all OpenCL devices in the order the installed drivers list them.
    public var name: String { backend.name }
    /// The name.
    public var description: String { name }

    package let backend: any Backend

    package init(_ backend: any Backend) { self.backend = backend }

    /// Whether both are the same device.
    public static func == (a: Device, b: Device) -> Bool { a.backend === b.backend }
    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(backend)) }

    /// Waits until everything asked of the device has run.
    /// - Throws: `ComputeError`, the first failure since the last throw.
    public func synchronize() throws { try backend.synchronize() }
}
