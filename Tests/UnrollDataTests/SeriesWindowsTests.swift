import Testing
import UnrollData

@Suite struct SeriesWindowsTests {
    private func columns(_ entry: JSON) throws -> [[Double]] {
        try entry.required("columns").array.map { try $0.map { try #require($0.array).compactMap(\.number) } } ?? []
    }

    private func isClose(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
    }

    @Test func standardizesAsNumpyDoes() throws {
        let entry = try FormatFixtures.contents("standardization")
        let columns = try columns(entry)
        let found = try Standardization(of: columns, rows: entry.integers("rows"))
        #expect(try isClose(found.means, entry.numbers("means")) && isClose(found.scales, entry.numbers("scales")))
        let expected = try #require(entry["standardized"]?.array).map { try #require($0.array).compactMap(\.number) }
        let standardized = found.apply(columns)
        for (column, values) in standardized.enumerated() {
            // A mean of millions leaves fewer digits to what is left of it.
            #expect(zip(values, expected[column]).allSatisfy { abs($0 - $1) < 1e-9 } && values.count == 11)
            #expect(isClose(values.map { found.invert($0, column: column) }, columns[column]))
        }
        // Rows that are not given have no say.
        var other = columns
        other[0][3] = 1e9
        #expect(try Standardization(of: other, rows: entry.integers("rows")) == found)
    }

    @Test func constantAndMissingColumns() {
        let found = Standardization(
            of: [[0.1, 0.1, 0.1], [.nan, 1, 3], [.nan, .nan, .nan], [1e200, -1e200, 0]], rows: 0..<3)
        #expect(found.means[0] == 0.1 && found.scales[0] == 1 && found.apply(0.1, column: 0) == 0)
        #expect(found.means[1] == 2 && found.scales[1] == 1)
        #expect(found.means[2] == 0 && found.scales[2] == 1)
        #expect(abs(found.scales[3] / 1e200 - (2.0 / 3).squareRoot()) < 1e-15)
    }

    @Test func cutsWindowsAsNumpyDoes() throws {
        let entry = try FormatFixtures.contents("windows")
        let (columns, lags) = (try columns(entry), try #require(entry["lags"]?.integer))
        let horizon = try #require(entry["horizon"]?.integer)
        let windows = LaggedWindows(columns: columns, target: columns[1], lags: lags, horizon: horizon)
        #expect(try windows.inputs == entry.floats("inputs") && windows.targets == entry.floats("targets"))
        #expect(windows.rows == Array(4...9) && windows.dropped == 0 && windows.columns == 2 && windows.count == 6)
        let some = windows.examples([5, 0])
        #expect(some.inputs.prefix(8) == windows.inputs.suffix(8) && some.inputs.suffix(8) == windows.inputs.prefix(8))
        #expect(some.targets == Array(windows.targets.suffix(3) + windows.targets.prefix(3)))
    }

    @Test func missingNumbersDropWindows() {
        var column = (0..<10).map(Double.init)
        var target = column.map { -$0 }
        column[4] = .nan
        target[0] = .nan
        target[9] = .nan
        let windows = LaggedWindows(columns: [column], target: target, lags: 2)
        // Rows 2 to 9, without 5 and 6, which look at row 4, and without 9.
        #expect(windows.rows == [2, 3, 4, 7, 8] && windows.dropped == 3)
        #expect(windows.inputs == [0, 1, 1, 2, 2, 3, 5, 6, 6, 7] && windows.targets == [-2, -3, -4, -7, -8])
        #expect(LaggedWindows(columns: [column], target: target, lags: 20).count == 0)
    }

    @Test func partsHaveAllTargets() throws {
        let numbers = (0..<12).map(Double.init)
        let windows = LaggedWindows(columns: [numbers], target: numbers, lags: 3, horizon: 2)
        let split = try Split(parsing: "6/2/4").rows(count: 12, seed: 0, inOrder: true)
        #expect(windows.indices(within: split.training).map { windows.rows[$0] } == [3, 4])
        #expect(windows.indices(within: split.validation).map { windows.rows[$0] } == [6])
        #expect(windows.indices(within: split.test).map { windows.rows[$0] } == [8, 9, 10])
    }

    @Test func walksForward() {
        let all = WalkForward(rows: 11, initial: 4, test: 3)
        #expect(all.folds.map(\.training) == [0..<4, 0..<7] && all.folds.map(\.test) == [4..<7, 7..<10])
        let sliding = WalkForward(rows: 8, initial: 3, test: 2, step: 1, window: 2)
        #expect(sliding.folds.map(\.training) == [1..<3, 2..<4, 3..<5, 4..<6])
        #expect(sliding.folds.map(\.test) == [3..<5, 4..<6, 5..<7, 6..<8])
        #expect(WalkForward(rows: 2, initial: 3, test: 2).folds.isEmpty)
        let spread = WalkForward(rows: 15, initial: 4, folds: 3)
        #expect(spread.folds.map(\.test) == [4..<7, 7..<11, 11..<15])
        #expect(spread.folds.map(\.training) == [0..<4, 0..<7, 0..<11])
        for rows in 6..<40 {
            for count in 1...(rows - 5) {
                let folds = WalkForward(rows: rows, initial: 5, folds: count).folds
                #expect(folds.count == count && folds.flatMap { Array($0.test) } == Array(5..<rows))
                #expect((folds.map(\.test.count).max() ?? 0) - (folds.map(\.test.count).min() ?? 0) <= 1)
            }
        }
    }
}
