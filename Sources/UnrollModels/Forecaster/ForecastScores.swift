import UnrollData
import UnrollTraining

/// Forecasts beside what came, in the target's own unit.
struct ForecastScores {
    /// Of each forecast, the row of its first value.
    let rows: [Int]
    /// `[forecasts][horizon]`
    let actual: [[Double]]
    /// `[forecasts][horizon]`; NaN where there is none.
    let predicted: [[Double]]

    /// How far some steps ahead are off, from 0; all where none is named.
    struct Errors {
        var r2, rmse, mae: Double

        init(_ actual: [Double], _ predicted: [Double]) {
            let there = predicted.indices.filter { predicted[$0].isFinite }
            let (actual, predicted) = (there.map { actual[$0] }, there.map { predicted[$0] })
            r2 = Regression.rSquared(actual, predicted)
            rmse = Regression.rmse(actual, predicted)
            mae = Regression.mae(actual, predicted)
        }

        /// As members under names that begin alike.
        func figures(_ prefix: String) -> [Figure] {
            [Figure(prefix + "_r2", r2), Figure(prefix + "_rmse", rmse), Figure(prefix + "_mae", mae)]
        }
    }

    /// Of all steps ahead together.
    var errors: Errors { Errors(actual.flatMap(\.self), predicted.flatMap(\.self)) }

    /// Of one step ahead, from 0.
    func errors(step: Int) -> Errors { Errors(actual.map { $0[step] }, predicted.map { $0[step] }) }
}

/// What every forecast should beat, for the same rows.
struct ForecastBaselines {
    /// By name: `linear`, `persistence`, `seasonal`.
    let all: [(name: String, text: String, scores: ForecastScores)]

    /// - Parameters:
    ///   - training: the examples a linear model is fitted to where the configuration has none; may be none.
    ///   - test: the examples to foretell.
    ///   - season: after how many rows the series repeats itself.
    init(
        _ table: SeriesTable, _ examples: ForecastExamples, _ configuration: ForecasterConfiguration, training: [Int],
        test: [Int], season: Int?
    ) {
        let (rows, horizon) = (test.map { examples.windows.rows[$0] }, configuration.horizon)
        let actual = rows.map { row in (0..<horizon).map { table.target[row + $0] } }
        // The newest value known, a whole number of seasons before.
        func naive(_ season: Int) -> ForecastScores {
            let predicted = rows.map { row in
                (0..<horizon).map { step -> Double in
                    let place = row + step - season * (step / season + 1)
                    return place < 0 ? .nan : table.target[place]
                }
            }
            return ForecastScores(rows: rows, actual: actual, predicted: predicted)
        }
        var all: [(String, String, ForecastScores)] = []
        let linear =
            configuration.linear
            ?? LinearForecast(table, configuration, rows: training.map { examples.windows.rows[$0] })
        if let linear, rows.contains(where: { $0 >= configuration.lags }) {
            let predicted = linear.predictions(table, configuration, rows: rows)
            let text = "linear AR(\(configuration.lags))"
            all.append(("linear", text, ForecastScores(rows: rows, actual: actual, predicted: predicted)))
        }
        all.append(("persistence", "last value", naive(1)))
        if let season { all.append(("seasonal", "value \(season) rows before", naive(season))) }
        self.all = all
    }
}

extension Forecaster {
    /// Its forecasts in the target's own unit, `[forecasts][horizon][levels]`.
    /// - Throws: `ComputeError`.
    func levels(_ examples: ForecastExamples, _ indices: [Int]) throws -> [[[Double]]] {
        let (margins, column) = (try self.margins?.value.floats(), configuration.inputs.count)
        return try forecasts(examples, indices).map { values in
            adjusted(values, by: margins).map { levels in
                levels.map { configuration.scale.invert(Double($0), column: column) }
            }
        }
    }
}
