/// What can go wrong with a device, as the user should read it: one line that names what failed and the way out.
public enum ComputeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No device has this name.
    case noSuchDevice(name: String, available: [String])
    /// The device does not compute in this precision.
    case precisionRefused(Precision, device: String, reason: String)
    /// OpenCL is required or asked for, and missing.
    case openCLMissing(reason: String)
    /// An OpenCL call failed.
    case openCLFailed(call: String, code: Int32, device: String)
    /// A kernel did not compile; `log` is the compiler's.
    case kernelBuildFailed(program: String, device: String, log: String)
    /// What `buffer` names could not be allocated, even after the pool was emptied.
    case outOfMemory(buffer: String, bytes: Int, inUse: Int, device: String)
    /// A persistent recurrence gave up: its work-groups were not run at once. What it was to compute is undefined.
    case recurrenceStalled(device: String)
    /// A setting in the environment makes no sense.
    case badSetting(name: String, value: String, expected: String)

    /// One line for the user.
    public var description: String {
        switch self {
        case .noSuchDevice(let name, let available):
            "no device '\(name)'; available: \(available.joined(separator: ", "))"
        case .precisionRefused(let precision, let device, let reason):
            "\(device) does not compute in \(precision): \(reason); float32 works everywhere"
        case .openCLMissing(let reason):
            "OpenCL is not available: \(reason); \(Self.installHint)"
        case .openCLFailed(let call, let code, let device):
            "\(call) failed with \(OpenCLErrorName.of(code)) on \(device)"
                + (OpenCLErrorName.meansLost(code) ? "; the device seems lost: start again, here or with another" : "")
        case .kernelBuildFailed(let program, let device, let log):
            "kernel program '\(program)' did not build on \(device): \(Self.gist(of: log))"
        case .outOfMemory(let buffer, let bytes, let inUse, let device):
            "out of memory on \(device): \(buffer) needs \(bytes) bytes, \(inUse) are in use; "
                + "try a smaller batch or fewer steps"
        case .recurrenceStalled(let device):
            "the recurrence in one launch stalled on \(device), which did not run its work-groups at once, and its results "
                + "are void; set UNROLL_OPENCL_RECURRENCE=step to launch every step"
        case .badSetting(let name, let value, let expected):
            "\(name)=\(value) is not \(expected)"
        }
    }

    /// A compiler's log in a line: its first error.
    private static func gist(of log: String) -> String {
        let lines = log.split { $0.isNewline }.map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }
        return lines.first { $0.contains("error") }.map(String.init) ?? lines.first.map(String.init)
            ?? "no reason given"
    }

    private static var installHint: String {
        #if os(Linux)
            "install the loader and your GPU's driver, or a device on the CPU "
                + "(Debian, Ubuntu: apt-get install ocl-icd-libopencl1 pocl-opencl-icd)"
        #else
            "this system should have it built in"
        #endif
    }
}
