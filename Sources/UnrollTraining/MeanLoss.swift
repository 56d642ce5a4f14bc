package import UnrollCompute
package import UnrollTensors

/// The mean of many losses, each with a weight: how many tokens it is the mean of. None is waited for by itself.
package struct MeanLoss {
    private var log: LossLog
    private var weights: [Int] = []
    private var sum = 0.0
    /// Of all losses so far.
    package private(set) var weight = 0

    package init(on device: Device) { log = LossLog(on: device) }

    /// Adds a loss of one element.
    package mutating func add(_ loss: Tensor, weight: Int) throws {
        log.append(loss)
        weights.append(weight)
        self.weight += weight
        if log.isFull { try drain() }
    }

    /// Of all losses so far, 0 where there is none; waits for the device.
    package mutating func mean() throws -> Double {
        try drain()
        return sum / Double(max(1, weight))
    }

    private mutating func drain() throws {
        for (loss, weight) in zip(try log.drain(), weights) { sum += Double(loss) * Double(weight) }
        weights = []
    }
}
