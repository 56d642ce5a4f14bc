import Synchronization

/// What a weight is packed for.
enum PackedForm: Equatable {
    enum Pass: Equatable { case forward, backward }

    /// A pass of a sweep of the cells of these kernels.
    case sweep(cell: String, Pass)
    /// The second operand of a matmul.
    case operand(offset: Int, rows: Int, columns: Int, rowStride: Int, columnStride: Int)
}

/// A weight as a backend's tiles want it. The weight's own buffer keeps it, so that they go together.
struct PackedWeight {
    fileprivate var form: PackedForm
    fileprivate var version: Int
    fileprivate var bias: UInt64?
    fileprivate var biasVersion: Int?
    /// Nil where it was asked for once and not made.
    fileprivate var packed: Buffer?
}

extension Buffer {
    /// What was packed of this weight, and of the bias with it, unless either has been written since.
    func packed(as form: PackedForm, _ bias: Buffer? = nil) -> Buffer? {
        packedForms.withLock { forms in forms.first { isCurrent($0, as: form, bias) }?.packed }
    }

    /// Keeps it in the place of what was packed before, and lets go of what the weight is no longer.
    func keep(_ packed: Buffer?, as form: PackedForm, _ bias: Buffer? = nil) {
        packedForms.withLock { forms in
            forms.removeAll { $0.version != version || $0.form == form }
            forms.append(
                PackedWeight(
                    form: form, version: version, bias: bias?.id, biasVersion: bias?.version, packed: packed))
        }
    }

    /// Whether this was asked for before and nothing has been written since: what is used once, as weights in training and
    /// whatever is computed, is packed in passing; what comes again is worth the memory.
    func comesAgain(as form: PackedForm) -> Bool {
        if packedForms.withLock({ forms in forms.contains { isCurrent($0, as: form, nil) } }) { return true }
        keep(nil, as: form)
        return false
    }

    private func isCurrent(_ weight: PackedWeight, as form: PackedForm, _ bias: Buffer?) -> Bool {
        weight.version == version && weight.bias == bias?.id && weight.biasVersion == bias?.version
            && weight.form == form
    }
}
