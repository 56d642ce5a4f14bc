extension RecurrentOptions {
    /// Stops the program where they do not fit a recurrence of single units.
    package func check(_ kind: ScanKind, named cell: String, _ operation: String) {
        Self.check(misfit(kind, named: cell), operation)
    }

    /// The first that makes no sense, or not with a recurrence whose units do not look at each other: there is no
    /// recurrent matrix and no state c, and gates are the kind's own.
    package func misfit(_ kind: ScanKind, named cell: String) -> (option: String, value: String, needed: String)? {
        if let misfit = misfitOfNumbers { return misfit }
        let (matrix, lstm, state) = ("a cell with a recurrent matrix", "an lstm", "a cell with a state c")
        let rules = [
            ("recurrentDropout", recurrentDropout > 0, matrix), ("weightDropout", weightDropout > 0, matrix),
            ("hasLayerNorm", hasLayerNorm, matrix), ("hasPeepholes", hasPeepholes, lstm),
            ("couplesGates", couplesGates, lstm), ("stateZoneout", stateZoneout > 0, state),
            ("stateClip", stateClip != nil, state),
            ("activations", activations != nil && kind.activation == nil, "an indrnn"),
        ]
        for (name, isOn, needed) in rules where isOn { return (name, "with \(cell)", needed) }
        if let activations, activations.count != 1 {
            return ("activations", "\(activations.count)", "a list of 1 for \(cell)")
        }
        return nil
    }
}
