import CUnrollOpenCL

/// A device's context and its one in-order queue, with the programs built for it. Everything is enqueued and nothing is
/// waited for, except by `finish` and `read`.
///
/// After the first failure nothing is enqueued until `takeFailure` has given it to somebody.
final class OpenCLQueue: @unchecked Sendable {
    let device: OpenCLDescription
    private let name: String
    private let cl: UnrollOpenCL
    private let context: cl_context
    private let queue: cl_command_queue
    private let recorder: (trace: OpenCLTrace, number: Int)?
    private let state = Lock(State())

    private struct State: @unchecked Sendable {
        var programs: [OpenCLProgram: cl_program] = [:]
        var kernels: [KernelName: OpenCLKernel] = [:]
        /// Launches recorded whose times are not known yet, oldest first.
        var pending: [(launch: OpenCLTrace.Launch, event: cl_event)] = []
        var failure: ComputeError?
        /// Host memory the queue may still read from, and how many bytes of it.
        var staged: [UnsafeMutableRawPointer] = []
        var stagedBytes = 0
    }

    private struct KernelName: Hashable {
        var program: String
        var kernel: String
    }

    /// More host memory than this waiting to be read, and the queue is waited for after all.
    private static let stagingLimit = 256 << 20

    /// So many recorded launches, and those that have run are written.
    private static let pendingLimit = 1024

    /// - Parameter trace: where launches are recorded, if they are.
    init(_ device: OpenCLDescription, name: String, functions cl: UnrollOpenCL, trace: OpenCLTrace?) throws {
        (self.device, self.name, self.cl) = (device, name, cl)
        var code: cl_int = 0
        var id: cl_device_id? = cl_device_id(bitPattern: device.deviceID)
        guard let context = cl.CreateContext(nil, 1, &id, nil, nil, &code), code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateContext", code: code, device: name)
        }
        let properties = cl_command_queue_properties(trace == nil ? 0 : CL_QUEUE_PROFILING_ENABLE)
        guard let queue = cl.CreateCommandQueue(context, id, properties, &code), code == CL_SUCCESS else {
            _ = cl.ReleaseContext(context)
            throw ComputeError.openCLFailed(call: "clCreateCommandQueue", code: code, device: name)
        }
        (self.context, self.queue) = (context, queue)
        recorder = trace.map { ($0, RecordingQueues.number()) }
        if recorder != nil { RecordingQueues.add(self) }
    }

    deinit {
        let isIdle = cl.Finish(queue) == CL_SUCCESS
        state.withLock { state in
            collect(&state)
            // Memory that a device may still be reading is lost with it.
            if isIdle { for memory in state.staged { memory.deallocate() } }
            for kernel in state.kernels.values { _ = cl.ReleaseKernel(kernel.handle) }
            for program in state.programs.values { _ = cl.ReleaseProgram(program) }
        }
        OpenCLCounting.forget(queue)
        _ = cl.ReleaseCommandQueue(queue)
        _ = cl.ReleaseContext(context)
    }

    // MARK: Failure

    /// Keeps the first.
    func fail(_ error: ComputeError) { state.withLock { $0.failure = $0.failure ?? error } }

    /// Whether nothing has failed since somebody was told.
    var isSound: Bool { state.withLock { $0.failure == nil } }

    /// The failure, which from now on counts as told.
    func takeFailure() -> ComputeError? {
        state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
    }

    private func check(_ code: cl_int, _ call: String, _ state: inout State) {
        guard code != CL_SUCCESS, state.failure == nil else { return }
        state.failure = .openCLFailed(call: call, code: code, device: name)
    }

    // MARK: Memory

    /// A buffer of device memory as a word, or nil when the driver has none.
    func allocate(_ size: Int) -> UInt? {
        var code: cl_int = 0
        let buffer = cl.CreateBuffer(context, cl_mem_flags(CL_MEM_READ_WRITE), size, nil, &code)
        if code == CL_SUCCESS { return UInt(bitPattern: buffer) }
        let full = [
            CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY, CL_INVALID_BUFFER_SIZE,
        ]
        if !full.contains(code) { fail(.openCLFailed(call: "clCreateBuffer", code: code, device: name)) }
        return nil
    }

    func release(_ block: UInt) {
        state.withLock { state in
            for name in state.kernels.keys { state.kernels[name]!.forget(block) }
        }
        _ = cl.ReleaseMemObject(cl_mem(bitPattern: block))
    }

    /// Enqueues a write; the bytes are copied first, and the copy kept until the queue is known to have read it.
    func write(_ bytes: UnsafeRawBufferPointer, to block: UInt) {
        guard bytes.count > 0 else { return }
        let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 64)
        copy.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        let isFull = state.withLock { state in
            state.staged.append(copy)
            state.stagedBytes += bytes.count
            let code = cl.EnqueueWriteBuffer(
                queue, cl_mem(bitPattern: block), cl_bool(UNROLL_OPENCL_NOT_BLOCKING), 0, bytes.count, copy, 0, nil, nil
            )
            check(code, "clEnqueueWriteBuffer", &state)
            return state.stagedBytes > Self.stagingLimit
        }
        if isFull { finish() }
    }

    /// Waits for everything enqueued, then copies from the device.
    func read(_ bytes: UnsafeMutableRawBufferPointer, from block: UInt) {
        guard bytes.count > 0 else { return }
        let code = cl.EnqueueReadBuffer(
            queue, cl_mem(bitPattern: block), cl_bool(UNROLL_OPENCL_BLOCKING), 0, bytes.count, bytes.baseAddress!,
            0, nil, nil)
        state.withLock { state in
            check(code, "clEnqueueReadBuffer", &state)
        }
    }

    /// Waits for everything enqueued. Where that fails, the device may still be reading what is staged.
    func finish() {
        state.withLock { state in
            let code = cl.Finish(queue)
            check(code, "clFinish", &state)
            collect(&state)
            guard code == CL_SUCCESS else { return }
            for memory in state.staged { memory.deallocate() }
            state.staged = []
            state.stagedBytes = 0
        }
    }

    // MARK: Counting and recording

    /// What was asked for since `resetCounts`.
    var counts: OpenCLCounts { OpenCLCounting.of(queue) }

    func resetCounts() { OpenCLCounting.forget(queue) }

    /// Writes the recorded launches that have run, without waiting for others: the queue runs in order, so they come
    /// first.
    private func collect(_ state: inout State) {
        guard let recorder, !state.pending.isEmpty else { return }
        let done = state.pending.prefix { Self.hasEnded($0.event, cl) }
        let launches = done.map { entry in
            var launch = entry.launch
            launch.start = time(CL_PROFILING_COMMAND_START, of: entry.event)
            launch.end = time(CL_PROFILING_COMMAND_END, of: entry.event)
            _ = cl.ReleaseEvent(entry.event)
            return launch
        }
        state.pending.removeFirst(done.count)
        recorder.trace.write(launches, queue: recorder.number, device: name)
    }

    /// Run, or failed (codes below zero).
    private static func hasEnded(_ event: cl_event, _ cl: borrowing UnrollOpenCL) -> Bool {
        var status = cl_int(1)
        let key = cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS)
        let code = cl.GetEventInfo(event, key, MemoryLayout<cl_int>.size, &status, nil)
        return code != CL_SUCCESS || status <= cl_int(CL_COMPLETE)
    }

    private func time(_ key: Int32, of event: cl_event) -> UInt64 {
        var time: cl_ulong = 0
        _ = cl.GetEventProfilingInfo(event, cl_profiling_info(key), MemoryLayout<cl_ulong>.size, &time, nil)
        return UInt64(time)
    }

    // MARK: Launching

    /// Enqueues a kernel over `global` work items, in groups of `local`, of which global is a multiple.
    func launch(
        _ kernel: String, of program: OpenCLProgram, _ arguments: [OpenCLArgument], global: [Int], local: [Int]?
    ) {
        guard global.allSatisfy({ $0 > 0 }) else { return }
        state.withLock { state in
            guard state.failure == nil else { return }
            do {
                let key = KernelName(program: program.name, kernel: kernel)
                if state.kernels[key] == nil { state.kernels[key] = try make(kernel, of: program, &state) }
                if let refused = state.kernels[key]!.set(arguments, cl) {
                    check(refused.code, "clSetKernelArg \(refused.place) of \(kernel)", &state)
                    return
                }
                enqueue(state.kernels[key]!.handle, kernel, global, local, &state)
            } catch let error as ComputeError {
                state.failure = error
            } catch {
                fatalError("launch: \(error)")
            }
        }
    }

    /// The one place that launches.
    private func enqueue(
        _ kernel: cl_kernel, _ kernelName: String, _ global: [Int], _ local: [Int]?, _ state: inout State
    ) {
        let call = "clEnqueueNDRangeKernel (\(kernelName))"
        // A device held to less than it has would not refuse.
        guard (local ?? []).reduce(1, *) <= device.groupSize else {
            return check(cl_int(CL_INVALID_WORK_GROUP_SIZE), call, &state)
        }
        var event: cl_event?
        let code = withUnsafeMutablePointer(to: &event) {
            cl.EnqueueNDRangeKernel(
                queue, kernel, cl_uint(global.count), nil, global, local, 0, nil, recorder == nil ? nil : $0)
        }
        check(code, call, &state)
        guard code == CL_SUCCESS, let event else { return }
        let launch = OpenCLTrace.Launch(kernel: kernelName, global: global, local: local ?? [], start: 0, end: 0)
        state.pending.append((launch, event))
        if state.pending.count % Self.pendingLimit == 0 { collect(&state) }
    }

    private func make(_ kernel: String, of program: OpenCLProgram, _ state: inout State) throws -> OpenCLKernel {
        var code: cl_int = 0
        guard let made = cl.CreateKernel(try built(program, &state), kernel, &code), code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateKernel (\(kernel))", code: code, device: name)
        }
        let id: cl_device_id? = cl_device_id(bitPattern: device.deviceID)
        var used: cl_ulong = 0
        let key = cl_kernel_work_group_info(CL_KERNEL_LOCAL_MEM_SIZE)
        _ = cl.GetKernelWorkGroupInfo(made, id, key, MemoryLayout<cl_ulong>.size, &used, nil)
        guard Int(clamping: used) <= device.localMemory else {
            _ = cl.ReleaseKernel(made)
            let call = "\(kernel): \(used) bytes of local memory of \(device.localMemory):"
            throw ComputeError.openCLFailed(call: call, code: cl_int(CL_OUT_OF_RESOURCES), device: name)
        }
        return OpenCLKernel(made)
    }

    private func built(_ program: OpenCLProgram, _ state: inout State) throws -> cl_program {
        if let found = state.programs[program] { return found }
        // A device without doubles compiles none, whatever the driver could.
        let source = try (device.hasDoubles ? "" : "#define double doubles_are_not_supported\n") + program.source()
        var code: cl_int = 0
        let made = source.withCString { text in
            var text: UnsafePointer<CChar>? = text
            return cl.CreateProgramWithSource(context, 1, &text, nil, &code)
        }
        guard let made, code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateProgramWithSource", code: code, device: name)
        }
        var id: cl_device_id? = cl_device_id(bitPattern: device.deviceID)
        let options = "-cl-std=\(program.standard) -cl-denorms-are-zero"
        guard cl.BuildProgram(made, 1, &id, options, nil, nil) == CL_SUCCESS else {
            defer { _ = cl.ReleaseProgram(made) }
            throw ComputeError.kernelBuildFailed(program: program.name, device: name, log: log(of: made, id))
        }
        state.programs[program] = made
        return made
    }

    private func log(of program: cl_program, _ id: cl_device_id?) -> String {
        var size = 0
        let key = cl_program_build_info(CL_PROGRAM_BUILD_LOG)
        _ = cl.GetProgramBuildInfo(program, id, key, 0, nil, &size)
        var bytes = [UInt8](repeating: 0, count: size)
        _ = cl.GetProgramBuildInfo(program, id, key, size, &bytes, nil)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
