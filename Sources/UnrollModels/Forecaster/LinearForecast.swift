import UnrollData

/// A linear autoregression for each step ahead, fitted to the rows that train: what a forecaster is measured by, on other
/// files too. It reads inputs in the model's units and tells the target in its own.
public struct LinearForecast: Sendable, Equatable {
    /// Of each step ahead a number for every feature, in the order of `AutoRegression`.
    let coefficients: [[Double]]
    /// Of each step ahead.
    let intercepts: [Double]

    /// Fits it; nil where there is no row to fit to, or where it would take longer than the model.
    /// - Parameter rows: the rows forecast first, of the examples that train.
    init?(_ table: SeriesTable, _ configuration: ForecasterConfiguration, rows: [Int]) {
        let rows = rows.filter { $0 >= configuration.lags }
        guard !rows.isEmpty, Self.isQuick(configuration, rows: rows.count) else { return nil }
        let (columns, known) = Self.features(table, configuration)
        let models = (0..<configuration.horizon).map { step in
            AutoRegression(
                columns: columns, targets: table.target, lags: configuration.lags, horizon: step + 1, known: known,
                steps: rows.map { $0 + step }
            ).model
        }
        (coefficients, intercepts) = (models.map(\.coefficients), models.map(\.intercept))
        guard intercepts.allSatisfy(\.isFinite), coefficients.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            return nil
        }
    }

    /// Whether fitting so many rows takes less time than a model.
    static func isQuick(_ configuration: ForecasterConfiguration, rows: Int) -> Bool {
        let width = Double(configuration.linearWidth)
        return Double(rows) * width * width * Double(configuration.horizon) < 2e10
    }

    /// What it expects from some rows on, `[rows][horizon]`; NaN where too few rows are before one.
    func predictions(_ table: SeriesTable, _ configuration: ForecasterConfiguration, rows: [Int]) -> [[Double]] {
        let (columns, known) = Self.features(table, configuration)
        let places = rows.indices.filter { rows[$0] >= configuration.lags }
        var found = rows.map { _ in intercepts.map { _ in Double.nan } }
        for step in intercepts.indices {
            let features = AutoRegression.design(
                columns: columns, lags: configuration.lags, horizon: step + 1, known: known,
                steps: places.map { rows[$0] + step })
            for (place, features) in zip(places, features) {
                found[place][step] = zip(coefficients[step], features).reduce(intercepts[step]) { $0 + $1.0 * $1.1 }
            }
        }
        return found
    }

    private static func features(
        _ table: SeriesTable, _ configuration: ForecasterConfiguration
    ) -> (columns: [[Double]], known: [[Double]]) {
        let known = configuration.knownWidth == 0 ? [] : configuration.knownNumbers(table).map { $0.map(Double.init) }
        return (Array(configuration.scale.apply(table.inputs + [table.target]).dropLast()), known)
    }
}

extension ForecasterConfiguration {
    /// How many numbers a linear forecast reads.
    fileprivate var linearWidth: Int { lags * inputs.count + knownWidth }
}

extension LinearForecast {
    /// As `config.json` has it: an object for each step ahead.
    var json: JSON {
        .array(
            zip(coefficients, intercepts).map { coefficients, intercept in
                ["intercept": .number(intercept), "coefficients": .array(coefficients.map { .number($0) })]
            })
    }

    /// From what `json` makes.
    /// - Throws: `ModelError.unusable`.
    init(_ json: JSON, _ configuration: ForecasterConfiguration, name: String) throws {
        let readers = (json.array ?? []).map { SettingsReader(json: $0, name: name) }
        coefficients = try readers.map { try $0.numbers("coefficients") }
        intercepts = try readers.map { try $0.value("intercept", "a number") { $0.number } }
        guard readers.count == configuration.horizon,
            coefficients.allSatisfy({ $0.count == configuration.linearWidth })
        else {
            throw ModelError.unusable(
                path: name,
                reason: "'linear' is not \(configuration.horizon) forecasts from \(configuration.linearWidth) numbers")
        }
    }
}
