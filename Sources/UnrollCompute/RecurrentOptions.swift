/// What can be turned on inside a recurrence, all of it at once: nothing of it leaves the fast path.
public struct RecurrentOptions: Sendable, Hashable {
    /// Of each gate in the cell's order, and, for cells with c, of the way from c to h, then of a depth gate; nil is the
    /// cell's own.
    public var activations: [Activation]?
    /// What goes into the activations of gates is held within ± so much, peepholes included; nil leaves it. c on its way
    /// to h is not: so ONNX Runtime reads ONNX's `clip`.
    public var clip: Float?
    /// c is held within ± so much (Sak, Senior & Beaufays 2014); nil leaves it.
    public var stateClip: Float?
    /// lstm: its gates see c through weights of their own, `weight_ch` `[3·hidden]` for i f o (Gers & Schmidhuber 2000).
    public var hasPeepholes = false
    /// lstm: `f = 1 − i` (Greff et al. 2017); the weights of f stay where they are and are not read, but for the mean and
    /// variance of a layer normalisation.
    public var couplesGates = false
    /// Layer normalisation (Ba, Kiros & Hinton 2016): of `W·x` and of `R·h` over all gates, each with a gain of its own,
    /// `gain_ih` and `gain_hh` `[gates·hidden]`, before the biases are added; and of c on its way to h, with `gain_ch` and
    /// `bias_ch` `[hidden]`. Where a gate has a product of its own (gru-reset-before) that is normalised by itself.
    public var hasLayerNorm = false
    /// The probability with which training leaves a number of h as it was (Krueger et al. 2016); inference moves it by
    /// what is expected.
    public var zoneout: Float = 0
    /// The same of c.
    public var stateZoneout: Float = 0
    /// The probability with which training drops a candidate, the part of a step that is new (Semeniuta et al. 2016).
    public var candidateDropout: Float = 0
    /// The probability with which training drops a number of h where the recurrent weight reads it, the same ones in all
    /// steps of a sequence (Gal & Ghahramani 2016).
    public var recurrentDropout: Float = 0
    /// Whether the `dropout` between layers, where there is any, drops the same numbers in all steps of a sequence (Gal &
    /// Ghahramani 2016).
    public var locksDropout = false
    /// The probability with which training drops a recurrent weight, the same ones for all sequences (Merity et al. 2017).
    public var weightDropout: Float = 0

    /// Nothing turned on.
    public init() {}

    /// Whether training needs random numbers for them.
    package var isRandom: Bool {
        [zoneout, stateZoneout, candidateDropout, recurrentDropout, weightDropout].contains { $0 > 0 }
    }

    /// Stops the program where they do not fit the cell.
    package func check(_ cell: Cell, _ operation: String) {
        Self.check(misfit(cell), operation)
    }

    static func check(_ misfit: (option: String, value: String, needed: String)?, _ operation: String) {
        require(
            misfit == nil,
            "\(operation): \(misfit?.option ?? "") \(misfit?.value ?? "") makes no sense: \(misfit?.needed ?? "") is needed"
        )
    }

    /// The first that makes no sense, or not with the cell: its name, what is given, and what is needed.
    package func misfit(_ cell: Cell) -> (option: String, value: String, needed: String)? {
        if let misfit = misfitOfNumbers { return misfit }
        for (name, isOn) in [("hasPeepholes", hasPeepholes), ("couplesGates", couplesGates)]
        where isOn && !cell.isLSTM {
            return (name, "with \(cell.name)", "an lstm")
        }
        for (name, isOn) in [("stateZoneout", stateZoneout > 0), ("stateClip", stateClip != nil)]
        where isOn && cell.states == 1 {
            return (name, "with \(cell.name)", "a cell with a state c")
        }
        if let activations, activations.count != cell.activations.count {
            return ("activations", "\(activations.count)", "a list of \(cell.activations.count) for \(cell.name)")
        }
        return nil
    }

    /// The first that makes no sense with any cell.
    var misfitOfNumbers: (option: String, value: String, needed: String)? {
        for (name, value) in [
            ("zoneout", zoneout), ("stateZoneout", stateZoneout), ("candidateDropout", candidateDropout),
            ("recurrentDropout", recurrentDropout), ("weightDropout", weightDropout),
        ] where !(0..<1).contains(value) {
            return (name, "\(value)", "a number from 0 and below 1")
        }
        for (name, value) in [("clip", clip), ("stateClip", stateClip)] {
            if let value, !(value > 0 && value.isFinite) { return (name, "\(value)", "a number above 0") }
        }
        return nil
    }
}

/// The random streams of a sweep in training.
package struct RecurrentKeys: Sendable, Hashable {
    /// Of zoneout and candidates, of recurrent dropout, of weight dropout.
    package var step, recurrent, weight: RandomKey

    package init(step: RandomKey, recurrent: RandomKey, weight: RandomKey) {
        (self.step, self.recurrent, self.weight) = (step, recurrent, weight)
    }
}
