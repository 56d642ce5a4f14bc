import ArgumentParser
import Unroll

/// `unroll train forecaster`
struct ForecasterFlags: TaskFlags {
    typealias Model = Forecaster
    static let abstract = "Trains a model that forecasts a column of a table from the rows before."
    static let discussion = "The table is a CSV file with a line of names, its rows in the order of time. "
    private static let defaults = ForecasterSettings()

    @Option(help: ArgumentHelp("A CSV file.", valueName: "file"))
    var data: String?
    @Option(help: ArgumentHelp("The column to forecast.", valueName: "column"))
    var target: String?
    @Option(help: ArgumentHelp("The columns to look at (default: --target).", valueName: "column,…"))
    var inputs: String?
    @Option(
        help: ArgumentHelp(
            "Columns known ahead, of the rows forecast themselves, numbers or names; with --date also day_of_week and "
                + "month.",
            valueName: "column,…"))
    var known: String?
    @Option(
        help: ArgumentHelp(
            "The column of times: dates such as 1962-12-03 or 1962-12-03 16:30, or numbers.", valueName: "column"))
    var date: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many rows a forecast looks back (default: \(defaults.lags)).", valueName: "n"))
    var lags: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many rows ahead it looks (default: \(defaults.horizon)).", valueName: "n"))
    var horizon: Int?
    @Option(
        help: ArgumentHelp(
            "A column that is true in the rows to train on and false in those to test on.", valueName: "column"))
    var splitColumn: String?
    @Option(
        help: ArgumentHelp(
            "In order, the parts to train on, to validate with and to test on, in percent or by number "
                + "(default: \(defaults.split)).", valueName: "a/b/c"))
    var split: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "With --split-column, the part of the rows to train on, at their end, to validate (default: 0).",
            valueName: "x"))
    var validation: Float?
    @Option(
        help: ArgumentHelp(
            "The rows that columns' means and standard deviations come from: \(ForecasterSettings.Scale.names) "
                + "(default: \(defaults.scale.rawValue)).", valueName: "name"),
        transform: ForecasterSettings.Scale.named)
    var scale: ForecasterSettings.Scale?
    @Option(
        help: ArgumentHelp(
            "Forecast quantiles, as 0.1,0.5,0.9; 0.5 among them, the forecast in one number (default: the mean).",
            valueName: "x,…"),
        transform: numbers(in:))
    var quantiles: [Float]?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Forecast changes, from the newest value a multiple of so many rows before: 1 the last, 12 a year's months.",
            valueName: "n"))
    var change: Int?
    @Flag(
        help: "Read the series once from its beginning, in --batch parts side by side, with the state carried on.")
    var carry = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A baseline: the value so many rows before.", valueName: "n"))
    var season: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Train anew at so many origins in the test part, on all rows before each (default: 0).", valueName: "n"))
    var walkForward: Int?
    @OptionGroup var run: RunFlags<Forecaster>

    func files() throws -> [DataFile] { data.map { [DataFile("data", $0)] } ?? [] }

    func settings(epochs: Int?) throws -> ForecasterSettings {
        var settings = Self.defaults
        settings.run = run.settings(epochs: epochs)
        settings.target = target ?? settings.target
        settings.inputs = inputs.map(list) ?? settings.inputs
        settings.known = known.map(list) ?? settings.known
        settings.date = date
        settings.lags = lags ?? settings.lags
        settings.horizon = horizon ?? settings.horizon
        (settings.splitColumn, settings.split) = (splitColumn, split ?? settings.split)
        settings.validation = validation ?? settings.validation
        settings.scale = scale ?? settings.scale
        settings.quantiles = quantiles ?? settings.quantiles
        settings.change = change ?? settings.change
        settings.carries = carry
        settings.season = season
        settings.walkForward = walkForward ?? settings.walkForward
        if let embedding = run.embedding {
            throw ModelError.badSetting(
                flag: "--embedding", value: "\(embedding)", expected: "a model of tokens (a forecaster reads numbers)")
        }
        if let split, splitColumn != nil {
            throw ModelError.badSetting(
                flag: "--split", value: "\(split) with --split-column", expected: "only one of the two")
        }
        return settings
    }

    var given: [String] {
        givenFlags([
            ("--data", data), ("--target", target), ("--inputs", inputs), ("--known", known), ("--date", date),
            ("--lags", lags), ("--horizon", horizon), ("--split-column", splitColumn), ("--split", split),
            ("--validation", validation), ("--scale", scale), ("--quantiles", quantiles), ("--change", change),
            ("--carry", carry ? true : nil), ("--season", season), ("--walk-forward", walkForward),
        ]) + run.given
    }

    private func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static func numbers(in text: String) throws -> [Float] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Float(String(part)) else { throw ValidationError("'\(part)' is not a number") }
            return number
        }
    }
}

extension ForecasterSettings.Scale: NamedChoice {}
