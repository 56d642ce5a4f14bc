package import UnrollCompute
public import UnrollTensors

/// The gradient of a loss with respect to each parameter of a module.
public final class Gradients {
    private let device: Device
    /// In the order of the module's parameters, so that the norm is summed in one order always.
    private let order: [Buffer]
    private let buffers: [ObjectIdentifier: Buffer]

    /// What an optimizer multiplies every gradient by: the clip factor, one element on the device; nil is 1.
    package private(set) var scale: Buffer?

    package init(_ gradients: [(parameter: Parameter, gradient: Buffer?)], on device: Device) {
        self.device = device
        order = gradients.compactMap(\.gradient)
        buffers = Dictionary(
            uniqueKeysWithValues: gradients.compactMap { entry in
                entry.gradient.map { (ObjectIdentifier(entry.parameter), $0) }
            })
    }

    /// The gradient of a parameter, clipped if `clip` was called; nil where the loss does not depend on it.
    public subscript(parameter: Parameter) -> Tensor? {
        guard let buffer = buffer(of: parameter) else { return nil }
        let gradient = Tensor(buffer, shape: parameter.shape, on: device)
        return scale.map { gradient * Tensor($0, shape: [], on: device) } ?? gradient
    }

    /// The gradient of a parameter, not yet multiplied by `scale`.
    package func buffer(of parameter: Parameter) -> Buffer? { buffers[ObjectIdentifier(parameter)] }

    /// The norm of all gradients as one vector, before clipping.
    public var norm: Tensor { Tensor(sumOfSquares(), shape: [], on: device).squareRoot() }

    /// Scales all gradients together so that their norm as one vector is at most `norm`; smaller ones stay.
    ///
    /// The factor is `min(1, norm / (‖g‖ + 10⁻⁶))`, PyTorch's. It stays on the device: nothing waits.
    public func clip(norm: Float) {
        require(norm > 0, "clip: the norm \(norm) is not positive")
        let factor = device.backend.makeBuffer(.float32, count: 1)
        device.backend.map(.clipFactor(limit: norm), sumOfSquares(), into: factor)
        scale = factor
    }

    private func sumOfSquares() -> Buffer {
        let total = device.backend.makeZeros(count: 1)
        for gradient in order {
            device.backend.reduce(
                .sumOfSquares, rowsOf: Matrix(gradient, rows: gradient.count, columns: 1), scale: 1,
                into: Matrix(total, rows: 1, columns: 1), accumulating: true)
        }
        return total
    }
}
