/// A recurrence whose units do not look at each other; the equations are in `Kernels/scan.h`.
package enum ScanKind: Int32, Sendable, CaseIterable {
    case linear, minGRU, minLSTM, independentReLU, independentTanh

    /// How many numbers of each unit a step reads.
    package var gates: Int {
        switch self {
        case .linear, .minGRU: 2
        case .minLSTM: 3
        case .independentReLU, .independentTanh: 1
        }
    }

    /// Whether `h' = a·h + b`, so that blocks of steps can be gone through side by side.   (Blelloch 1990)
    package var isLinear: Bool { !hasWeight }

    /// Whether each unit has a recurrent weight.
    package var hasWeight: Bool { self == .independentReLU || self == .independentTanh }

    /// φ, of those that have one.
    package var activation: Activation? {
        switch self {
        case .linear, .minGRU, .minLSTM: nil
        case .independentReLU: .relu
        case .independentTanh: .tanh
        }
    }
}

/// Such a recurrence over a batch of sequences.
package struct Scan {
    package var kind: ScanKind
    /// Whether time is gone through from its end.
    package var reverse = false
    package var batch: Int
    package var steps: Int
    package var hidden: Int
    /// `[batch, steps, gates, hidden]`
    package var x: Buffer
    /// `[hidden]`, for kinds that have one
    package var weight: Buffer?
    /// `[batch, hidden]`; nil is zeros
    package var initial: Buffer?
    /// `SequenceMask.stepsBefore`, int32 `[batch, steps]`; nil where every step is there
    package var before: Buffer?
    /// Those of `RecurrentOptions.misfit(_:named:)` that fit the kind; without them it is the equations alone.
    package var options = RecurrentOptions()
    /// Where training takes its random numbers from; nil is inference.
    package var key: RandomKey?

    package init(
        _ kind: ScanKind, reverse: Bool = false, batch: Int, steps: Int, hidden: Int, x: Buffer, weight: Buffer? = nil,
        initial: Buffer? = nil, before: Buffer? = nil
    ) {
        require((weight != nil) == kind.hasWeight, "scan: \(kind) with\(weight == nil ? "out" : "") a weight")
        (self.kind, self.reverse, self.batch, self.steps, self.hidden) = (kind, reverse, batch, steps, hidden)
        (self.x, self.weight, self.initial, self.before) = (x, weight, initial, before)
    }

    /// Steps of a block: fixed, since where blocks begin decides how sums are rounded.
    package static let linearBlock = 64

    /// Steps that are gone through one after the other.
    package var block: Int { kind.isLinear ? Self.linearBlock : max(1, steps) }
    /// One where there is no step: it hands on the state.
    package var blocks: Int { max(1, (steps + block - 1) / block) }

    /// What a pass reads.
    var operands: [Buffer] { [x] + [weight, initial, before].compactMap { $0 } }
}

extension Backend {
    /// Adds up the rows of what a backward pass found of the weight's gradient.
    func addRows(_ dRows: Buffer?, of scan: Scan, to dWeight: Buffer?) {
        guard let dRows, let dWeight else { return }
        reduce(
            .sum, rowsOf: Matrix(dRows, rows: scan.batch, columns: scan.hidden), scale: 1,
            into: Matrix(dWeight, rows: 1, columns: scan.hidden), accumulating: true)
    }
}
