import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

/// A table in a forecaster's units, cut into what it looks at and what comes then.
struct ForecastExamples {
    /// What a model is given.
    typealias Batch = (x: Tensor, known: Tensor?, base: Tensor?, targets: Tensor)

    /// The windows of rows before a row, or where the state is carried the row before alone.
    let windows: LaggedWindows
    /// The windows that a model can be given: those whose base is known.
    let usable: [Int]
    private let configuration: ForecasterConfiguration
    /// `[rows][known]`
    private let known: [[Float]]
    /// NaN where it is missing.
    private let target: [Double]

    /// - Parameter columns: of `table` in the model's units.
    init(_ table: SeriesTable, _ configuration: ForecasterConfiguration) {
        let columns = configuration.scale.apply(table.inputs + [table.target])
        let known = configuration.knownNumbers(table)
        // A row of which not all is known that should be can be no target.
        let target = zip(columns[columns.count - 1], known).map { $1.contains(where: \.isNaN) ? .nan : $0 }
        windows = LaggedWindows(
            columns: Array(columns.dropLast()), target: target, lags: configuration.carries ? 1 : configuration.lags,
            horizon: configuration.horizon)
        (self.configuration, self.known, self.target) = (configuration, known, columns[columns.count - 1])
        let bases = configuration.change == 0 ? [] : (0..<configuration.horizon).map { configuration.baseOffset($0) }
        usable = windows.rows.indices.filter { [rows = windows.rows, series = self.target] index in
            bases.allSatisfy { rows[index] + $0 >= 0 && !series[rows[index] + $0].isNaN }
        }
    }

    /// The windows all of whose targets lie in some rows.
    func within(_ rows: [Int]) -> [Int] {
        let usable = Set(usable)
        return windows.indices(within: rows).filter(usable.contains)
    }

    /// Windows that had to be left out as a number is missing.
    var dropped: Int { windows.dropped }

    /// Some windows, each a row of the batch; where the state is carried each a step of one of `rows` rows.
    func batch(_ indices: [Int], rows: Int, on device: Device) -> Batch {
        let (inputs, targets) = windows.examples(indices)
        let horizon = configuration.horizon
        let first = indices.map { windows.rows[$0] }
        let known = first.flatMap { row in (row..<(row + horizon)).flatMap { self.known[$0] } }
        let base = first.flatMap { row in (0..<horizon).map { Float(target[row + configuration.baseOffset($0)]) } }
        let shape = [indices.count, horizon]
        return (
            Tensor(inputs, shape: [rows, inputs.count / (rows * windows.columns), windows.columns], on: device),
            known.isEmpty ? nil : Tensor(known, shape: [indices.count, known.count / indices.count], on: device),
            configuration.change == 0 ? nil : Tensor(base, shape: shape, on: device),
            Tensor(targets, shape: shape, on: device)
        )
    }
}

extension ForecasterConfiguration {
    /// What the forecast of a step ahead, from 0, is a change from: how many rows it lies before the first row forecast,
    /// as a negative number.
    func baseOffset(_ step: Int) -> Int {
        change == 0 ? 0 : step - change * (step / change + 1)
    }

    /// What is known of every row, `[rows][known]`: numbers in units of standard deviations, and of names a 1 in the place
    /// of the row's, none where training had no such name. NaN where it is missing.
    func knownNumbers(_ table: SeriesTable) -> [[Float]] {
        var rows = Array(repeating: [Float](), count: table.count)
        for (column, values) in zip(known, table.known) {
            switch values {
            case .numbers(let numbers):
                for row in rows.indices { rows[row].append(Float((numbers[row] - column.mean) / column.scale)) }
            case .names(let names):
                for row in rows.indices { rows[row] += column.oneHot(names[row]) }
            }
        }
        return rows
    }
}

extension ForecasterConfiguration.Known {
    fileprivate func oneHot(_ name: String?) -> [Float] {
        guard let name else { return Array(repeating: .nan, count: width) }
        return categories.map { $0 == name ? 1 : 0 }
    }
}

extension Forecaster {
    /// Its forecasts for some windows, in its own units: of each `[horizon · levels]`.
    /// - Throws: `ComputeError`.
    func forecasts(_ examples: ForecastExamples, _ indices: [Int]) throws -> [[Float]] {
        if indices.isEmpty { return [] }
        let width = configuration.horizon * configuration.levels
        func rows(_ values: Tensor) throws -> [[Float]] {
            let values = try values.floats()
            return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
        }
        if configuration.carries { return try carried(examples, indices, rows) }
        let size = max(1, min(512, (1 << 22) / (configuration.lags * configuration.hidden)))
        return try stride(from: 0, to: indices.count, by: size).flatMap { start in
            let part = Array(indices[start..<min(start + size, indices.count)])
            let batch = examples.batch(part, rows: part.count, on: device)
            return try rows(evaluating { self(batch.x, known: batch.known, base: batch.base).forecasts })
        }
    }

    /// How many rows are read at a time where the state is carried.
    static let stepsAtOnce = 1024

    /// The same where the series is read from its beginning.
    private func carried(
        _ examples: ForecastExamples, _ indices: [Int], _ rows: (Tensor) throws -> [[Float]]
    ) throws -> [[Float]] {
        let steps = Array(examples.usable.prefix { $0 <= indices.max() ?? -1 })
        var (state, found): (RecurrentState?, [Int: [Float]]) = (nil, [:])
        let wanted = Set(indices)
        for start in stride(from: 0, to: steps.count, by: Self.stepsAtOnce) {
            let part = Array(steps[start..<min(start + Self.stepsAtOnce, steps.count)])
            let batch = examples.batch(part, rows: 1, on: device)
            let (values, next) = evaluating { self(batch.x, known: batch.known, base: batch.base, state: state) }
            state = next
            for (index, row) in zip(part, try rows(values)) where wanted.contains(index) { found[index] = row }
        }
        return indices.compactMap { found[$0] }
    }
}
