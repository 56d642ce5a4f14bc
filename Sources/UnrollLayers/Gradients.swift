package import UnrollCompute
public import UnrollTensors

/// The gradient of a loss with respect to each parameter of a module.
public final class Gradients {
    let device: Device
    /// In the order of the module's parameters, so that the norm is summed in one order always.
    private var entries: [(parameter: Parameter, gradient: Buffer?)]
    private let places: [ObjectIdentifier: Int]

    /// What an optimizer multiplies every gradient by: the clip factor, one element on the device; nil is 1.
    package private(set) var scale: Buffer?
    /// What an optimizer then limits every element to.
    package private(set) var limit = Float.infinity

    package init(_ gradients: [(parameter: Parameter, gradient: Buffer?)], on device: Device) {
        (self.device, entries) = (device, gradients)
        places = Dictionary(
            uniqueKeysWithValues: gradients.enumerated().map { (ObjectIdentifier($1.parameter), $0) })
    }

    /// The gradient of a parameter, clipped if `clip` was called; nil where the loss does not depend on it, or where it
    /// is frozen.
    public subscript(parameter: Parameter) -> Tensor? {
        guard let buffer = buffer(of: parameter) else { return nil }
        if scale == nil, limit == .infinity { return Tensor(buffer, shape: parameter.shape, on: device) }
        // As an optimizer sees it: 0 − (−1)·g.
        let clipped = device.backend.makeZeros(count: buffer.count)
        var rule = UpdateRule.sgd(rate: -1, momentum: 0, decay: 0)
        rule.limit = limit
        device.backend.update(rule, parameter: clipped, gradient: buffer, moments: [], scale: scale)
        return Tensor(clipped, shape: parameter.shape, on: device)
    }

    /// The gradient of a parameter, not yet multiplied by `scale` nor limited.
    package func buffer(of parameter: Parameter) -> Buffer? {
        places[ObjectIdentifier(parameter)].flatMap { entries[$0].gradient }
    }

    /// Adds those of another part of the batch: gradients of `loss / parts` of every part add up to those of the mean.
    /// Precondition: they are of the same parameters, and neither has been clipped.
    public func add(_ other: Gradients) {
        require(
            entries.count == other.entries.count
                && zip(entries, other.entries).allSatisfy { $0.parameter === $1.parameter },
            "add: gradients of another module")
        require(
            [scale, other.scale].allSatisfy { $0 == nil } && min(limit, other.limit) == .infinity,
            "add: gradients that were clipped already")
        for (index, (_, gradient)) in other.entries.enumerated() {
            guard let gradient else { continue }
            guard let sum = entries[index].gradient else {
                entries[index].gradient = gradient
                continue
            }
            let view = { Matrix($0, rows: 1, columns: sum.count) }
            device.backend.copy(view(gradient), to: view(sum), accumulating: true)
        }
    }

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

    /// Limits every element to ±`value`, after what `clip(norm:)` does, whichever was called first.
    public func clip(value: Float) {
        require(value > 0, "clip: the value \(value) is not positive")
        limit = value
    }

    private func sumOfSquares() -> Buffer {
        let total = device.backend.makeZeros(count: 1)
        for gradient in entries.lazy.compactMap(\.gradient) {
            device.backend.reduce(
                .sumOfSquares, rowsOf: Matrix(gradient, rows: gradient.count, columns: 1), scale: 1,
                into: Matrix(total, rows: 1, columns: 1), accumulating: true)
        }
        return total
    }
}
