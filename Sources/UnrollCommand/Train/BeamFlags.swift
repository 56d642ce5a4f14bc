import ArgumentParser
import Unroll

/// How a translator or captioner searches for what it writes.
struct BeamFlags: ParsableArguments {
    private static let defaults = BeamSettings()

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many hypotheses a translator or captioner keeps (default: as trained, \(defaults.width)).",
            valueName: "n"))
    var beam: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Its texts' ln p is divided by their length to this power (default: as trained, \(defaults.lengthPower)).",
            valueName: "x"))
    var lengthPower: Float?

    /// A task's defaults with what was given.
    func settings(_ defaults: BeamSettings) -> BeamSettings {
        var settings = defaults
        settings.width = beam ?? settings.width
        settings.lengthPower = lengthPower ?? settings.lengthPower
        return settings
    }

    /// Lets a model search as the flags say, where any was given.
    /// - Throws: `ModelError.badSetting`, where the model does not search or a value makes no sense.
    func apply(to model: any TaskModel) throws {
        guard let flag = given.first else { return }
        guard let searching = model as? any BeamSearching else {
            throw ModelError.badSetting(
                flag: flag, value: "with a \(type(of: model).kind)", expected: "a translator or captioner")
        }
        let settings = settings(searching.beam)
        try settings.check()
        searching.beam = settings
    }

    /// The flags that were given.
    var given: [String] { givenFlags([("--beam", beam), ("--length-power", lengthPower)]) }
}
