import UnrollCharts
import UnrollData
import UnrollTraining

extension Forecaster {
    /// What it is worth on some examples of a table, beside baselines.
    /// - Parameters:
    ///   - training: the examples that a linear baseline is fitted to where there is none yet; may be none.
    ///   - name: what figures begin with.
    func report(
        _ table: SeriesTable, _ examples: ForecastExamples, training: [Int], test: [Int], season: Int? = nil
    ) throws -> (report: Report, scores: ForecastScores, baselines: ForecastBaselines) {
        let levels = try self.levels(examples, test)
        let (rows, point) = (test.map { examples.windows.rows[$0] }, configuration.point)
        let scores = ForecastScores(
            rows: rows, actual: rows.map { row in (0..<configuration.horizon).map { table.target[row + $0] } },
            predicted: levels.map { $0.map { $0[point] } })
        let baselines = ForecastBaselines(
            table, examples, configuration, training: training, test: test, season: season)
        var report = Report(scores.errors.figures("test"))
        report.figures += intervalFigures(scores, levels)
        for baseline in baselines.all { report.figures += baseline.scores.errors.figures("baseline_" + baseline.name) }
        report.figures.append(Figure("test_forecasts", Double(test.count)))
        let dropped = examples.dropped + table.dropped
        if dropped > 0 { report.figures.append(Figure("dropped", Double(dropped))) }
        if configuration.horizon > 1 {
            let steps = (0..<configuration.horizon).map { step in
                JSON.object(
                    [.init("ahead", .integer(step + 1))]
                        + scores.errors(step: step).figures("test").map { .init($0.name, .number($0.value)) })
            }
            report.details.append(.init("by_step", .array(steps)))
        }
        report.lines = lines(scores, baselines, report.figures, dropped: dropped) + [table.gaps].compactMap(\.self)
        report.drawing = chart(table, scores, levels, baselines)
        return (report, scores, baselines)
    }

    /// How good intervals are: the part of the values that they hold, and the mean loss of all quantiles.
    private func intervalFigures(_ scores: ForecastScores, _ levels: [[[Double]]]) -> [Figure] {
        let quantiles = configuration.quantiles
        if quantiles.isEmpty { return [] }
        let actual = scores.actual.flatMap(\.self)
        let all = levels.flatMap(\.self)
        let losses = quantiles.enumerated().map { index, quantile in
            Regression.quantileLoss(actual, all.map { $0[index] }, quantile: Double(quantile))
        }
        let loss = Figure("test_quantile_loss", losses.reduce(0, +) / Double(losses.count))
        guard quantiles.count > 1 else { return [loss] }
        let last = quantiles.count - 1
        let coverage = Regression.coverage(actual, lower: all.map { $0[0] }, upper: all.map { $0[last] })
        return [loss, Figure("test_coverage", coverage)]
    }

    /// From the lowest quantile to the highest: `80 % interval`.
    var intervalName: String? {
        guard let low = configuration.quantiles.first, let high = configuration.quantiles.last, low < high else {
            return nil
        }
        return "\(((Double(high) - Double(low)) * 100).fixed(0)) % interval"
    }

    private func lines(
        _ scores: ForecastScores, _ baselines: ForecastBaselines, _ figures: [Figure], dropped: Int
    ) -> [String] {
        let all = [("this model", scores)] + baselines.all.map { ($0.text, $0.scores) }
        let width = all.map(\.0.count).max() ?? 0
        func row(_ name: String, _ errors: ForecastScores.Errors) -> String {
            "  \(name.padded(width))  R² \(errors.r2.fixed(4))  RMSE \(errors.rmse.fixed(4))  MAE \(errors.mae.fixed(4))"
        }
        let ahead = configuration.horizon == 1 ? "" : " of \(configuration.horizon) rows each"
        var lines = ["test: \(scores.rows.count.grouped) forecasts\(ahead) of \(configuration.target)"]
        lines += all.map { row($0.0, $0.1.errors) }
        if let coverage = figures.first(where: { $0.name == "test_coverage" }), let intervalName {
            lines.append("  the \(intervalName) holds \((coverage.value * 100).fixed(1)) % of the values")
        }
        if configuration.horizon > 1 {
            lines.append("by rows ahead, from every origin in the test part:")
            for step in 0..<min(24, configuration.horizon) {
                let name = "\(step + 1) ahead".padded(width)
                let others = baselines.all.map { "  \($0.name) \($0.scores.errors(step: step).rmse.fixed(4))" }.joined()
                lines.append(row(name, scores.errors(step: step)) + "  RMSE of" + others)
            }
        }
        if dropped > 0 { lines.append("left out as a number is missing: \(dropped.grouped) rows") }
        return lines
    }

    /// The end of the rows before the test, and the test's with what was foretold of them: of forecasts of several rows
    /// those that follow one another.
    private func chart(
        _ table: SeriesTable, _ scores: ForecastScores, _ levels: [[[Double]]], _ baselines: ForecastBaselines
    ) -> (any Drawing)? {
        guard let start = scores.rows.first, let end = scores.rows.last else { return nil }
        // More could not be told apart.
        let last = min(end + configuration.horizon, start + max(240, configuration.horizon)) - 1
        let shown = max(0, start - max(20, (last - start) / 2))...last
        var (predictions, interval): ([(x: Double, y: Double)], [(x: Double, lower: Double, upper: Double)]) = ([], [])
        var next = start
        for (index, row) in scores.rows.enumerated() where row >= next && row + configuration.horizon - 1 <= last {
            for step in 0..<configuration.horizon {
                let (x, values) = (table.times[row + step], levels[index][step])
                predictions.append((x, values[configuration.point]))
                interval.append((x, values[0], values[values.count - 1]))
            }
            next = row + configuration.horizon
        }
        var chart = Chart.forecast(
            "Forecasts of \(configuration.target)", actual: shown.map { (table.times[$0], table.target[$0]) },
            predictions: predictions, interval: intervalName == nil ? nil : interval,
            intervalName: intervalName ?? "", splitAt: start > 0 ? table.times[start] : nil,
            along: table.axis)
        chart.y.title = configuration.target
        let others = baselines.all.prefix(1).map { " (\($0.text) \($0.scores.errors.r2.fixed(3)))" }.joined()
        chart.subtitle = "test R² \(scores.errors.r2.fixed(3))\(others)"
        return chart
    }
}

// MARK: Walk-forward

extension Forecaster {
    /// What came of an origin: new models trained on all rows before it, tested on those behind it.
    struct Fold {
        var range: WalkForward.Fold
        var scores: ForecastScores
        /// The first baseline: the linear one, where there is one.
        var baseline: (name: String, text: String, scores: ForecastScores)
    }

    /// Trains anew at `settings.walkForward` origins, spread over the test rows.   (Tashman 2000)
    static func walkForward(_ table: SeriesTable, _ settings: ForecasterSettings, on model: Forecaster) throws -> [Fold]
    {
        try table.folds(settings).map { fold in
            let part = table.divided(fold)
            var configuration = try ForecasterConfiguration(settings, for: part)
            configuration.architecture = model.configuration.architecture
            let fresh = Forecaster(configuration, seed: UInt64(settings.seed), on: model.device, settings.run.scheme)
            let task = try ForecastTraining(fresh, part, settings)
            let trainer = try Trainer(task, settings.run.optimizer(for: task), settings.run.trainer(for: task))
            _ = try trainer.run()
            try trainer.loadBest()
            let test = task.examples.within(part.split.test)
            let found = try fresh.report(
                part, task.examples, training: task.examples.within(part.split.training), test: test)
            return Fold(range: fold, scores: found.scores, baseline: found.baselines.all[0])
        }
    }
}

extension SeriesTable {
    /// The origins to walk forward over, each with enough rows behind it for a forecast.
    /// - Throws: `ModelError.badSetting`.
    func folds(_ settings: ForecasterSettings) throws -> [WalkForward.Fold] {
        guard settings.walkForward > 0 else { return [] }
        let (count, asked) = (split.test.count, "\(settings.walkForward)")
        guard let first = split.test.first, first > 0, first + count == self.count, split.test.last == self.count - 1
        else {
            throw ModelError.badSetting(
                flag: "--walk-forward", value: asked, expected: "a part to test on that is the table's last rows")
        }
        guard count / settings.walkForward >= settings.horizon else {
            throw ModelError.badSetting(
                flag: "--walk-forward", value: asked,
                expected: "a number up to \(count / settings.horizon) (\(count) rows to test on, --horizon "
                    + "\(settings.horizon) for each origin)")
        }
        return WalkForward(rows: self.count, initial: first, folds: settings.walkForward).folds
    }
}

extension Report {
    /// Adds what walking forward came to.
    mutating func add(_ folds: [Forecaster.Fold], _ table: SeriesTable) {
        guard let name = folds.first?.baseline.name else { return }
        func together(_ path: KeyPath<Forecaster.Fold, ForecastScores>) -> ForecastScores {
            let all = folds.map { $0[keyPath: path] }
            return ForecastScores(
                rows: all.flatMap(\.rows), actual: all.flatMap(\.actual), predicted: all.flatMap(\.predicted))
        }
        let (whole, linear) = (together(\.scores).errors, together(\.baseline.scores).errors)
        figures += whole.figures("walk_forward") + linear.figures("walk_forward_" + name)
        lines.append("walk-forward: trained anew at each of \(folds.count) origins")
        for fold in folds {
            let (model, linear) = (fold.scores.errors, fold.baseline.scores.errors)
            lines.append(
                "  from \(table.timeTexts[fold.range.test.lowerBound]) on: RMSE \(model.rmse.fixed(4)) (\(name)"
                    + " \(linear.rmse.fixed(4))), MAE \(model.mae.fixed(4)) (\(name) \(linear.mae.fixed(4)))")
        }
        lines.append("  together: RMSE \(whole.rmse.fixed(4)) (\(name) \(linear.rmse.fixed(4)))")
        let origins = folds.map { fold in
            JSON.object(
                [.init("from", .string(table.timeTexts[fold.range.test.lowerBound]))]
                    + fold.scores.errors.figures("test").map { .init($0.name, .number($0.value)) })
        }
        details.append(.init("walk_forward", .array(origins)))
        if var chart = drawing as? Chart, let first = table.split.test.first {
            let points = folds.flatMap { fold in
                zip(fold.scores.rows, fold.scores.predicted).filter { $0.0 < first + 240 }.flatMap { row, values in
                    values.prefix(1).map { (x: table.times[row], y: $0) }
                }
            }
            let isOneAhead = folds.allSatisfy { $0.scores.actual.allSatisfy { $0.count == 1 } }
            chart.lines.append(.init(isOneAhead ? "trained anew" : "trained anew, 1 ahead", points, colour: 2))
            chart.subtitle += "; walk-forward RMSE \(whole.rmse.fixed(3)) (\(name) \(linear.rmse.fixed(3)))"
            drawing = chart
        }
    }
}
