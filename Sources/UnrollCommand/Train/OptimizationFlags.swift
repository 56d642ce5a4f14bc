import ArgumentParser
import Unroll

/// How a model is trained, whatever model it is. A flag that is not given leaves the default.
struct OptimizationFlags: ParsableArguments {
    static let defaults = OptimizationSettings()

    @Option(
        help: .oneOf("What moves the weights", defaults.optimizer), transform: OptimizerKind.named)
    var optimizer: OptimizerKind?
    @Option(parsing: .unconditional, help: .number("The momentum of sgd and rmsprop", defaults.momentum))
    var momentum: Float?
    @Option(parsing: .unconditional, help: .number("How matrices, not biases, decay", defaults.weightDecay))
    var weightDecay: Float?
    @Option(
        help: .oneOf("How the learning rate changes", defaults.course),
        transform: OptimizationSettings.Course.named)
    var schedule: OptimizationSettings.Course?
    @Option(
        parsing: .unconditional,
        help: .number("What step, exponential and plateau multiply the learning rate by", defaults.decay))
    var decay: Float?
    @Option(
        parsing: .unconditional,
        help: .count("Every so many epochs, or after more than so many without a better one", defaults.decayEvery))
    var decayEvery: Int?
    @Option(
        parsing: .unconditional, help: .count("Updates over which the learning rate rises first", defaults.warmUp))
    var warmUp: Int?
    @Option(parsing: .unconditional, help: .number("The greatest magnitude of a gradient's element", "none"))
    var clipValue: Float?
    @Option(
        parsing: .unconditional,
        help: .count("In how many parts a batch is computed, for less memory", defaults.accumulate))
    var accumulate: Int?
    @Option(
        help: .oneOf("The mean of weights to keep", defaults.average),
        transform: OptimizationSettings.Average.named)
    var average: OptimizationSettings.Average?
    @Option(
        parsing: .unconditional,
        help: .number("How much the exponential mean keeps at every update", defaults.averageDecay))
    var averageDecay: Float?
    @Option(
        parsing: .unconditional, help: .count("The epoch with which the plain mean begins", "the last quarter's first"))
    var averageFrom: Int?
    @Option(
        parsing: .unconditional, help: .count("Stop after so many epochs without a better validation loss", "never"))
    var patience: Int?

    /// A task's defaults with what was given, for a run of so many epochs.
    func settings(epochs: Int, _ defaults: OptimizationSettings) -> OptimizationSettings {
        var settings = defaults
        settings.optimizer = optimizer ?? settings.optimizer
        settings.momentum = momentum ?? settings.momentum
        settings.weightDecay = weightDecay ?? settings.weightDecay
        settings.course = schedule ?? settings.course
        settings.decay = decay ?? settings.decay
        settings.decayEvery = decayEvery ?? settings.decayEvery
        settings.warmUp = warmUp ?? settings.warmUp
        settings.clipValue = clipValue ?? settings.clipValue
        settings.accumulate = accumulate ?? settings.accumulate
        settings.average = average ?? settings.average
        settings.averageDecay = averageDecay ?? settings.averageDecay
        let lastQuarter = max(0, epochs) * 3 / 4 + 1
        settings.averageFrom = averageFrom ?? (settings.average == .mean ? lastQuarter : settings.averageFrom)
        settings.patience = patience ?? settings.patience
        return settings
    }

    /// Refuses flags that would do nothing in a run of these settings.
    /// - Throws: `ModelError.badSetting`.
    func check(_ settings: OptimizationSettings) throws {
        let decays = [.step, .exponential, .plateau].contains(settings.course)
        let schedules = "--schedule step, exponential or plateau"
        let idle: [(flag: String, value: String?, isRead: Bool, needed: String)] = [
            ("--decay", decay.map { "\($0)" }, decays, schedules),
            ("--decay-every", decayEvery.map { "\($0)" }, decays, schedules),
            (
                "--average-decay", averageDecay.map { "\($0)" }, settings.average == .exponential,
                "--average exponential"
            ),
            ("--average-from", averageFrom.map { "\($0)" }, settings.average == .mean, "--average mean"),
        ]
        for (flag, value, isRead, needed) in idle {
            if let value, !isRead { throw ModelError.badSetting(flag: flag, value: value, expected: needed) }
        }
    }

    /// The flags that were given.
    var given: [String] {
        let all: [(String, Any?)] = [
            ("--optimizer", optimizer), ("--momentum", momentum), ("--weight-decay", weightDecay),
            ("--schedule", schedule), ("--decay", decay), ("--decay-every", decayEvery), ("--warm-up", warmUp),
            ("--clip-value", clipValue), ("--accumulate", accumulate), ("--average", average),
            ("--average-decay", averageDecay), ("--average-from", averageFrom), ("--patience", patience),
        ]
        return givenFlags(all)
    }
}

extension ArgumentHelp {
    /// Of any number.
    static func number(_ text: String, _ value: some CustomStringConvertible) -> ArgumentHelp {
        ArgumentHelp("\(text) (default: \(value)).", valueName: "x")
    }

    /// Of a whole number.
    static func count(_ text: String, _ value: some CustomStringConvertible) -> ArgumentHelp {
        ArgumentHelp("\(text) (default: \(value)).", valueName: "n")
    }

    /// Of one of a few names.
    static func oneOf<Name: NamedChoice>(_ text: String, _ value: Name, _ usual: String? = nil) -> ArgumentHelp {
        ArgumentHelp("\(text): \(Name.names) (default: \(usual ?? value.rawValue)).", valueName: "name")
    }
}

/// One of a few names.
protocol NamedChoice: CaseIterable, RawRepresentable where RawValue == String {}

extension NamedChoice {
    /// All there are.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The one a flag names.
    static func named(_ name: String) throws -> Self {
        guard let choice = Self(rawValue: name) else { throw ValidationError("it is one of \(names)") }
        return choice
    }
}

extension OptimizerKind: NamedChoice {}
extension InitializerKind: NamedChoice {}
extension OptimizationSettings.Course: NamedChoice {}
extension OptimizationSettings.Average: NamedChoice {}
