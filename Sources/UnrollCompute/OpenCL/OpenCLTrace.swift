import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of launches with their device times, for `chrome://tracing` and Perfetto: one JSON array of complete events,
/// times in µs.
final class OpenCLTrace: @unchecked Sendable {
    /// A launch that has run; times in nanoseconds of the device's clock.
    struct Launch {
        var kernel: String
        var global: [Int]
        var local: [Int]
        var start: UInt64
        var end: UInt64
    }

    private let file: UnsafeMutablePointer<FILE>
    private let state = Lock(State())

    private struct State {
        var isEmpty = true
        var isClosed = false
    }

    /// The trace all backends of the process write where `UNROLL_TRACE` names a file.
    static let fromEnvironment: Result<OpenCLTrace?, ComputeError> = {
        guard let path = CPUInfo.setting("UNROLL_TRACE") else { return .success(nil) }
        // Ended even where no queue is ever made: an array of nothing.
        atexit { if case .success(let trace?) = OpenCLTrace.fromEnvironment { trace.close() } }
        return Result { () throws(ComputeError) in try OpenCLTrace(path) }
    }()

    /// - Throws: `ComputeError.badSetting` where the file cannot be written.
    init(_ path: String) throws(ComputeError) {
        guard let file = fopen(path, "w") else {
            let expected = "a file that can be written (\(String(cString: strerror(errno))))"
            throw .badSetting(name: "UNROLL_TRACE", value: path, expected: expected)
        }
        self.file = file
        fputs("[", file)
    }

    deinit { close() }

    /// - Parameter queue: which of the process's queues it was, from 1.
    func write(_ launches: [Launch], queue: Int, device: String) {
        state.withLock { state in
            guard !state.isClosed else { return }
            for launch in launches {
                fputs(state.isEmpty ? "\n" : ",\n", file)
                state.isEmpty = false
                fputs(
                    "{\"name\":\"\(launch.kernel)\",\"ph\":\"X\",\"ts\":\(Self.microseconds(launch.start)),"
                        + "\"dur\":\(Self.microseconds(launch.end - min(launch.start, launch.end))),"
                        + "\"pid\":\(getpid()),\"tid\":\(queue),\"args\":{\"device\":\"\(device)\","
                        + "\"global\":\(launch.global),\"local\":\(launch.local)}}", file)
            }
        }
    }

    /// Ends the array. What is written later is lost.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            fputs("\n]\n", file)
            fclose(file)
        }
    }

    private static func microseconds(_ nanoseconds: UInt64) -> String {
        let rest = String(nanoseconds % 1000)
        return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

/// The queues that record, so that the end of the process can collect what they have.
enum RecordingQueues {
    private struct Entry: @unchecked Sendable { weak var queue: OpenCLQueue? }
    private static let entries = Lock<[Entry]>([])
    private static let registersExit: Void = { atexit { RecordingQueues.end() } }()
    private static let count = Atomic<Int>(0)

    /// The number of the next queue, from 1.
    static func number() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }

    /// After the driver was loaded: what is registered last runs first, so the driver is still there at the end.
    static func add(_ queue: OpenCLQueue) {
        _ = registersExit
        entries.withLock { entries in
            entries.removeAll { $0.queue == nil }
            entries.append(Entry(queue: queue))
        }
    }

    private static func end() {
        for queue in entries.withLock({ $0.compactMap(\.queue) }) { queue.finish() }
        if case .success(let trace?) = OpenCLTrace.fromEnvironment { trace.close() }
    }
}
