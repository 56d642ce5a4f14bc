import Unroll
import UnrollCompute

/// The devices that are measured, and what the processor can do at most.
struct Machine {
    let devices: [Device]
    /// The processor, with the threads that are asked for; every figure is beside its peak.
    let processor: CPUBackend
    /// What its caches can do at most.
    let readers: Readers
    /// What it is, and its peak at the beginning.
    let description: String

    /// - Parameters:
    ///   - name: `cpu`, `opencl`, `opencl:N`, or `all`.
    ///   - precision: the OpenCL devices'; nil for the one in the name, else float32.
    ///   - threads: the processor's; nil for what `UNROLL_THREADS` says, or else all cores.
    init(device name: String, _ precision: Precision?, threads: Int?) throws {
        let processor = try CPUBackend(threads: threads)
        let others = name == "all" ? Device.available.map(\.name).filter { $0 != "cpu" } : [name].filter { $0 != "cpu" }
        if name == "cpu" { _ = try Device(named: name, precision: precision) }
        devices =
            (name == "all" || name == "cpu" ? [Device(processor)] : [])
            + (try others.map { try Device(named: $0, precision: precision) })
        self.processor = processor
        readers = try Readers(threads: processor.threads)
        let gigaflops = (processor.multiplyAddsPeak(seconds: 0.5) / 1e9).fixed(0)
        description =
            "\(CPUInfo.model), \(processor.instructionSet), \(processor.threads) thread"
            + (processor.threads == 1 ? "" : "s") + "; measured peak of multiply-adds: \(gigaflops) GFLOP/s"
    }

    var threads: Int { processor.threads }

    /// Somebody who does so many floating-point operations at the processor's peak.
    func peak(operations: Double) -> Contestant {
        Contestant { _ in [operations / processor.multiplyAddsPeak(seconds: 0.02)] }
    }
}
