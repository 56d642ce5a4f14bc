import ArgumentParser
import Unroll

/// What is turned on inside the recurrence and around it. A flag that is not given leaves the default, which is off.
struct RecurrenceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of each gate in order, and for cells with a state c of the way from it to h, then of a depth gate: "
                + "\(Activation.names), with their numbers as in elu:0.5 (default: the cell's own).",
            valueName: "name,…"),
        transform: activations(named:))
    var activations: [Activation]?
    @Flag(help: "The gates of an lstm see c.")
    var peepholes = false
    @Flag(help: "An lstm forgets what it takes in: f = 1 − i.")
    var coupled = false
    @Flag(help: "Products with weights, and c on its way to h, are normalised.")
    var layerNorm = false
    @Flag(help: "What --dropout drops between layers stays the same a whole sequence long.")
    var dropoutPerSequence = false
    @Option(parsing: .unconditional, help: limit("Pre-activations of gates are"))
    var gateClip: Float?
    @Option(parsing: .unconditional, help: limit("The state c is"))
    var stateClip: Float?
    @Option(parsing: .unconditional, help: part("How often a number of h stays as it was"))
    var zoneout: Float?
    @Option(parsing: .unconditional, help: part("How often a number of c stays as it was"))
    var stateZoneout: Float?
    @Option(parsing: .unconditional, help: part("What part of the candidates is dropped"))
    var candidateDropout: Float?
    @Option(
        parsing: .unconditional, help: part("What part of h the recurrent weights do without, a whole sequence long"))
    var recurrentDropout: Float?
    @Option(parsing: .unconditional, help: part("What part of the recurrent weights is dropped"))
    var weightDropout: Float?
    @Option(
        parsing: .unconditional, help: part("What part is dropped before and after the layers, a whole sequence long"))
    var lockedDropout: Float?
    @Option(parsing: .unconditional, help: part("What part of the tokens' vectors is dropped, wherever they occur"))
    var embeddingDropout: Float?

    /// Into the defaults, what was given.
    func apply(to options: inout ModelOptions) {
        var recurrence = RecurrentOptions()
        recurrence.activations = activations
        (recurrence.hasPeepholes, recurrence.couplesGates) = (peepholes, coupled)
        (recurrence.hasLayerNorm, recurrence.locksDropout) = (layerNorm, dropoutPerSequence)
        (recurrence.clip, recurrence.stateClip) = (gateClip, stateClip)
        (recurrence.zoneout, recurrence.stateZoneout) = (zoneout ?? 0, stateZoneout ?? 0)
        recurrence.candidateDropout = candidateDropout ?? 0
        recurrence.recurrentDropout = recurrentDropout ?? 0
        recurrence.weightDropout = weightDropout ?? 0
        options.recurrence = recurrence
        options.lockedDropout = lockedDropout ?? 0
        options.embeddingDropout = embeddingDropout ?? 0
    }

    /// The flags that were given.
    var given: [String] {
        let all: [(String, Any?)] = [
            ("--activations", activations), ("--peepholes", peepholes ? true : nil),
            ("--coupled", coupled ? true : nil), ("--layer-norm", layerNorm ? true : nil),
            ("--dropout-per-sequence", dropoutPerSequence ? true : nil),
            ("--gate-clip", gateClip), ("--state-clip", stateClip), ("--zoneout", zoneout),
            ("--state-zoneout", stateZoneout), ("--candidate-dropout", candidateDropout),
            ("--recurrent-dropout", recurrentDropout), ("--weight-dropout", weightDropout),
            ("--locked-dropout", lockedDropout), ("--embedding-dropout", embeddingDropout),
        ]
        return givenFlags(all)
    }

    private static func part(_ text: String) -> ArgumentHelp { ArgumentHelp("\(text) (default: 0).", valueName: "x") }

    private static func limit(_ text: String) -> ArgumentHelp {
        ArgumentHelp("\(text) held within ± so much (default: any).", valueName: "x")
    }

    private static func activations(named text: String) throws -> [Activation] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let activation = Activation(text: String(name)) else {
                throw ValidationError("'\(name)' is none of \(Activation.names), with their numbers as in elu:0.5")
            }
            return activation
        }
    }
}
