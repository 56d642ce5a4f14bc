import Unroll
import UnrollCompute

/// The devices that are measured, and what the processor can do at most.
struct Machine {
    let devices: [Device]
    /// The processor, with the threads that are asked for; every figure is beside its peak.
    let processor: CPUBackend

    /// - Parameters:
    ///   - name: `cpu`, `opencl`, `opencl:N`, or `all`.
    ///   - threads: the processor's; nil for what `UNROLL_THREADS` says, or else all cores.
    init(device name: String, threads: Int?) throws {
        let processor = try CPUBackend(threads: threads)
        let others = name == "all" ? Device.available.map(\.name).filter { $0 != "cpu" } : [name].filter { $0 != "cpu" }
        devices = (name == "all" || name == "cpu" ? [Device(processor)] : []) + (try others.map(Device.init(named:)))
        self.processor = processor
    }

    var threads: Int { processor.threads }

    /// Somebody who does `operations` at the processor's peak: measured in turns with the devices, because what a shared
    /// machine has to give changes by the minute.
    func peak(operations: Double) -> Contestant {
        Contestant { _ in [operations / processor.multiplyAddsPeak(seconds: 0.02)] }
    }

    var description: String {
        "\(CPUInfo.model), \(processor.instructionSet), \(threads) thread\(threads == 1 ? "" : "s"); "
            + "measured peak of multiply-adds: \((processor.multiplyAddsPeak(seconds: 0.5) / 1e9).fixed(0)) GFLOP/s"
    }

    /// Bytes in a second that all threads together read of as many bytes as these, again and again: from whichever
    /// cache holds so many.
    func readBandwidth(bytes: Int) -> Double {
        // Rows of two cache lines and more, in as many contiguous parts as there are threads, each summed to one row.
        let (columns, parts) = (128, threads)
        let rows = max(1, bytes / (4 * columns * parts))
        let numbers = processor.makeZeros(count: parts * rows * columns)
        let sums = processor.makeZeros(count: parts * columns)
        let read = {
            processor.reduce(
                .sum, rowsOf: Matrix(numbers, batches: parts, rows: rows, columns: columns), scale: 1,
                into: Matrix(sums, rows: parts, columns: columns), accumulating: false)
        }
        let clock = ContinuousClock()
        let calls = max(3, 20_000_000 / numbers.count)
        let best = (0..<7).map { _ in clock.measure { for _ in 0..<calls { read() } }.seconds }.min()!
        return Double(4 * numbers.count * calls) / best
    }
}
