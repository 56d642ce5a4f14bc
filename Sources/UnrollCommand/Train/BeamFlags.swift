import ArgumentParser
import Unroll

/// How a trained model searches for what it writes.
struct BeamFlags: ParsableArguments {
    private static let defaults = BeamSettings()

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "With how many hypotheses the trained model searches (default: \(defaults.width)).", valueName: "n"))
    var beam: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A text's ln p is divided by its length to this power (default: \(defaults.lengthPower)).",
            valueName: "x"))
    var lengthPower: Float?

    /// A task's defaults with what was given.
    func settings(_ defaults: BeamSettings) -> BeamSettings {
        var settings = defaults
        settings.width = beam ?? settings.width
        settings.lengthPower = lengthPower ?? settings.lengthPower
        return settings
    }

    /// The flags that were given.
    var given: [String] { givenFlags([("--beam", beam), ("--length-power", lengthPower)]) }
}
