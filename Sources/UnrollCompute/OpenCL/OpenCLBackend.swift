package import CUnrollOpenCL

/// The primitives on an OpenCL device: its own kernels on one in-order queue. Calls enqueue and return; only `read` and
/// `synchronize` wait.
package final class OpenCLBackend: Backend, @unchecked Sendable {
    /// The shape of kernels that suits a device: explicit vectors and register tiles for a processor, local-memory tiles
    /// for a GPU. Either runs anywhere.
    package enum Profile: String, Sendable, CaseIterable {
        case cpu, gpu
    }

    package let name: String
    package let profile: Profile
    /// How products of matrices are computed.
    package let precision: Precision
    package let units: MatrixUnits?
    let queue: OpenCLQueue
    let memory: MemoryPool
    /// The shapes of the tiled kernels. Set only where nothing runs: by whoever made the backend, before giving it away.
    package var tiles: TileTable
    /// Whether recurrences run in one launch.
    let persistence: Persistence

    /// - Parameters:
    ///   - index: which device, counting all of them in the order the drivers list them.
    ///   - profile: nil for `UNROLL_OPENCL_PROFILE`, or else what suits the device.
    ///   - recurrence: nil for `UNROLL_OPENCL_RECURRENCE`, or else what suits the device and the sweep.
    ///   - persistence: nil for what suits the device.
    ///   - limits: what to use of the device at most; nil for `UNROLL_OPENCL_LIMITS`.
    ///   - trace: the file launches are recorded in; nil for `UNROLL_TRACE`.
    ///   - precision: another than float32 is tried before it is used.
    ///   - emulated: whether the matrix units are, which runs on any device; nil for `UNROLL_OPENCL_MATRIX_UNITS`.
    ///   - tiles: nil for what has been measured, or else the table.
    ///   - functions: the driver's; nil for the loader's. Others let a device fail on purpose.
    ///   - reusesMemory: false gives every buffer memory of its own, for tools that watch it.
    /// - Throws: `ComputeError`.
    package convenience init(
        device index: Int, profile: Profile? = nil, recurrence: RecurrenceForm? = nil,
        persistence: Persistence.Limits? = nil, limits: OpenCLLimits? = nil, trace: String? = nil,
        precision: Precision = .float32, emulated: Bool? = nil, tiles: TileTable? = nil,
        functions: UnrollOpenCL? = nil, reusesMemory: Bool = true
    ) throws {
        let devices = try OpenCLPlatform.devices.get()
        guard devices.indices.contains(index) else {
            throw ComputeError.noSuchDevice(name: "opencl:\(index)", available: devices.map { "opencl:\($0.index)" })
        }
        let device = try (limits ?? .fromEnvironment()).capping(devices[index])
        let profile = try profile ?? Self.profileFromEnvironment() ?? (device.isGPU ? .gpu : .cpu)
        let persistence = Persistence(
            form: try recurrence ?? Self.recurrenceFromEnvironment(), persistence ?? Persistence.Limits(of: device))
        try self.init(
            device, name: "opencl:\(index)\(precision.suffix)", profile: profile,
            tiles: tiles ?? (profile == .gpu ? .stored(for: device, precision) : TileTable(for: device, precision)),
            persistence,
            precision: precision, units: try MatrixUnits(precision, emulated: emulated),
            trace: try trace.map { try OpenCLTrace($0) } ?? OpenCLTrace.fromEnvironment.get(),
            functions: functions, reusesMemory: reusesMemory)
        try provePrecision()
    }

    /// On a device as it is to be taken, in a precision that is not proved.
    init(
        _ device: OpenCLDescription, name: String, profile: Profile, tiles: TileTable, _ persistence: Persistence,
        precision: Precision = .float32, units: MatrixUnits? = nil, trace: OpenCLTrace?,
        functions: UnrollOpenCL? = nil, reusesMemory: Bool = true
    ) throws {
        let queue = try OpenCLQueue(
            device, name: name, functions: functions ?? OpenCLPlatform.functions.get(), trace: trace)
        (self.name, self.profile, self.tiles, self.persistence) = (name, profile, tiles, persistence)
        (self.precision, self.units) = (precision, units)
        self.queue = queue
        memory = MemoryPool(capacity: reusesMemory ? device.memory / 4 : nil, limit: device.memory) { size in
            size <= device.maximumAllocation ? queue.allocate(size) : nil
        } release: { block in
            queue.release(block)
        }
    }

    private static func profileFromEnvironment() throws -> Profile? {
        guard let value = CPUInfo.setting("UNROLL_OPENCL_PROFILE") else { return nil }
        guard let profile = Profile(rawValue: value) else {
            throw ComputeError.badSetting(name: "UNROLL_OPENCL_PROFILE", value: value, expected: "cpu or gpu")
        }
        return profile
    }

    /// What the driver says of the device, held to the limits.
    package var device: OpenCLDescription { queue.device }

    /// Launches and host waits since `resetCounts`.
    package var counts: OpenCLCounts { queue.counts }

    /// Counts from nothing again.
    package func resetCounts() { queue.resetCounts() }

    /// What the environment says of OpenCL, looked at before anything runs.
    /// - Throws: `ComputeError.badSetting`.
    static func checkSettings() throws {
        _ = try profileFromEnvironment()
        _ = try recurrenceFromEnvironment()
        _ = try MatrixUnits.emulatedFromEnvironment()
        _ = try OpenCLLimits.fromEnvironment()
        _ = try OpenCLTrace.fromEnvironment.get()
    }

    // MARK: Launching

    /// Whether a primitive may run: nothing has failed, and every buffer has its memory. Counts the writes.
    func begins(reading: [Buffer], writing: [Buffer]) -> Bool {
        for buffer in reading + writing where (buffer as! OpenCLBuffer).block == 0 { fail(buffer) }
        for buffer in writing { buffer.touch() }
        return queue.isSound
    }

    private func fail(_ buffer: Buffer, for purpose: StaticString = "a tensor") {
        let (bytes, overflow) = buffer.count.multipliedReportingOverflow(by: 4)
        queue.fail(
            .outOfMemory(
                buffer: "\(purpose)", bytes: overflow ? Int.max : bytes, inUse: memory.inUse, device: name))
    }

    /// A kernel over `count` independent items, in groups of `each`.
    func launch(
        _ kernel: String, of program: OpenCLProgram, _ arguments: [OpenCLArgument], over count: Int, each: Int = 64
    ) {
        let local = min(each, queue.device.groupSize)
        let global = (count + local - 1) / local * local
        queue.launch(kernel, of: program, arguments, global: [global], local: [local])
    }

    /// A kernel over columns × rows × batches of a view, neighbours along columns.
    func launch(
        _ kernel: String, of program: OpenCLProgram, _ arguments: [OpenCLArgument], columns: Int, rows: Int,
        batches: Int = 1
    ) {
        let local = min(64, Self.powerOfTwo(from: columns), queue.device.groupSize)
        let global = (columns + local - 1) / local * local
        queue.launch(kernel, of: program, arguments, global: [global, rows, batches], local: [local, 1, 1])
    }

    /// The least power of two that is no less than a count: columns are in groups of such sizes, as every size is another
    /// kernel to a compiler for processors, and a few idle items cost little.
    private static func powerOfTwo(from count: Int) -> Int {
        1 << (Int.bitWidth - (max(1, count) - 1).leadingZeroBitCount)
    }

    // MARK: Memory

    package func makeBuffer(_ type: ElementType, count: Int, for purpose: StaticString) -> Buffer {
        let buffer = OpenCLBuffer(type, count: count, from: memory)
        if buffer.block == 0 { fail(buffer, for: purpose) }
        return buffer
    }

    package func write(_ values: [Float], to buffer: Buffer) {
        require(values.count <= buffer.count, "write: \(values.count) numbers into a buffer of \(buffer.count)")
        guard begins(reading: [], writing: [buffer]) else { return }
        values.withUnsafeBytes { queue.write($0, to: (buffer as! OpenCLBuffer).block) }
    }

    package func write(_ values: [Int32], to buffer: Buffer) {
        require(values.count == buffer.count, "write: \(values.count) integers into a buffer of \(buffer.count)")
        buffer.keep(indices: values)
        guard begins(reading: [], writing: [buffer]) else { return }
        values.withUnsafeBytes { queue.write($0, to: (buffer as! OpenCLBuffer).block) }
    }

    package func read(_ buffer: Buffer) throws -> [Float] {
        guard begins(reading: [buffer], writing: []) else {
            try synchronize()
            return []
        }
        let values = [Float](unsafeUninitializedCapacity: buffer.count) { target, count in
            count = buffer.count
            let bytes = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(target)[..<(4 * buffer.count)])
            queue.read(bytes, from: (buffer as! OpenCLBuffer).block)
        }
        try synchronize()
        return values
    }

    package func synchronize() throws {
        queue.finish()
        checkPersistence()
        if let error = queue.takeFailure() { throw error }
    }
}

/// A buffer in a device's memory. What it held goes back to the pool when the last reference goes; the queue runs in
/// order, so whoever gets it next writes after everything enqueued before has read.
package final class OpenCLBuffer: Buffer, @unchecked Sendable {
    /// The driver's handle; 0 when there was no memory.
    let block: UInt
    private let size: Int
    private let pool: MemoryPool

    init(_ type: ElementType, count: Int, from pool: MemoryPool) {
        // Kernels count in 32 bits.
        let taken = count > Int32.max ? nil : pool.take(count: count)
        (block, size, self.pool) = (taken?.block ?? 0, taken?.size ?? 0, pool)
        super.init(type: type, count: count)
    }

    deinit {
        if block != 0 { pool.put(block, size: size) }
    }
}
