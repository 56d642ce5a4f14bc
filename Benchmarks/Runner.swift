import Unroll
import UnrollCompute

/// A case made ready on a device.
package struct Runner {
    /// What a peer needs to do the same: weights under PyTorch's names, inputs, initial states.
    let arrays: () throws -> [String: Safetensors.Array]
    /// What comes out of it, by name, to be compared with what comes out of it elsewhere. Called once, before `call`.
    let results: () throws -> [String: [Float]]
    /// What is timed; done when the device has been waited for.
    let call: () throws -> Void

    /// Seconds of untimed calls before a round: until threads are awake, each on a core of its own, and caches full.
    private static let warm = 0.008

    /// Runs something so many times and waits for the device.
    /// - Parameter each: whether every call is waited for and timed, rather than all together.
    /// - Returns: seconds a call.
    static func time(
        _ calls: Int, each: Bool, on device: Device, _ call: () throws -> Void
    ) throws -> [Double] {
        let clock = ContinuousClock()
        let start = clock.now
        while start.duration(to: clock.now).seconds < warm {
            try call()
            try device.synchronize()
        }
        func timed(_ count: Int) throws -> Double {
            try clock.measure {
                for _ in 0..<count { try call() }
                try device.synchronize()
            }.seconds / Double(count)
        }
        return each ? try (0..<calls).map { _ in try timed(1) } : [try timed(calls)]
    }
}

extension Module {
    /// All parameters by name.
    func arrays() throws -> [String: Safetensors.Array] {
        try Dictionary(
            uniqueKeysWithValues: parameterValues().map { ($0.name, .init(shape: $0.values.shape, $0.values.values)) })
    }
}

extension Tensor {
    /// As files have it.
    func array() throws -> Safetensors.Array {
        elementType == .int32
            ? .init(shape: shape, .int32(try integers())) : .init(shape: shape, try floats())
    }
}
