import Synchronization

/// Weights as a backend's tiles want them, kept while the weights live and stay as they are.
final class PackedWeights: Sendable {
    enum Pass: Hashable { case forward, backward }

    /// What a weight is packed for.
    enum Form: Hashable {
        /// A pass of a sweep of this cell.
        case sweep(Cell, Pass)
        /// The second operand of a matmul.
        case operand(offset: Int, rows: Int, columns: Int, rowStride: Int, columnStride: Int)
    }

    private struct Key: Hashable {
        var weight: UInt64
        var form: Form
    }

    private struct Entry {
        weak var weight: Buffer?
        var bias: UInt64?
        var versions: [Int]
        var packed: Buffer?
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// What was packed of a weight, and of the bias with it, unless either has been written since.
    func find(_ form: Form, of weight: Buffer, _ bias: Buffer? = nil) -> Buffer? {
        entries.withLock { Self.current($0, form, weight, bias)?.packed }
    }

    /// Keeps it in the place of what was packed before, and lets go of what was packed for weights that are gone.
    func keep(_ packed: Buffer?, as form: Form, of weight: Buffer, _ bias: Buffer? = nil) {
        entries.withLock { entries in
            entries = entries.filter { $0.value.weight != nil }
            entries[Key(weight: weight.id, form: form)] = Entry(
                weight: weight, bias: bias?.id, versions: Self.versions(weight, bias), packed: packed)
        }
    }

    /// Whether this was asked for before and nothing has been written since: what is used once, as weights in training and
    /// whatever is computed, is packed in passing; what comes again is worth the memory.
    func comesAgain(_ form: Form, of weight: Buffer) -> Bool {
        if entries.withLock({ Self.current($0, form, weight, nil) != nil }) { return true }
        keep(nil, as: form, of: weight)
        return false
    }

    private static func current(_ entries: [Key: Entry], _ form: Form, _ weight: Buffer, _ bias: Buffer?) -> Entry? {
        guard let entry = entries[Key(weight: weight.id, form: form)], entry.weight === weight, entry.bias == bias?.id,
            entry.versions == versions(weight, bias)
        else { return nil }
        return entry
    }

    private static func versions(_ weight: Buffer, _ bias: Buffer?) -> [Int] {
        [weight.version] + (bias.map { [$0.version] } ?? [])
    }
}
