import UnrollData
import UnrollLayers
public import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How a model is trained, beside its learning rate, whatever model it is: the command's flags.
public struct OptimizationSettings: Sendable, Equatable {
    /// How the learning rate changes over a run.
    public enum Course: String, Sendable, CaseIterable {
        /// Always the same.
        case constant
        /// Multiplied by `decay` every `decayEvery` epochs.
        case step
        /// The same by a little at every update.
        case exponential
        /// Along half a cosine, down to zero at the last update.
        case cosine
        /// Multiplied by `decay` where validation has not improved for more than `decayEvery` epochs.
        case plateau
        /// Up to its greatest and down to almost nothing at the last update.   (Smith & Topin 2019)
        case oneCycle = "one-cycle"
    }

    /// Which mean of the weights is evaluated and saved.
    public enum Average: String, Sendable, CaseIterable {
        /// None: the weights themselves.
        case none
        /// One that forgets: `averageDecay` of it stays at every update.
        case exponential
        /// That of all updates from epoch `averageFrom` on.
        case mean
    }

    /// What moves the weights.
    public var optimizer = OptimizerKind.adam
    /// μ of those that have one.
    public var momentum: Float = 0
    /// λ, of matrices; biases do not decay.
    public var weightDecay: Float = 0
    /// How the learning rate changes.
    public var course = Course.constant
    /// What the learning rate is multiplied by every `decayEvery` epochs (`step`, `exponential`), or after more than so
    /// many without a better validation loss (`plateau`).
    public var decay: Float = 0.5
    /// See `decay`.
    public var decayEvery = 1
    /// Over how many updates the learning rate rises from the start.
    public var warmUp = 0
    /// The greatest magnitude of a gradient's element; nil for any.
    public var clipValue: Float?
    /// In how many parts a batch is computed, one after the other: less memory, and the same numbers within rounding where
    /// nothing is dropped. Each part draws for itself what training drops.
    public var accumulate = 1
    /// Which mean of the weights is evaluated and saved.
    public var average = Average.none
    /// How much an exponential mean keeps at every update.
    public var averageDecay: Float = 0.999
    /// The epoch with which the plain mean begins.
    public var averageFrom = 1
    /// How many epochs may go by without a better validation loss; nil for any number.
    public var patience: Int?

    /// Adam at a constant rate.
    public init() {}

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`, naming the flag.
    func check() throws {
        let isPositive = { (value: Float) in value > 0 && value.isFinite }
        try ModelError.check([
            (
                "--momentum", momentum, momentum == 0 || optimizer.hasMomentum && momentum > 0 && momentum < 1,
                optimizer.hasMomentum ? "a number from 0 and below 1" : "--optimizer sgd or rmsprop"
            ),
            ("--weight-decay", weightDecay, weightDecay >= 0 && weightDecay <= 10, "a number from 0 to 10"),
            ("--decay", decay, decay > 0 && decay <= 1, "a number above 0 and up to 1"),
            ("--clip-value", clipValue ?? 1, isPositive(clipValue ?? 1), "a number above 0"),
            (
                "--average-decay", averageDecay, averageDecay >= 0 && averageDecay < 1,
                "a number from 0 and below 1"
            ),
        ])
        let counts: [(String, Int, ClosedRange<Int>)] = [
            ("--decay-every", decayEvery, 1...1_000_000), ("--warm-up", warmUp, 0...1_000_000_000),
            ("--accumulate", accumulate, 1...RunSettings.greatestSize),
            ("--average-from", averageFrom, 1...1_000_000), ("--patience", patience ?? 1, 1...1_000_000),
        ]
        for (flag, value, range) in counts { try ModelError.check(flag, value, in: range) }
        guard average == .none || optimizer != .ntasgd else {
            throw ModelError.badSetting(
                flag: "--average", value: average.rawValue,
                expected: "another optimizer than nt-asgd, which has its own,")
        }
    }

    /// The optimizer of a run of so many epochs, of so many updates each.
    func makeOptimizer(learningRate: Float, updatesPerEpoch: Int, epochs: Int) -> Optimizer {
        let result = optimizer.optimizer(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
        if weightDecay != 0 { result.groups = [ParameterGroup(.vectors, weightDecay: 0)] }
        result.schedule = schedule(updatesPerEpoch: updatesPerEpoch, epochs: epochs)
        switch average {
        case .none: break
        case .exponential: result.averaging = .exponential(decay: Double(averageDecay))
        case .mean: result.averaging = .mean(from: (averageFrom - 1) * updatesPerEpoch + 1)
        }
        return result
    }

    private func schedule(updatesPerEpoch: Int, epochs: Int) -> Schedule {
        let (factor, length) = (Double(decay), decayEvery * updatesPerEpoch)
        let rest = max(1, epochs * updatesPerEpoch - warmUp)
        let course: Schedule =
            switch course {
            case .constant: .constant
            case .step: .step(every: length, by: factor)
            case .exponential: .exponential(by: pow(factor, 1 / Double(length)))
            case .cosine: .cosine(updates: rest)
            case .plateau: .plateau(by: factor, patience: decayEvery)
            case .oneCycle: .oneCycle(updates: rest)
            }
        return warmUp == 0 ? course : .warmUp(updates: warmUp, then: course)
    }
}

extension OptimizationSettings {
    /// As `training.safetensors` has them.
    var json: JSON {
        [
            "optimizer": .string(optimizer.rawValue), "momentum": .number(momentum),
            "weight_decay": .number(weightDecay), "schedule": .string(course.rawValue), "decay": .number(decay),
            "decay_every": .integer(decayEvery), "warm_up": .integer(warmUp),
            "clip_value": .optional(clipValue), "accumulate": .integer(accumulate),
            "average": .string(average.rawValue), "average_decay": .number(averageDecay),
            "average_from": .integer(averageFrom), "patience": .optional(patience),
        ]
    }

    init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        (optimizer, course, average) = (
            try reader.choice("optimizer"), try reader.choice("schedule"), try reader.choice("average")
        )
        (momentum, weightDecay) = (try reader.number("momentum"), try reader.number("weight_decay"))
        (decay, decayEvery) = (try reader.number("decay"), try reader.integer("decay_every"))
        (warmUp, accumulate) = (try reader.integer("warm_up"), try reader.integer("accumulate"))
        clipValue = try reader.optionalNumber("clip_value")
        (averageDecay, averageFrom) = (try reader.number("average_decay"), try reader.integer("average_from"))
        patience = try reader.optionalInteger("patience")
    }
}
