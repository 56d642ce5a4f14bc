import CUnrollOpenCL

/// What a queue has been asked for since `resetCounts`.
package struct OpenCLCounts: Sendable, Equatable {
    /// Kernels enqueued.
    package var launches = 0
    /// Times the host waited for the device: finishes, blocking reads and blocking writes.
    package var hostWaits = 0
}

/// Counts in the function table itself, where no call can be forgotten.
enum OpenCLCounting {
    private static let counts = Lock<[UInt: OpenCLCounts]>([:])

    /// The loader's own table.
    private static let loaded = try! OpenCLPlatform.loaded.get()

    /// The loader's functions, of which those that launch or may wait count themselves, queue by queue.
    static func counting(_ functions: UnrollOpenCL) -> UnrollOpenCL {
        var functions = functions
        functions.EnqueueNDRangeKernel = {
            let code = OpenCLCounting.loaded.EnqueueNDRangeKernel($0, $1, $2, $3, $4, $5, $6, $7, $8)
            if code == CL_SUCCESS { OpenCLCounting.add(to: $0) { $0.launches += 1 } }
            return code
        }
        functions.EnqueueReadBuffer = {
            if $2 == UNROLL_OPENCL_BLOCKING { OpenCLCounting.add(to: $0) { $0.hostWaits += 1 } }
            return OpenCLCounting.loaded.EnqueueReadBuffer($0, $1, $2, $3, $4, $5, $6, $7, $8)
        }
        functions.EnqueueWriteBuffer = {
            if $2 == UNROLL_OPENCL_BLOCKING { OpenCLCounting.add(to: $0) { $0.hostWaits += 1 } }
            return OpenCLCounting.loaded.EnqueueWriteBuffer($0, $1, $2, $3, $4, $5, $6, $7, $8)
        }
        functions.Finish = {
            OpenCLCounting.add(to: $0) { $0.hostWaits += 1 }
            return OpenCLCounting.loaded.Finish($0)
        }
        return functions
    }

    static func of(_ queue: cl_command_queue) -> OpenCLCounts {
        counts.withLock { $0[UInt(bitPattern: queue)] ?? OpenCLCounts() }
    }

    /// Counts from nothing again; nothing is kept of the queue.
    static func forget(_ queue: cl_command_queue) {
        counts.withLock { counts in counts[UInt(bitPattern: queue)] = nil }
    }

    private static func add(to queue: cl_command_queue?, _ one: (inout OpenCLCounts) -> Void) {
        counts.withLock { one(&$0[UInt(bitPattern: queue), default: OpenCLCounts()]) }
    }
}
