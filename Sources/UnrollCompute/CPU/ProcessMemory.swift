#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this process takes of the machine's memory.
public enum ProcessMemory {
    /// The most bytes it has had at once.
    public static var peak: Int {
        #if os(Linux)
            // `getrusage` counts what the process was before it became this program, too.
            let line = CPUInfo.procLine("/proc/self/status", "VmHWM")
            return (line?.split(separator: " ").first.flatMap { Int($0) } ?? 0) << 10
        #else
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #endif
    }
}
