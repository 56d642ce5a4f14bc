import Testing
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// What quantiles and the intervals between them say.
@Suite struct ForecastIntervalTests {
    let temporary = TemporaryFolder()

    /// Evenly spread numbers that nothing foretells.
    private func noise(_ rows: Range<Int>) throws -> [DataFile] {
        var random = SplitMix(seed: 5)
        let lines = (0..<rows.upperBound).map { _ in "\(Double(random.next() >> 11) * 0x1p-53)\n" }
        try Files.write(Array(("x\n" + lines[rows].joined()).utf8), to: temporary("noise.csv"))
        return [DataFile("data", temporary("noise.csv"))]
    }

    private func run(_ rows: Int, _ set: (inout ForecasterSettings) -> Void) throws -> TrainingRun<Forecaster> {
        var settings = ForecasterTests.settings
        (settings.target, settings.inputs, settings.lags) = ("x", [], 3)
        set(&settings)
        return try TrainingRun<Forecaster>(settings, from: noise(0..<rows), folder: nil, on: ForecasterTests.device)
    }

    private func figure(_ name: String, _ report: Report) throws -> Double {
        try #require(report.figures.first { $0.name == name }).value
    }

    /// Quantiles are ordered and hold about as many values as they should.
    @Test func foretellsIntervals() throws {
        let run = try run(900) { ($0.quantiles, $0.epochs, $0.split) = ([0.1, 0.5, 0.9], 12, "60/10/30") }
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, run.settings)
        let coverage = try figure("test_coverage", report)
        #expect(abs(coverage - 0.8) < 0.1, "\(coverage)")
        // Of evenly spread numbers: Σ q (1 − q) / 2 over three quantiles.
        let loss = try figure("test_quantile_loss", report)
        #expect(abs(loss - (0.045 + 0.125 + 0.045) / 3) < 0.01, "\(loss)")
    }

    /// Margins by hand: of forecasts that are much too sure, in a model of two rows ahead.
    @Test func quantilesAreMovedByRanksOfErrors() throws {
        let model = try run(60) { ($0.horizon, $0.quantiles) = (2, [0.2, 0.5, 0.8, 0.95]) }.model
        let parameter = try #require(model.margins)
        #expect(try parameter.value.floats() == Array(repeating: 0, count: 8))
        // Of nine forecasts: ⌊10 · 0.2⌋ = 2, ⌈10 · 0.8⌉ = 8, and ⌈10 · 0.95⌉ = 10, of which there are but nine.
        let forecasts = (0..<9).map { _ in [3, 0, 1, 2, 0, 0, 0, 0] as [Float] }
        let targets = (0..<9).flatMap { [Float($0), -0.5 * Float($0 * 7 % 9)] }
        model.setMargins(forecasts, targets)
        let margins = try parameter.value.floats()
        #expect(margins == [1, 0, 7 - 2, 8 - 3, -3.5, 0, -0.5, 0])
        // Never past the point forecast, which stays, and in order on both sides of it.
        #expect(model.adjusted([0, 1, 2, 3, 2, 1, 0, 4], by: margins) == [[1, 1, 7, 8], [-3.5, 1, 1.5, 4]])
        let tight: [Float] = [0.5, 1, 2, 3, 2, 2.25, 2.5, 4]
        #expect(model.adjusted(tight, by: margins) == [[1, 1, 7, 8], [-1.5, 2.25, 2.25, 4]])
        let crossing: [Float] = [0, 0, 5, 1, 0, 0, 0, 0]
        #expect(model.adjusted([0, 1, 2, 3, 0, 1, 2, 3], by: crossing) == [[0, 1, 4, 7], [0, 1, 2, 3]])
        #expect(model.adjusted([0, 1, 2, 3, 2, 1, 0, 4], by: nil) == [[0, 1, 2, 3], [0, 1, 2, 4]])
        // They are the model's, and nothing to train.
        #expect(model.parameterCount == model.configuration.parameterCount)
        try model.save(safetensors: temporary("margins"))
        model.setMargins(forecasts, targets.map { -$0 })
        #expect(try parameter.value.floats() != margins)
        try model.load(safetensors: temporary("margins"))
        #expect(try parameter.value.floats() == margins)
        // A file of an earlier version has none.
        var older = try Safetensors(path: temporary("margins"))
        #expect(older.arrays.removeValue(forKey: "margins") != nil)
        try Files.write(older.encoded(), to: temporary("older"))
        try model.load(safetensors: temporary("older"))
        older.arrays.removeValue(forKey: "linear.bias")
        try Files.write(older.encoded(), to: temporary("older"))
        #expect(throws: TrainingError.self) { try model.load(safetensors: temporary("older")) }
    }

    /// Of a model that knows its rows by heart, an interval holds as many of the rows that validate as it says, by ranks.
    @Test func intervalsHoldWhatTheySay() throws {
        let run = try run(200) {
            ($0.quantiles, $0.epochs, $0.split) = ([0.1, 0.5, 0.9], 40, "20/40/40")
            ($0.hidden, $0.dropout) = (32, 0)
        }
        _ = try run.run()
        // Rows 40 to 119 validate; what comes before tells the first of them.
        let files = try noise(37..<120).map { try ReadFile($0) }
        // The last weights, and then those that validate best.
        let (last, best) = (try run.model.evaluate(files), try run.bestModel().evaluate(files))
        for report in [last, best] {
            // ⌈81 · 0.9⌉ − ⌊81 · 0.1⌋ + 1 of 80, but for two that are at an end, where rounding tells.
            let coverage = try figure("test_coverage", report)
            #expect((64...66).contains((coverage * 80).rounded()), "\(coverage)")
        }
        #expect(try figure("test_mae", last) != figure("test_mae", best))
    }
}
