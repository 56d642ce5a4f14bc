import Unroll

/// This program once more, in a process that does one case and nothing else.
enum FreshProcess {
    /// The most bytes of memory it has at once; nil if it cannot be started or fails, which is said.
    static func peakMemory(of item: any Case, on device: Device, _ threads: Int) -> Int? {
        do {
            // Its launches are not this process's: they would take the place of these in the trace.
            let command = [
                "env", "-u", "UNROLL_TRACE", CommandLine.arguments[0], type(of: item).work.rawValue, "--cases",
                item.description,
                "--device", device.name, "--threads", "\(threads)", "--runs", "3", "--json", "--this-process",
            ]
            let megabytes = try Worker(command, in: TemporaryFolder()).answer()["peak_memory_mb"]?.number
            return megabytes.map { Int($0 * 1e6) }
        } catch {
            Output.note("no memory of a fresh process: \(error)")
            return nil
        }
    }
}
