import CUnrollMicroKernels
import CUnrollOpenCL

/// A kernel's argument: buffers by handle, numbers by value, local memory by how many numbers it holds.
enum OpenCLArgument {
    case buffer(Buffer)
    case local(count: Int)
    case int(Int)
    case word(UInt32)
    case float(Float)
    case options(UnrollCellOptions)

    /// What the driver is given.
    fileprivate var value: OpenCLKernel.Value {
        switch self {
        case .buffer(let buffer): .handle((buffer as! OpenCLBuffer).block)
        case .local(let count): .local(bytes: 4 * count)
        case .int(let value): .word(UInt32(bitPattern: Int32(value)))
        case .word(let value): .word(value)
        case .float(let value): .word(value.bitPattern)
        case .options(let options): .words(withUnsafeBytes(of: options) { Array($0.bindMemory(to: UInt32.self)) })
        }
    }
}

/// A kernel and the arguments it was last given: a launch sets only what differs.
struct OpenCLKernel {
    /// An argument's bytes.
    enum Value: Equatable {
        case handle(UInt)
        case local(bytes: Int)
        case word(UInt32)
        case words([UInt32])
    }

    let handle: cl_kernel
    private var values: [Value?] = []

    init(_ handle: cl_kernel) { self.handle = handle }

    /// Sets those that differ from the last launch's.
    /// - Returns: the place and code of the first that the driver refused.
    mutating func set(_ arguments: [OpenCLArgument], _ cl: borrowing UnrollOpenCL) -> (place: Int, code: cl_int)? {
        if values.count < arguments.count {
            values += [Value?](repeating: nil, count: arguments.count - values.count)
        }
        for (place, argument) in arguments.enumerated() {
            let value = argument.value
            if values[place] == value { continue }
            let code: cl_int
            switch value {
            case .handle(let block):
                var memory = cl_mem(bitPattern: block)
                code = cl.SetKernelArg(handle, cl_uint(place), MemoryLayout<cl_mem?>.size, &memory)
            case .local(let bytes):
                code = cl.SetKernelArg(handle, cl_uint(place), bytes, nil)
            case .word(var bits):
                code = cl.SetKernelArg(handle, cl_uint(place), MemoryLayout<UInt32>.size, &bits)
            case .words(let words):
                code = cl.SetKernelArg(handle, cl_uint(place), 4 * words.count, words)
            }
            values[place] = code == CL_SUCCESS ? value : nil
            if code != CL_SUCCESS { return (place, code) }
        }
        return nil
    }

    /// A released handle may come back as another buffer's.
    mutating func forget(_ block: UInt) {
        for place in values.indices where values[place] == .handle(block) { values[place] = nil }
    }
}
