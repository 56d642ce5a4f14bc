package import UnrollCompute
package import UnrollTensors

/// Losses kept on the device until someone looks: adding one waits for nothing, and reading costs one transfer for all.
package struct LossLog {
    private let device: Device
    private let losses: Buffer
    private var count = 0

    package init(capacity: Int = 64, on device: Device) {
        self.device = device
        losses = device.backend.makeBuffer(.float32, count: capacity)
        device.backend.fill(losses, with: 0)
    }

    /// Whether there is room for no other.
    package var isFull: Bool { count == losses.count }

    /// Adds a loss of one element.
    package mutating func append(_ loss: Tensor) {
        require(!isFull && loss.count == 1, "loss log: a loss of shape \(loss.shape) beside \(count)")
        device.backend.copy(
            Matrix(loss.buffer, rows: 1, columns: 1), to: Matrix(losses, at: count, rows: 1, columns: 1),
            accumulating: false)
        count += 1
    }

    /// Forgets the losses added since the last time.
    mutating func clear() { count = 0 }

    /// The losses added since the last time, in order; waits for the device.
    package mutating func drain() throws -> [Float] {
        defer { count = 0 }
        return count == 0 ? [] : Array(try device.backend.read(losses).prefix(count))
    }
}
