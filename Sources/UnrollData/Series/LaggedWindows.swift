/// Series cut into examples for a forecaster: the `lags` rows before a row as inputs, and that row and those after it
/// as targets, `horizon` of them.
///
/// Row t of columns x and target y gives inputs `x[t - lags], …, x[t - 1]`, the oldest first, and targets
/// `y[t], …, y[t + horizon - 1]`.
public struct LaggedWindows: Sendable, Equatable {
    /// How many rows each example looks back.
    public let lags: Int
    /// How many rows ahead the last target is; 1 for the next row only.
    public let horizon: Int
    /// How many numbers a row has.
    public let columns: Int
    /// `[count, lags, columns]`, row-major.
    public let inputs: [Float]
    /// `[count, horizon]`, row-major.
    public let targets: [Float]
    /// Of each example, the row of its first target.
    public let rows: [Int]
    /// How many examples were left out as a number of theirs is missing.
    public let dropped: Int

    /// How many examples there are.
    public var count: Int { rows.count }

    /// Cuts columns.
    /// - Parameters:
    ///   - columns: what is looked at, each with a number a row; NaN where one is missing.
    ///   - target: what is forecast, as long as the columns; may be one of them.
    /// - Precondition: lags and horizon are positive, and all columns have as many rows.
    public init(columns: [[Double]], target: [Double], lags: Int, horizon: Int = 1) {
        precondition(lags > 0 && horizon > 0, "windows: \(lags) lags, \(horizon) ahead")
        precondition(
            columns.allSatisfy { $0.count == target.count },
            "windows: columns of \(columns.map(\.count)) rows, a target of \(target.count)")
        var (inputs, targets, rows, dropped): ([Float], [Float], [Int], Int) = ([], [], [], 0)
        let last = target.count - horizon
        for row in stride(from: lags, through: last, by: 1) {
            let ahead = target[row..<(row + horizon)]
            let isWhole = columns.allSatisfy { column in !column[(row - lags)..<row].contains(where: \.isNaN) }
            guard isWhole, !ahead.contains(where: \.isNaN) else {
                dropped += 1
                continue
            }
            for step in (row - lags)..<row { inputs += columns.map { Float($0[step]) } }
            targets += ahead.map { Float($0) }
            rows.append(row)
        }
        (self.lags, self.horizon, self.columns) = (lags, horizon, columns.count)
        (self.inputs, self.targets, self.rows, self.dropped) = (inputs, targets, rows, dropped)
    }

    /// The examples all of whose targets lie in some rows: those that a part of a split may be trained or tested on.
    /// Their inputs may lie before it, where they are known by then.
    /// - Parameter rows: in any order.
    public func indices(within rows: some Sequence<Int>) -> [Int] {
        let rows = Set(rows)
        return self.rows.indices.filter { index in
            (self.rows[index]..<(self.rows[index] + horizon)).allSatisfy(rows.contains)
        }
    }

    /// The inputs `[indices.count, lags, columns]` and targets `[indices.count, horizon]` of some examples.
    public func examples(_ indices: [Int]) -> (inputs: [Float], targets: [Float]) {
        let size = lags * columns
        return (
            indices.flatMap { inputs[($0 * size)..<(($0 + 1) * size)] },
            indices.flatMap { targets[($0 * horizon)..<(($0 + 1) * horizon)] }
        )
    }
}
