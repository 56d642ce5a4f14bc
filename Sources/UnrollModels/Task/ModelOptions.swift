public import UnrollCompute
import UnrollData

/// What can be turned on in a model beside its sizes: inside the recurrence and around it.
public struct ModelOptions: Sendable, Equatable {
    /// Of the recurrent layers.
    public var recurrence = RecurrentOptions()
    /// The probability with which training drops a unit before and after the recurrent layers, the same units in all
    /// steps of a row.   (Gal & Ghahramani 2016)
    public var lockedDropout: Float = 0
    /// The probability with which training does without a token's vector, wherever it occurs.
    /// (Merity et al. 2017)
    public var embeddingDropout: Float = 0
    /// Whether the output layer reads the embedding's table, which must then be as wide as the state.
    /// (Inan et al. 2017; Press & Wolf 2017)
    public var isTied = false

    /// Nothing turned on.
    public init() {}

    /// Refuses what makes no sense, or not with the model.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    func check(_ cell: Cell, hidden: Int, embedding: Int) throws {
        if let (option, value, needed) = recurrence.misfit(cell) {
            throw ModelError.badSetting(flag: RecurrentOptions.flag(of: option), value: value, expected: needed)
        }
        for (flag, value) in [("--gate-clip", recurrence.clip), ("--state-clip", recurrence.stateClip)] {
            if let value, !value.isFinite {
                throw ModelError.badSetting(flag: flag, value: "\(value)", expected: "a number above 0")
            }
        }
        for (flag, value) in [("--locked-dropout", lockedDropout), ("--embedding-dropout", embeddingDropout)]
        where !(0..<1).contains(value) {
            throw ModelError.badSetting(flag: flag, value: "\(value)", expected: "a number from 0 and below 1")
        }
        if isTied, hidden != embedding {
            throw ModelError.badSetting(
                flag: "--tied", value: "with --hidden \(hidden) --embedding \(embedding)", expected: "one size for both"
            )
        }
    }
}

extension RecurrentOptions {
    /// What the command calls it.
    fileprivate static func flag(of option: String) -> String {
        switch option {
        case "hasPeepholes": "--peepholes"
        case "couplesGates": "--coupled"
        case "hasLayerNorm": "--layer-norm"
        // `--clip` is the gradient's.
        case "clip": "--gate-clip"
        default: "--" + option.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
        }
    }
}

// MARK: Files

extension ModelOptions {
    private static var switches: [(name: String, path: WritableKeyPath<Self, Bool>)] {
        [
            ("peepholes", \.recurrence.hasPeepholes), ("coupled", \.recurrence.couplesGates),
            ("layer_norm", \.recurrence.hasLayerNorm), ("dropout_per_sequence", \.recurrence.locksDropout),
            ("tied", \.isTied),
        ]
    }

    private static var limits: [(name: String, path: WritableKeyPath<Self, Float?>)] {
        [("gate_clip", \.recurrence.clip), ("state_clip", \.recurrence.stateClip)]
    }

    private static var probabilities: [(name: String, path: WritableKeyPath<Self, Float>)] {
        [
            ("zoneout", \.recurrence.zoneout), ("state_zoneout", \.recurrence.stateZoneout),
            ("candidate_dropout", \.recurrence.candidateDropout), ("recurrent_dropout", \.recurrence.recurrentDropout),
            ("weight_dropout", \.recurrence.weightDropout), ("locked_dropout", \.lockedDropout),
            ("embedding_dropout", \.embeddingDropout),
        ]
    }

    /// Those that are on, as `config.json` and `training.safetensors` have them.
    var json: JSON {
        let activations = recurrence.activations.map { JSON.array($0.map { .string($0.text) }) }
        let limits = Self.limits.compactMap { name, path in self[keyPath: path].map { (name, $0) } }
        let numbers = limits + Self.probabilities.map { ($0, self[keyPath: $1]) }.filter { $0.1 != 0 }
        return .object(
            (activations.map { [.init("activations", $0)] } ?? [])
                + Self.switches.filter { self[keyPath: $0.path] }.map { .init($0.name, true) }
                + numbers.map { .init($0, .number($1)) })
    }

    /// From what `json` makes, nothing on where there is none.
    /// - Throws: `ModelError.unusable`, naming the file and the option that is unknown or makes no sense.
    init(_ json: JSON?, name: String) throws {
        for member in json?.members ?? [] {
            if let path = Self.switches.first(where: { $0.name == member.name })?.path, let isOn = member.value.bool {
                self[keyPath: path] = isOn
            } else if let path = Self.limits.first(where: { $0.name == member.name })?.path,
                let value = member.value.number
            {
                self[keyPath: path] = Float(value)
            } else if let path = Self.probabilities.first(where: { $0.name == member.name })?.path,
                let value = member.value.number
            {
                self[keyPath: path] = Float(value)
            } else if member.name == "activations", let texts = member.value.array,
                case let activations = texts.compactMap({ $0.string.flatMap(Activation.init(text:)) }),
                activations.count == texts.count
            {
                recurrence.activations = activations
            } else {
                throw ModelError.unusable(
                    path: name,
                    reason: "its option '\(member.name.shortened)' is unknown or makes no sense: "
                        + member.value.description.shortened)
            }
        }
    }
}

extension ModelOptions: CustomStringConvertible {
    /// Those that are on, on one line; empty where none is.
    public var description: String {
        (json.members ?? []).map { member in
            switch member.value {
            case .bool: member.name
            case .array(let names): "\(member.name) \(names.compactMap(\.string).joined(separator: ","))"
            default: "\(member.name) \(member.value)"
            }
        }.joined(separator: ", ").replacing("_", with: "-")
    }
}
