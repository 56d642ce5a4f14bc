import CUnrollOpenCL
import Synchronization

/// A kernel's argument: buffers by handle, numbers by value.
enum OpenCLArgument {
    case buffer(Buffer)
    case int(Int)
    case word(UInt32)
    case float(Float)
}

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
    private let state = Mutex(State())

    private struct State: @unchecked Sendable {
        var programs: [OpenCLProgram: cl_program] = [:]
        var kernels: [String: cl_kernel] = [:]
        var failure: ComputeError?
        /// Host memory the queue may still read from, and how many bytes of it.
        var staged: [UnsafeMutableRawPointer] = []
        var stagedBytes = 0
    }

    /// More host memory than this waiting to be read, and the queue is waited for after all.
    private static let stagingLimit = 256 << 20

    init(_ device: OpenCLDescription, name: String) throws {
        (self.device, self.name) = (device, name)
        cl = try OpenCLPlatform.functions.get()
        var code: cl_int = 0
        var id: cl_device_id? = cl_device_id(bitPattern: device.deviceID)
        guard let context = cl.CreateContext(nil, 1, &id, nil, nil, &code), code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateContext", code: code, device: name)
        }
        guard let queue = cl.CreateCommandQueue(context, id, 0, &code), code == CL_SUCCESS else {
            _ = cl.ReleaseContext(context)
            throw ComputeError.openCLFailed(call: "clCreateCommandQueue", code: code, device: name)
        }
        (self.context, self.queue) = (context, queue)
    }

    deinit {
        _ = cl.Finish(queue)
        state.withLock { state in
            for memory in state.staged { memory.deallocate() }
            for kernel in state.kernels.values { _ = cl.ReleaseKernel(kernel) }
            for program in state.programs.values { _ = cl.ReleaseProgram(program) }
        }
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
        return code == CL_SUCCESS ? UInt(bitPattern: buffer) : nil
    }

    func release(_ block: UInt) { _ = cl.ReleaseMemObject(cl_mem(bitPattern: block)) }

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

    /// Waits for everything enqueued.
    func finish() {
        state.withLock { state in
            check(cl.Finish(queue), "clFinish", &state)
            for memory in state.staged { memory.deallocate() }
            state.staged = []
            state.stagedBytes = 0
        }
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
                let kernelHandle = try find(kernel, of: program, &state)
                for (place, argument) in arguments.enumerated() { set(argument, at: place, of: kernelHandle, &state) }
                guard state.failure == nil else { return }
                let code = cl.EnqueueNDRangeKernel(
                    queue, kernelHandle, cl_uint(global.count), nil, global, local, 0, nil, nil)
                check(code, "clEnqueueNDRangeKernel (\(kernel))", &state)
            } catch let error as ComputeError {
                state.failure = error
            } catch {
                fatalError("launch: \(error)")
            }
        }
    }

    private func set(_ argument: OpenCLArgument, at place: Int, of kernel: cl_kernel, _ state: inout State) {
        let code: cl_int
        switch argument {
        case .buffer(let buffer):
            var handle = cl_mem(bitPattern: (buffer as! OpenCLBuffer).block)
            code = cl.SetKernelArg(kernel, cl_uint(place), MemoryLayout<cl_mem?>.size, &handle)
        case .int(let value):
            var number = cl_int(value)
            code = cl.SetKernelArg(kernel, cl_uint(place), MemoryLayout<cl_int>.size, &number)
        case .word(var value):
            code = cl.SetKernelArg(kernel, cl_uint(place), MemoryLayout<UInt32>.size, &value)
        case .float(var value):
            code = cl.SetKernelArg(kernel, cl_uint(place), MemoryLayout<Float>.size, &value)
        }
        check(code, "clSetKernelArg \(place)", &state)
    }

    private func find(_ kernel: String, of program: OpenCLProgram, _ state: inout State) throws -> cl_kernel {
        let key = "\(program.name).\(kernel)"
        if let found = state.kernels[key] { return found }
        var code: cl_int = 0
        guard let made = cl.CreateKernel(try built(program, &state), kernel, &code), code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateKernel (\(kernel))", code: code, device: name)
        }
        state.kernels[key] = made
        return made
    }

    private func built(_ program: OpenCLProgram, _ state: inout State) throws -> cl_program {
        if let found = state.programs[program] { return found }
        let source = try program.source()
        var code: cl_int = 0
        let made = source.withCString { text in
            var text: UnsafePointer<CChar>? = text
            return cl.CreateProgramWithSource(context, 1, &text, nil, &code)
        }
        guard let made, code == CL_SUCCESS else {
            throw ComputeError.openCLFailed(call: "clCreateProgramWithSource", code: code, device: name)
        }
        var id: cl_device_id? = cl_device_id(bitPattern: device.deviceID)
        guard cl.BuildProgram(made, 1, &id, "-cl-std=CL1.2 -cl-denorms-are-zero", nil, nil) == CL_SUCCESS else {
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
