import UnrollCharts
import UnrollData
import UnrollLayers
import UnrollTensors

extension Forecaster {
    /// The rows that follow a table's last whole ones.
    ///
    /// What is known ahead comes from rows at the end of the table whose target is blank. More rows than the horizon are
    /// forecast from forecasts, where the target is all the model looks at.
    /// - Throws: `ModelError`, `DataError`, `ComputeError`.
    func continued(_ table: SeriesTable, count: Int) throws -> [[Double]] {
        let end = table.end
        let horizon = configuration.horizon
        if count > horizon, configuration.inputs != [configuration.target] {
            throw ModelError.badSetting(
                flag: "--count", value: "\(count)",
                expected: "at most the model's --horizon \(horizon), as it looks at more than \(configuration.target),")
        }
        let blocks = (count + horizon - 1) / horizon
        if !configuration.known.isEmpty, table.count - end < blocks * horizon {
            throw ModelError.badText(
                name: table.name,
                reason: "what is known ahead (\(configuration.known.map(\.name).joined(separator: ", "))) is needed of"
                    + " \(blocks * horizon) rows behind the last value, and there are \(table.count - end): add them,"
                    + " the rest of their fields blank")
        }
        var series = try scaledRows(table, end: end)
        let known = configuration.knownNumbers(table)
        let margins = try self.margins?.value.floats()
        var state: RecurrentState?
        var found: [[Double]] = []
        for block in 0..<blocks {
            if configuration.carries {
                state = read(series.rows.dropLast(), state)
                series.rows = Array(series.rows.suffix(1))
            }
            let inputs = tensor(series.rows[...])
            let first = end + block * horizon
            let ahead =
                known.isEmpty || configuration.known.isEmpty
                ? [] : known[first..<(first + horizon)].flatMap(\.self)
            if ahead.contains(where: \.isNaN) {
                throw ModelError.badText(
                    name: table.name,
                    reason: "what is known ahead is missing in rows \(first + 1) to \(first + horizon)")
            }
            let values = try values(
                inputs, ahead: ahead, base: try bases(series.targets, name: table.name), state: &state)
            var added: [[Float]] = []
            for levels in adjusted(values, by: margins) {
                found.append(
                    levels.map { configuration.scale.invert(Double($0), column: configuration.inputs.count) })
                series.targets.append(Double(levels[configuration.point]))
                added.append([Float(configuration.scale.apply(found[found.count - 1][configuration.point], column: 0))])
            }
            series.rows = configuration.carries ? added : Array((series.rows + added).suffix(configuration.lags))
        }
        return Array(found.prefix(count))
    }

    /// The state after more rows of a series, as many at a time as in training's tests: all at once would take gigabytes of
    /// a long series.
    private func read(_ rows: ArraySlice<[Float]>, _ state: RecurrentState?) -> RecurrentState? {
        stride(from: rows.startIndex, to: rows.endIndex, by: Self.stepsAtOnce).reduce(state) { state, start in
            let x = tensor(rows[start..<min(start + Self.stepsAtOnce, rows.endIndex)])
            return evaluating { recurrent(x, state).state }
        }
    }

    /// `[1, rows, inputs]`
    private func tensor(_ rows: ArraySlice<[Float]>) -> Tensor {
        Tensor(rows.flatMap(\.self), shape: [1, rows.count, configuration.inputs.count], on: device)
    }

    /// The rows before `end` that are read, in the model's units: the last `lags`, or all where the state is carried, as
    /// training began with the first.
    private func scaledRows(_ table: SeriesTable, end: Int) throws -> (rows: [[Float]], targets: [Double]) {
        let columns = configuration.scale.apply(table.inputs + [table.target])
        var rows = (0..<end).map { row in columns.dropLast().map { Float($0[row]) } }
        var targets = Array(columns[columns.count - 1][..<end])
        if configuration.carries {
            // As in training: rows in which a number is missing are passed over.
            let whole = rows.indices.filter { !targets[$0].isNaN && !rows[$0].contains(where: \.isNaN) }
            (rows, targets) = (whole.map { rows[$0] }, whole.map { targets[$0] })
            rows.removeFirst(min(rows.count, max(0, configuration.change - 1)))
        }
        let needed = configuration.carries ? 1 : configuration.lags
        guard rows.count >= needed else {
            throw ModelError.badText(
                name: table.name, reason: "\(rows.count) rows are too few: the model looks back \(needed)")
        }
        if !configuration.carries, let bad = rows.suffix(needed).firstIndex(where: { $0.contains(where: \.isNaN) }) {
            throw ModelError.badText(
                name: table.name,
                reason: "a number is missing in row \(bad + 1), one of the last \(needed) the model looks at")
        }
        return (configuration.carries ? rows : Array(rows.suffix(needed)), targets)
    }

    /// What the next forecast is a change from, in the model's units; none where it is a value.
    private func bases(_ targets: [Double], name: String) throws -> [Float] {
        if configuration.change == 0 { return [] }
        return try (0..<configuration.horizon).map { step in
            let place = targets.count + configuration.baseOffset(step)
            guard place >= 0, !targets[place].isNaN else {
                throw ModelError.badText(
                    name: name,
                    reason: "the value \(configuration.change) rows before the end is needed (--change), and missing")
            }
            return Float(targets[place])
        }
    }

    /// `[horizon · levels]` of one series, after its last step.
    private func values(
        _ inputs: Tensor, ahead: [Float], base: [Float], state: inout RecurrentState?
    ) throws -> [Float] {
        func row(_ values: [Float]) -> Tensor? {
            values.isEmpty ? nil : Tensor(values, shape: [1, values.count], on: device)
        }
        let (forecasts, next) = evaluating { self(inputs, known: row(ahead), base: row(base), state: state) }
        if configuration.carries { state = next }
        return try forecasts.floats()
    }
}

// MARK: Drawing

extension Forecaster {
    /// The last rows of a table that have a value, and from there on what is expected.
    /// - Parameter levels: `[rows][levels]`, at least one row.
    func chart(_ table: SeriesTable, continuedBy levels: [[Double]]) -> Chart {
        let last = table.end - 1
        let known = max(0, last - max(30, 3 * levels.count))...last
        // From the last value on, so that one row is more than a dot.
        let start = (time: table.times[last], levels: levels[0].map { _ in table.target[last] })
        let ahead = zip(table.rows(behind: last, count: levels.count), levels).map { (time: $0.time, levels: $1) }
        let points = [start] + ahead
        let interval = points.map { (x: $0.time, lower: $0.levels[0], upper: $0.levels[$0.levels.count - 1]) }
        var chart = Chart.forecast(
            "Forecast of \(configuration.target)", actual: known.map { (table.times[$0], table.target[$0]) },
            predictions: points.map { ($0.time, $0.levels[configuration.point]) },
            interval: intervalName == nil ? nil : interval, intervalName: intervalName ?? "",
            along: table.axis)
        chart.y.title = configuration.target
        chart.subtitle = "\(levels.count) \(levels.count == 1 ? "row" : "rows") after \(table.timeTexts[last])"
        chart.rules = [.init("last value", .vertical(start.time))]
        return chart
    }
}

extension SeriesTable {
    /// The axis of its times.
    var axis: Chart.Axis { Chart.Axis(timeName, scale: dates == nil ? .linear : .calendar) }

    /// Behind the last row that has a value.
    var end: Int { (target.lastIndex { !$0.isNaN } ?? -1) + 1 }

    /// Where the rows behind one are in time, and how people read it: as the table says, and where it ends as far apart as
    /// its rows are. Where that differs from row to row they are as far apart as on average, and nobody knows the text.
    func rows(behind row: Int, count: Int) -> [(time: Double, text: String?)] {
        // A month alone where all are months.
        let areMonths = timeTexts.allSatisfy { $0.count <= 7 }
        let written = { (date: CalendarDate) in areMonths ? String("\(date)".dropLast(3)) : "\(date)" }
        var rows: [(time: Double, text: String?)] = []
        for place in row + 1..<min(row + 1 + count, self.count) {
            rows.append((times[place], dates.map { written($0[place]) } ?? timeTexts[place]))
        }
        let missing = count - rows.count
        if let dates, let following = CalendarDate.following(dates, count: missing) {
            for date in following { rows.append((date.years, written(date))) }
            return rows
        }
        let last = times[self.count - 1]
        let apart = self.count > 1 ? (last - times[0]) / Double(self.count - 1) : 1
        // Whole numbers only: fractions would show how they are rounded.
        let isWhole = dates == nil && self.count > 1 && last == last.rounded() && apart == apart.rounded()
        let isEven = isWhole && apart > 0 && zip(times, times.dropFirst()).allSatisfy { $1 - $0 == apart }
        for step in 0..<missing {
            let time = last + Double(step + 1) * apart
            rows.append((time, isEven && abs(time) < 1e15 ? "\(Int(time))" : nil))
        }
        return rows
    }
}
