public import UnrollData
import UnrollTraining

/// What a forecaster's training run is started with: the command's flags.
public struct ForecasterSettings: TaskSettings {
    /// Which rows means and standard deviations come from.
    public enum Scale: String, Sendable, CaseIterable {
        /// Those trained on: what is known when a forecast is made.
        case trainingRows = "training-rows"
        /// All rows, the test's too, as in James et al. (2021), chapter 10: it looks ahead.
        case allRows = "all-rows"
        /// None: numbers stay as they are.
        case none
    }

    /// What all runs have. `batch` is how many examples make an update; with `carries`, how many parts of the series
    /// are read side by side.
    public var run = RunSettings()
    /// The column to forecast.
    public var target = ""
    /// The columns to look at; none for the target alone.
    public var inputs: [String] = []
    /// Columns that are known ahead, of the rows forecast themselves: their weekday, a holiday. One all of which are
    /// numbers is a number, standardized; of any other each different text has a number that is 1 where it is the row's, so
    /// that numbers that are only names (of stations, say) need a letter before them.
    public var known: [String] = []
    /// The column of times: days, or numbers such as years. What `known` calls `day_of_week` and `month` comes from it
    /// where there is no such column.
    public var date: String?
    /// How many rows a forecast looks back; with `carries`, how many a gradient goes back.
    public var lags = 12
    /// How many rows ahead the last value of a forecast is.
    public var horizon = 1
    /// A column that is true in the rows to train on; the others are tested.
    public var splitColumn: String?
    /// In the order of time, the parts to train on, to validate with and to test on.
    public var split = "80/10/10"
    /// With `splitColumn`, the part of the rows to train on, their last, that validates.
    public var validation: Float = 0
    /// Where means and standard deviations come from.
    public var scale = Scale.trainingRows
    /// The quantiles to forecast, ascending, 0.5 among them: the forecast in one number; none for the mean.
    public var quantiles: [Float] = []
    /// A forecast is a change: from the newest value that is known a whole multiple of so many rows before. 1 is the last
    /// value there is, 12 the same month of the year before; 0 forecasts values themselves.
    public var change = 0
    /// Whether the series is read once from its beginning, the state carried on, instead of in windows.
    public var carries = false
    /// After how many rows the series repeats itself, for the baseline; nil for never.
    public var season: Int?
    /// How often models are trained anew on all rows before an origin and tested on those behind it, up to the next.
    public var walkForward = 0

    /// The defaults.
    public init() {
        (run.hidden, run.layers, run.batch, run.epochs) = (32, 1, 32, 50)
        run.learningRate = 0.003
    }

    /// The columns to look at.
    var columns: [String] { inputs.isEmpty ? [target] : inputs }

    /// Refuses what makes no sense.
    public func check() throws {
        try run.check()
        guard !target.isEmpty else {
            throw ModelError.badSetting(
                flag: "--target", value: "missing", expected: "the name of a column to forecast")
        }
        for (flag, names) in [("--inputs", inputs), ("--known", known)] {
            guard !names.contains(""), Set(names).count == names.count else {
                throw ModelError.badSetting(
                    flag: flag, value: names.joined(separator: ","), expected: "names of columns, none twice,")
            }
        }
        guard !known.contains(target) else {
            throw ModelError.badSetting(
                flag: "--known", value: target, expected: "columns other than the one to forecast")
        }
        try ModelError.check("--lags", lags, in: 1...RunSettings.greatestSize)
        try ModelError.check("--horizon", horizon, in: 1...RunSettings.greatestSize)
        try ModelError.check("--season", season ?? 1, in: 1...1_000_000)
        try ModelError.check("--change", change, in: 0...1_000_000)
        try ModelError.check("--walk-forward", walkForward, in: 0...1000)
        _ = try Split(parsing: split)
        let areQuantiles = quantiles.allSatisfy { $0 > 0 && $0 < 1 }
        guard areQuantiles, quantiles.count <= 1000, zip(quantiles, quantiles.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw ModelError.badSetting(
                flag: "--quantiles", value: quantiles.map { "\($0)" }.joined(separator: ","),
                expected: "ascending numbers between 0 and 1, as 0.1,0.5,0.9,")
        }
        guard quantiles.isEmpty || quantiles.contains(0.5) else {
            throw ModelError.badSetting(
                flag: "--quantiles", value: quantiles.map { "\($0)" }.joined(separator: ","),
                expected: "0.5 among them, which is the forecast in one number,")
        }
        try ModelError.check([
            ("--validation", validation, (0...0.9).contains(validation), "a fraction from 0 to 0.9"),
            (
                "--validation", validation, validation == 0 || splitColumn != nil,
                "--split-column (--split has a part of its own to validate)"
            ),
            (
                "--embedding-dropout", run.embeddingDropout, run.embeddingDropout == 0,
                "a model of tokens (a forecaster reads numbers)"
            ),
        ])
    }
}

extension ForecasterSettings {
    /// As `training.safetensors` has them.
    public var json: JSON {
        .object(
            run.members + [
                .init("target", .string(target)), .init("inputs", .strings(inputs)), .init("known", .strings(known)),
                .init("date", .optional(date)), .init("lags", .integer(lags)), .init("horizon", .integer(horizon)),
                .init("split_column", .optional(splitColumn)), .init("split", .string(split)),
                .init("validation", .number(validation)), .init("scale", .string(scale.rawValue)),
                .init("quantiles", .numbers(quantiles)), .init("change", .integer(change)),
                .init("carry", .bool(carries)), .init("season", .optional(season)),
                .init("walk_forward", .integer(walkForward)),
            ])
    }

    /// From what `json` makes.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        run = try RunSettings(reader)
        (target, inputs) = (try reader.string("target"), try reader.strings("inputs"))
        known = try reader.strings("known")
        date = try reader.optionalString("date")
        (lags, horizon) = (try reader.size("lags"), try reader.size("horizon"))
        splitColumn = try reader.optionalString("split_column")
        (split, validation) = (try reader.string("split"), try reader.number("validation"))
        (scale, carries) = (try reader.choice("scale"), try reader.bool("carry"))
        quantiles = try reader.numbers("quantiles").map { Float($0) }
        (change, walkForward) = (try reader.integer("change"), try reader.integer("walk_forward"))
        season = try reader.optionalInteger("season")
    }
}
