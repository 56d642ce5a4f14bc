import CUnrollMicroKernels
import Synchronization

/// The primitives on the host's processor: micro-kernels for its best instruction set, on a pool of spinning workers.
/// Every primitive has run when its call returns.
package final class CPUBackend: Backend, @unchecked Sendable {
    package let name = "cpu"
    /// How many workers share a primitive's work, the caller among them.
    package let threads: Int
    let kernels: UnsafePointer<UnrollMicroKernels>
    /// Of each cell, by their name.
    let cells: [(name: String, kernels: UnrollCellKernels)]
    package let memory = MemoryPool.host()
    private let pool: OpaquePointer
    private let failure = Lock<ComputeError?>(nil)
    private let hasFailed = Atomic(false)

    /// Primitives with fewer numbers to go through than this stay on the caller's thread.
    private static let worthSharing = 16384

    /// - Parameters:
    ///   - threads: workers; nil for `UNROLL_THREADS`, or else as many as there are cores.
    ///   - instructionSet: the best to use; nil for `UNROLL_INSTRUCTION_SET`, or else the processor's best.
    /// - Throws: `ComputeError.badSetting`.
    package init(threads: Int? = nil, instructionSet: String? = nil) throws {
        let threads = try threads ?? Self.threadsFromEnvironment() ?? CPUInfo.cores
        guard let pool = unroll_pool_create(Int32(threads)) else {
            throw ComputeError.outOfMemory(buffer: "the pool of threads", bytes: threads << 20, inUse: 0, device: "cpu")
        }
        self.pool = pool
        self.threads = Int(unroll_pool_threads(pool))
        kernels = try Self.kernels(cappedBy: instructionSet ?? CPUInfo.setting("UNROLL_INSTRUCTION_SET"))
        cells = UnsafeBufferPointer(start: kernels.pointee.cells, count: kernels.pointee.cell_count).map {
            (String(cString: $0.name), $0)
        }
    }

    /// The instruction sets this processor runs, best first.
    package static var instructionSets: [String] { tables.map { String(cString: $0.pointee.name) } }

    /// The one in use.
    package var instructionSet: String { String(cString: kernels.pointee.name) }

    private static var tables: [UnsafePointer<UnrollMicroKernels>] {
        var tables: [UnsafePointer<UnrollMicroKernels>] = []
        while let table = unroll_micro_kernels(Int32(tables.count)) { tables.append(table) }
        return tables
    }

    /// The processor's best table no better than `cap`; a processor that lacks `cap` itself uses its own best below.
    private static func kernels(cappedBy cap: String?) throws -> UnsafePointer<UnrollMicroKernels> {
        guard let cap else { return tables[0] }
        let order = ["avx512", "avx2", "neon", "baseline"]
        guard let limit = order.firstIndex(of: cap),
            let table = tables.first(where: { order.firstIndex(of: String(cString: $0.pointee.name))! >= limit })
        else {
            let expected = "one of \(instructionSets.joined(separator: ", "))"
            throw ComputeError.badSetting(name: "UNROLL_INSTRUCTION_SET", value: cap, expected: expected)
        }
        return table
    }

    private static func threadsFromEnvironment() throws -> Int? {
        guard let value = CPUInfo.setting("UNROLL_THREADS") else { return nil }
        guard let threads = Int(value), (1...1024).contains(threads) else {
            throw ComputeError.badSetting(name: "UNROLL_THREADS", value: value, expected: "a number from 1 to 1024")
        }
        return threads
    }

    // MARK: Launching

    /// Runs a task that goes through about `work` numbers. Nothing runs after a failure until it has been thrown.
    func run<Arguments>(_ task: UnrollTask, _ arguments: Arguments, work: Int) {
        withUnsafePointer(to: arguments) { pointer in
            let workers = work < Self.worthSharing ? 1 : threads
            unroll_pool_run(pool, Int32(workers), task, pointer)
        }
    }

    /// Whether a primitive may run: nothing has failed and every buffer has its memory. Counts the writes.
    ///
    /// Inlined, so that the arrays are never made: small calls are all bookkeeping.
    @inline(__always)
    func begins(reading: [Buffer], writing: [Buffer]) -> Bool {
        var isSound = true
        for buffer in reading where !buffer.hasMemory { isSound = fail(buffer) }
        for buffer in writing {
            if !buffer.hasMemory { isSound = fail(buffer) }
            buffer.touch()
        }
        return isSound && !hasFailed.load(ordering: .relaxed)
    }

    /// False. Another thread may be told of the failure before this one has looked, so the answer is the caller's to keep.
    @discardableResult
    private func fail(_ buffer: Buffer, for purpose: StaticString = "a tensor") -> Bool {
        let (bytes, overflow) = buffer.count.multipliedReportingOverflow(by: 4)
        let error = ComputeError.outOfMemory(
            buffer: "\(purpose)", bytes: overflow ? Int.max : bytes, inUse: memory.inUse, device: name)
        failure.withLock { failure in
            failure = failure ?? error
            hasFailed.store(true, ordering: .relaxed)
        }
        return false
    }

    // MARK: Memory

    package func makeBuffer(_ type: ElementType, count: Int, for purpose: StaticString) -> Buffer {
        let buffer = CPUBuffer(type, count: count, from: memory)
        if buffer.memory == nil { fail(buffer, for: purpose) }
        return buffer
    }

    package func write(_ values: [Float], to buffer: Buffer) {
        require(values.count <= buffer.count, "write: \(values.count) numbers into a buffer of \(buffer.count)")
        guard begins(reading: [], writing: [buffer]) else { return }
        _ = UnsafeMutableBufferPointer(start: floats(buffer), count: values.count).update(fromContentsOf: values)
    }

    package func write(_ values: [Int32], to buffer: Buffer) {
        require(values.count == buffer.count, "write: \(values.count) integers into a buffer of \(buffer.count)")
        buffer.keep(indices: values)
        guard begins(reading: [], writing: [buffer]) else { return }
        _ = UnsafeMutableBufferPointer(start: integers(buffer), count: values.count).update(fromContentsOf: values)
    }

    package func read(_ buffer: Buffer) throws -> [Float] {
        let isSound = begins(reading: [buffer], writing: [])
        try synchronize()
        guard isSound else { return [] }  // another thread was told
        return Array(UnsafeBufferPointer(start: floats(buffer), count: buffer.count))
    }

    package func synchronize() throws {
        let error = failure.withLock { failure in
            defer {
                failure = nil
                hasFailed.store(false, ordering: .relaxed)
            }
            return failure
        }
        if let error { throw error }
    }

    /// The numbers of a buffer that `begins` has let pass.
    func floats(_ buffer: Buffer) -> UnsafeMutablePointer<Float> {
        buffer.onHost.memory!.assumingMemoryBound(to: Float.self)
    }

    func integers(_ buffer: Buffer) -> UnsafeMutablePointer<Int32> {
        buffer.onHost.memory!.assumingMemoryBound(to: Int32.self)
    }

    func view(_ matrix: Matrix) -> UnrollView {
        UnrollView(
            data: floats(matrix.buffer) + matrix.offset, batch: matrix.batchStride, row: matrix.rowStride,
            column: matrix.columnStride)
    }
}

extension Buffer {
    /// Itself: every buffer the CPU backend is given was made by one. Half the time of `as!`, which finds its way through
    /// the runtime.
    fileprivate var onHost: CPUBuffer {
        require(Swift.type(of: self) == CPUBuffer.self, "cpu: a buffer of another device")
        return unsafeDowncast(self, to: CPUBuffer.self)
    }

    fileprivate var hasMemory: Bool { onHost.memory != nil }
}
