import Synchronization

/// Recurrent weights as the tiles want them, kept while the weights stay as they are.
final class PackedWeights: Sendable {
    enum Pass { case forward, backward }

    struct Key: Hashable {
        var weight: UInt64
        var bias: UInt64
        var versions: [Int]
        var cell: Cell
        var pass: Pass

        init(_ sweep: RecurrentSweep, _ pass: Pass) {
            (weight, bias) = (sweep.recurrentWeight.id, sweep.recurrentBias.id)
            versions = [sweep.recurrentWeight.version, sweep.recurrentBias.version]
            (cell, self.pass) = (sweep.cell, pass)
        }
    }

    /// More than any model has layers; past it everything is packed anew.
    private static let capacity = 64
    private let buffers = Mutex<[Key: Buffer]>([:])

    subscript(key: Key) -> Buffer? {
        get { buffers.withLock { $0[key] } }
        set {
            buffers.withLock { buffers in
                // A newer version replaces the older one: at most one entry a weight and pass.
                for old in buffers.keys where old.weight == key.weight && old.pass == key.pass { buffers[old] = nil }
                if buffers.count >= Self.capacity { buffers = [:] }
                buffers[key] = newValue
            }
        }
    }
}
