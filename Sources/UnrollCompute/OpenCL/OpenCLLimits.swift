/// Less than a device has, so that small ones are tested anywhere: `local=32768,group=64,memory=N,double=0`.
package struct OpenCLLimits: Sendable, Equatable {
    /// Bytes of local memory.
    package var local: Int?
    /// Work items in a group.
    package var group: Int?
    /// Bytes of memory, and of any one buffer.
    package var memory: Int?
    /// Whether kernels may use double precision.
    package var double = true

    package init(local: Int? = nil, group: Int? = nil, memory: Int? = nil, double: Bool = true) {
        (self.local, self.group, self.memory, self.double) = (local, group, memory, double)
    }

    private static let setting = "UNROLL_OPENCL_LIMITS"

    /// Limits as the setting has them.
    /// - Throws: `ComputeError.badSetting`.
    package init(parsing text: String) throws {
        self.init()
        for field in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Int(parts[1]) : nil
            switch (parts[0], value) {
            case ("local", let bytes?) where bytes > 0: local = bytes
            case ("group", let items?) where items > 0: group = items
            case ("memory", let bytes?) where bytes > 0: memory = bytes
            case ("double", 0?): double = false
            case ("double", 1?): double = true
            default:
                let expected =
                    "a list of local=BYTES, group=ITEMS, memory=BYTES, double=0|1 ('\(field)' is none of them)"
                throw ComputeError.badSetting(name: Self.setting, value: text, expected: expected)
            }
        }
    }

    /// Those of the environment; none where it says nothing.
    /// - Throws: `ComputeError.badSetting`.
    package static func fromEnvironment() throws -> OpenCLLimits {
        try CPUInfo.setting(setting).map { try OpenCLLimits(parsing: $0) } ?? OpenCLLimits()
    }

    /// The device as it is to be taken.
    func capping(_ device: OpenCLDescription) -> OpenCLDescription {
        var device = device
        if let local { device.localMemory = min(local, device.localMemory) }
        if let group { device.groupSize = min(group, device.groupSize) }
        if let memory {
            device.memory = min(memory, device.memory)
            device.maximumAllocation = min(memory, device.maximumAllocation)
        }
        device.hasDoubles = device.hasDoubles && double
        return device
    }
}
