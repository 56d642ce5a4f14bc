import Testing
import UnrollData
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct LinearBaselinesTests {
    @Test func leastSquaresAreScikitLearns() throws {
        let cases = try Judged.cases("least_squares", of: "baselines.json")
        try #require(cases.count == 5)
        for (index, one) in cases.enumerated() {
            let model = LeastSquares(features: one.rows("features"), targets: one.doubles("targets"))
            #expect(Judged.close(model.coefficients, one.doubles("coefficients"), 1e-8), "case \(index)")
            #expect(Judged.close([model.intercept], [one.double("intercept")], 1e-8), "case \(index)")
            #expect(model.rank == one["rank"]?.integer, "case \(index)")
            #expect(Judged.close(model.predict(one.rows("unseen")), one.doubles("predictions"), 1e-8), "case \(index)")
        }
    }

    /// Nearly the same column twice: the normal equations would lose all digits.
    @Test func keepsDigitsWhereFeaturesAreAlike() {
        let features: [[Double]] = (0..<20).map { (i: Int) -> [Double] in
            let (value, other) = (Double(i), Double(i * i % 7))
            return [value, value + other / 10_000_000]
        }
        let targets: [Double] = features.map { (row: [Double]) -> Double in 3 * row[0] - 2 * row[1] + 1 }
        let model = LeastSquares(features: features, targets: targets)
        #expect(Judged.close(model.coefficients + [model.intercept], [3, -2, 1], 1e-6))
    }

    @Test func autoRegressionIsScikitLearns() throws {
        let path = "baselines.json"
        let all = try JSON(parsing: Files.read(fixture(path)), name: path)
        let data = try #require(all["auto_regression"])
        let (columns, known) = (data.rows("columns"), data.rows("known"))
        try #require(data.list("cases").count == 4 && columns[0].count == 71)
        for (index, one) in data.list("cases").enumerated() {
            let (lags, horizon) = (one["lags"]?.integer ?? 0, one["horizon"]?.integer ?? 0)
            let known = one["known"]?.bool == true ? known : []
            let steps = AutoRegression.steps(of: 71, lags: lags, horizon: horizon)
            let model = AutoRegression(
                columns: columns, targets: columns[0], lags: lags, horizon: horizon, known: known,
                steps: Array(steps.lowerBound..<50))
            let predictions = model.predict(columns: columns, known: known, steps: Array(50..<71))
            #expect(Judged.close(predictions, one.doubles("predictions")), "case \(index)")
            let r2 = Regression.rSquared(Array(columns[0][50...]), predictions)
            #expect(Judged.close([r2], [one.double("r2")]) && r2 > -1, "case \(index)")
        }
        #expect(AutoRegression.steps(of: 3, lags: 5).isEmpty)
    }

    // MARK: The New York Stock Exchange

    private static let data = getenv("UNROLL_DATA").map { String(cString: $0) }

    /// James et al. 2021, chapter 10: tomorrow's volume from five days of volume, volatility and return.
    @Test(.enabled(if: data != nil, "UNROLL_DATA names no folder: the stock exchange is not forecast"))
    func forecastsTheStockExchange() throws {
        let bytes = try Files.read(try #require(Self.data) + "/timeseries/NYSE.csv")
        let rows = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst().map { line in
            line.split(separator: ",").map { $0.filter { $0 != "\"" } }
        }
        try #require(rows.count == 6051 && rows.allSatisfy { $0.count == 6 })
        let columns = try (2...4).map { (column: Int) -> [Double] in
            let values = rows.compactMap { Double($0[column]) }
            try #require(values.count == rows.count)
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.map { (value: Double) -> Double in (value - mean) * (value - mean) }
            let deviation = (squares.reduce(0, +) / Double(values.count)).squareRoot()
            return values.map { (value: Double) -> Double in (value - mean) / deviation }
        }
        let days = Set(rows.map { $0[1] }).sorted()
        try #require(days.count == 5)
        let weekdays = rows.map { row in days.map { (day: String) -> Double in day == row[1] ? 1 : 0 } }
        let steps = AutoRegression.steps(of: rows.count, lags: 5)
        let train = steps.filter { rows[$0][5] == "TRUE" }
        let test = steps.filter { rows[$0][5] == "FALSE" }
        #expect(train.count == 4276 && test.count == 1770)
        for (known, expected) in [([], "0.4129"), (weekdays, "0.4596")] {
            let model = AutoRegression(columns: columns, targets: columns[1], lags: 5, known: known, steps: train)
            let predictions = model.predict(columns: columns, known: known, steps: test)
            let r2 = Regression.rSquared(test.map { columns[1][$0] }, predictions)
            print("NYSE: R² \(r2) of AR(5)\(known.isEmpty ? "" : " with the weekday")")
            #expect(r2.fixed(4) == expected)
        }
    }
}
