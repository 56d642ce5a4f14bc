package import UnrollCompute

/// What training drops all through a sequence, for one run after another over parts of it.
package final class SequenceDraws {
    fileprivate var keys = SequenceKeys()

    /// Of a sequence that nothing was drawn for yet.
    package init() {}
}

/// Where one run of a stack of recurrent layers takes its random numbers from.
package struct SequenceKeys {
    /// Of each gap between layers; nil where nothing is dropped there.
    package private(set) var dropout: [RandomKey]?
    /// Of each direction of each layer; nil is inference.
    package private(set) var sweeps: [RecurrentKeys]?

    /// Of inference.
    fileprivate init() {}

    /// In training draws what the options need. What is dropped all through a sequence stays as the run before had it, and
    /// what is drawn for each step is drawn anew: each run counts its steps from 0.
    package init(
        layers: Int, directions: Int, dropout: Float, options: RecurrentOptions, from tape: Tape?,
        _ draws: SequenceDraws?
    ) {
        guard let tape else { return }
        let (key, drawn) = ({ tape.nextKey(for: "recurrent") }, draws?.keys)
        if dropout > 0 && layers > 1 {
            let before = options.locksDropout ? drawn?.dropout : nil
            self.dropout = before ?? (1..<layers).map { _ in key() }
        }
        if options.isRandom {
            sweeps = (0..<layers * directions).map { sweep in
                let (step, before) = (key(), drawn?.sweeps?[sweep])
                return RecurrentKeys(step: step, recurrent: before?.recurrent ?? key(), weight: before?.weight ?? key())
            }
        }
        draws?.keys = self
    }
}
