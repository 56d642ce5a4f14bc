public import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollTraining

extension Forecaster: TaskModel {
    /// `forecaster`
    public static var kind: String { "forecaster" }
    /// A squared error, or that of quantiles, in units of standard deviations.
    public static var lossUnit: String { "loss" }

    /// A table.
    public static func data(_ files: [ReadFile], _ settings: ForecasterSettings) throws -> SeriesTable {
        try SeriesTable(try table(files), settings)
    }

    private static func table(_ files: [ReadFile]) throws -> ReadFile {
        try files.check(roles: ["data"], of: kind)
        guard let file = files.file("data") else {
            throw ModelError.badSetting(flag: "--data", value: "missing", expected: "a CSV file")
        }
        return file
    }

    /// A model in the units of the rows to train on.
    public static func configuration(
        _ settings: ForecasterSettings, for table: SeriesTable
    ) throws -> ForecasterConfiguration {
        try ForecasterConfiguration(settings, for: table)
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: ForecasterSettings, _ configuration: ForecasterConfiguration, _ table: SeriesTable
    ) throws {
        let recurrent = configuration.architecture.recurrentNumbers(keepsAll: true)
        let tokens = Double(settings.run.rowsPerBatch) * Double(settings.lags)
        let (rows, inputs) = (Double(table.count), Double(configuration.inputs.count))
        let (lags, horizon) = (settings.carries ? 1 : Double(settings.lags), Double(settings.horizon))
        // All examples are cut at once: of the run, of its report, and of the rows up to an origin.
        let cuts = settings.walkForward > 0 ? 3.0 : 2
        let examples = rows * (lags * inputs + horizon + 2 * Double(configuration.knownWidth))
        let output = horizon * Double(configuration.levels)
        let read = Double(configuration.hidden) + horizon * Double(configuration.knownWidth)
        try MemoryNeed(
            work: "training", parameters: configuration.parameterCount,
            numbers: tokens * (recurrent.perToken + inputs) + cuts * examples,
            largest: max(tokens * recurrent.largest, output * read), lower: "--lags, --horizon, --hidden or --batch"
        ).check()
    }

    /// Foretelling the next rows.
    public static func task(
        _ model: Forecaster, _ table: SeriesTable, _ settings: ForecasterSettings
    ) throws -> ForecastTraining {
        let task = try ForecastTraining(model, table, settings)
        for fold in try table.folds(settings) where task.examples.within(Array(fold.test)).isEmpty {
            throw ModelError.badSetting(
                flag: "--walk-forward", value: "\(settings.walkForward)",
                expected:
                    "a smaller number (none of rows \(fold.test.lowerBound + 1) to \(fold.test.upperBound) can be "
                    + "forecast, as numbers are missing)")
        }
        return task
    }

    /// How far it is off in the test rows, beside baselines.
    public func report(on table: SeriesTable, _ settings: ForecasterSettings) throws -> Report {
        let examples = ForecastExamples(table, configuration)
        let test = examples.within(table.split.test)
        let split = table.split
        let counts = [split.training, split.validation, split.test].map { $0.isEmpty ? "none" : $0.count.grouped }
        let rows = "rows: \(counts[0]) to train, \(counts[1]) to validate, \(counts[2]) to test"
        guard !test.isEmpty else {
            var report = Report()
            report.lines = [rows, "there are no rows to test on"] + [table.gaps].compactMap(\.self)
            return report
        }
        var report = try self.report(
            table, examples, training: examples.within(table.split.training), test: test, season: settings.season
        ).report
        report.lines.insert(rows, at: 0)
        report.add(try Self.walkForward(table, settings, on: self), table)
        return report
    }

    /// How far it is off in all rows of a table.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        var table = try SeriesTable(try Self.table(files), configuration.columns)
        if configuration.carries { table.keepWholeRows() }
        let examples = ForecastExamples(table, configuration)
        guard !examples.usable.isEmpty else {
            throw ModelError.badText(
                name: table.name,
                reason: "no row has \(configuration.lags) whole rows before it; there is nothing to judge by")
        }
        return try report(table, examples, training: [], test: examples.usable).report
    }

    /// The rows behind a table's last, with their dates where the table's go on by themselves.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        let (table, levels) = try continued(input)
        let rows = table.rows(behind: table.end - 1, count: levels.count)
        return zip(rows, levels).enumerated().map { step, row in
            // Blank where nobody knows it, so that lines have the same fields.
            let (date, levels) = (configuration.date.map { _ in row.0.text ?? "" }, row.1)
            let value = levels[configuration.point]
            var members: [JSON.Member] = [.init("ahead", .integer(step + 1))]
            if configuration.date != nil { members.append(.init("date", .optional(row.0.text))) }
            members.append(.init(configuration.target, .number(value)))
            var line = "\(step + 1)\t\(date.map { $0 + "\t" } ?? "")\(value.fixed(4))"
            if configuration.quantiles.count > 1 {
                let named = zip(configuration.quantiles, levels)
                members.append(
                    .init("quantiles", .object(named.map { .init("\($0)", .number($1)) })))
                line += named.map { "\t\($0): \($1.fixed(4))" }.joined()
            }
            return Prediction(line, .object(members))
        }
    }

    /// The end of the table, and the rows behind it.
    public func drawing(for input: PredictionInput) throws -> (any Drawing)? {
        let (table, levels) = try continued(input)
        return chart(table, continuedBy: levels)
    }

    private func continued(_ input: PredictionInput) throws -> (table: SeriesTable, levels: [[Double]]) {
        guard input.texts.isEmpty else {
            throw ModelError.badSetting(flag: "--input", value: input.texts[0], expected: "--data with a CSV file")
        }
        let table = try SeriesTable(try Self.table(input.files), configuration.columns)
        let count = input.count ?? configuration.horizon
        try ModelError.check("--count", count, in: 1...1_000_000)
        return (table, try continued(table, count: count))
    }
}
