import Synchronization

/// Recurrent weights as a backend's tiles want them, kept while the weights live and stay as they are.
final class PackedWeights: Sendable {
    enum Pass { case forward, backward }

    private struct Key: Hashable {
        var weight: UInt64
        var cell: Cell
        var pass: Pass
    }

    private struct Entry {
        weak var weight: Buffer?
        var bias: UInt64
        var versions: [Int]
        var packed: Buffer
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// What was packed for a pass of these weights, unless they have been written since.
    func find(_ sweep: RecurrentSweep, _ pass: Pass) -> Buffer? {
        entries.withLock { entries in
            guard let entry = entries[Self.key(sweep, pass)], entry.weight === sweep.recurrentWeight,
                entry.bias == sweep.recurrentBias.id, entry.versions == Self.versions(sweep)
            else { return nil }
            return entry.packed
        }
    }

    /// Keeps it in the place of what was packed before, and lets go of what was packed for weights that are gone.
    func keep(_ packed: Buffer, for sweep: RecurrentSweep, _ pass: Pass) {
        entries.withLock { entries in
            entries = entries.filter { $0.value.weight != nil }
            entries[Self.key(sweep, pass)] = Entry(
                weight: sweep.recurrentWeight, bias: sweep.recurrentBias.id, versions: Self.versions(sweep),
                packed: packed)
        }
    }

    private static func key(_ sweep: RecurrentSweep, _ pass: Pass) -> Key {
        Key(weight: sweep.recurrentWeight.id, cell: sweep.cell, pass: pass)
    }

    private static func versions(_ sweep: RecurrentSweep) -> [Int] {
        [sweep.recurrentWeight.version, sweep.recurrentBias.version]
    }
}
