import Unroll

/// A case made ready on a device.
package struct Runner {
    /// What a peer needs to do the same: weights under PyTorch's names, inputs, initial states.
    let arrays: () throws -> [String: Safetensors.Array]
    /// What comes out of it, by name, to be compared with what comes out of it elsewhere. Called once, before `call`.
    let results: () throws -> [String: [Float]]
    /// What is timed; done when the device has been waited for.
    let call: () throws -> Void
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
