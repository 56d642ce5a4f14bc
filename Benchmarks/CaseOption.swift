import Unroll
import UnrollCompute

/// What a recurrent case asks for besides its sizes: a name, and a value for those that take one.
package struct CaseOption: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String?

    package var description: String { value.map { "\(name)=\($0)" } ?? name }
}

/// What options make of a recurrence.
struct RecurrenceSettings {
    enum Lengths { case padded, full, drawn }

    /// The case's, unless an option has another in its place.
    var cell: Cell
    var recurrent = RecurrentOptions()
    var direction = Direction.forward
    var lengths = Lengths.padded
    var memory = RecurrentMemory.save
    /// Between layers, of single numbers; and of x and the output, the same ones in all steps of a sequence.
    var (dropout, lockedDropout): (Float, Float) = (0, 0)

    init(_ cell: Cell) { self.cell = cell }
}

extension CaseOption {
    /// An option there is.
    package struct Known: Sendable {
        package let name: String
        /// What its value is; nil where it takes none.
        package let values: String?
        /// The values that the table of options has a line for.
        let samples: [String]
        /// The cells it is for; nil is all.
        let cells: [String]?
        /// How many layers there must be for it to do anything.
        let layers: Int
        /// Whether it is among those that are turned on together, with its first sample.
        let combines: Bool
        /// Turns it on; false for a value that is none of its own.
        let set: @Sendable (inout RecurrenceSettings, String) -> Bool

        private init(
            _ name: String, _ values: String?, _ samples: [String], cells: [String]?, layers: Int, combines: Bool,
            _ set: @escaping @Sendable (inout RecurrenceSettings, String) -> Bool
        ) {
            (self.name, self.values, self.samples, self.cells) = (name, values, samples, cells)
            (self.layers, self.combines, self.set) = (layers, combines, set)
        }

        static func flag(
            _ name: String, cells: [String]? = nil, combines: Bool = true,
            _ set: @escaping @Sendable (inout RecurrenceSettings) -> Void
        ) -> Known {
            Known(name, nil, [""], cells: cells, layers: 1, combines: combines) { settings, _ in
                set(&settings)
                return true
            }
        }

        static func number(
            _ name: String, _ values: String, _ sample: Float, in range: Range<Float>, cells: [String]? = nil,
            layers: Int = 1, combines: Bool = true,
            _ set: @escaping @Sendable (inout RecurrenceSettings, Float) -> Void
        ) -> Known {
            Known(name, values, ["\(sample)"], cells: cells, layers: layers, combines: combines) { settings, text in
                guard let value = Float(text), range.contains(value) else { return false }
                set(&settings, value)
                return true
            }
        }

        static func probability(
            _ name: String, _ sample: Float, cells: [String]? = nil, layers: Int = 1, combines: Bool = true,
            _ set: @escaping @Sendable (inout RecurrenceSettings, Float) -> Void
        ) -> Known {
            number(
                name, "a probability", sample, in: 0..<1, cells: cells, layers: layers, combines: combines, set)
        }

        static func choice<Value: Sendable>(
            _ name: String, _ choices: KeyValuePairs<String, Value>, samples: [String],
            _ set: @escaping @Sendable (inout RecurrenceSettings, Value) -> Void
        ) -> Known {
            let choices = choices.map { ($0.key, $0.value) }
            let names = choices.map(\.0).joined(separator: "|")
            return Known(name, names, samples, cells: nil, layers: 1, combines: true) { settings, text in
                guard let value = choices.first(where: { $0.0 == text })?.1 else { return false }
                set(&settings, value)
                return true
            }
        }
    }

    /// Every option there is; each peer says which of them it has, too.
    package static let known: [Known] = [
        .flag("full-lengths") { $0.lengths = .full },
        .flag("lengths", combines: false) { $0.lengths = .drawn },
        .flag("reverse", combines: false) { $0.direction = .reverse },
        .flag("bidirectional") { $0.direction = .bidirectional },
        .flag("peepholes", cells: ["lstm"]) { $0.recurrent.hasPeepholes = true },
        .flag("coupled", cells: ["lstm", "lstm-depth-gated"]) { $0.recurrent.couplesGates = true },
        .flag("reset-before", cells: ["gru"]) { $0.cell = .gruResetBefore },
        .flag("layer-norm") { $0.recurrent.hasLayerNorm = true },
        .flag("recompute", combines: false) { $0.memory = .recompute },
        .probability("zoneout", 0.1) { $0.recurrent.zoneout = $1 },
        .probability("state-zoneout", 0.1, cells: ["lstm", "lstm-depth-gated", "ungated"]) {
            $0.recurrent.stateZoneout = $1
        },
        .probability("candidate-dropout", 0.2) { $0.recurrent.candidateDropout = $1 },
        .probability("recurrent-dropout", 0.2) { $0.recurrent.recurrentDropout = $1 },
        .probability("weight-dropout", 0.2) { $0.recurrent.weightDropout = $1 },
        .probability("dropout", 0.2, layers: 2, combines: false) { $0.dropout = $1 },
        .probability("locked-dropout", 0.2) { $0.lockedDropout = $1 },
        .number("clip", "above 0", 3, in: .leastNonzeroMagnitude..<1e9) { $0.recurrent.clip = $1 },
        .number(
            "state-clip", "above 0", 3, in: .leastNonzeroMagnitude..<1e9,
            cells: ["lstm", "lstm-depth-gated", "ungated"]
        ) {
            $0.recurrent.stateClip = $1
        },
        .choice(
            "activations",
            [
                "hard-sigmoid": .hardSigmoid(), "softsign": .softsign, "softplus": .softplus,
                "scaled-tanh": .scaledTanh(), "elu": .elu(), "leaky-relu": .leakyReLU(), "relu": .relu,
                "thresholded-relu": .thresholdedReLU(), "affine": .affine(alpha: 0.5), "sigmoid": .sigmoid,
                "tanh": .tanh,
            ] as KeyValuePairs<String, Activation>,
            // Gates without a bound, as softplus, let a state grow at every step, and 50 of them overflow.
            samples: ["hard-sigmoid", "softsign", "elu"]
        ) { settings, activation in
            settings.recurrent.activations = settings.cell.activations.map { _ in activation }
        },
    ]
}
