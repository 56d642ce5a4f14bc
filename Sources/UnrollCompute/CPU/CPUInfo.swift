import CUnrollMicroKernels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the host's processor is, as far as the backend must know.
package enum CPUInfo {
    /// Cores this process may run on.
    package static let cores = Int(unroll_cores())

    /// Bytes of physical memory.
    package static let memory: Int = {
        #if os(Linux)
            return Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        #else
            var bytes: UInt64 = 0
            var size = MemoryLayout<UInt64>.size
            return sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 ? Int(bytes) : 1 << 34
        #endif
    }()

    /// The processor's name, or its architecture where the system does not say.
    package static let model = described("model name", "machdep.cpu.brand_string") ?? architecture

    /// Who made it, as the processor says.
    package static let vendor = described("vendor_id", "machdep.cpu.vendor") ?? ""

    /// A line of /proc/cpuinfo by its key, or a name of sysctl.
    private static func described(_ key: String, _ name: String) -> String? {
        #if os(Linux)
            return procLine("/proc/cpuinfo", key)
        #else
            var size = 0
            guard sysctlbyname(name, nil, &size, nil, 0) == 0, size > 1 else { return nil }
            var text = [UInt8](repeating: 0, count: size)
            sysctlbyname(name, &text, &size, nil, 0)
            return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        #endif
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "x86_64"
        #endif
    }

    #if os(Linux)
        /// The value of the first line `key…: value` of a file of the kernel's.
        static func procLine(_ path: String, _ key: String) -> String? {
            guard let file = fopen(path, "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 4096)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                guard text.hasPrefix(key), let colon = text.firstIndex(of: ":") else { continue }
                return String(text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }.prefix { $0 != "\n" })
            }
            return nil
        }
    #endif

    /// A setting from the environment, if it is there and not empty.
    package static func setting(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
