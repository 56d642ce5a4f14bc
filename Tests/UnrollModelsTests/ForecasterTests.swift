import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct ForecasterTests {
    static let device = TestedBackend.cpu[0].device
    let temporary = TemporaryFolder()

    /// A small run on a CSV.
    static var settings: ForecasterSettings {
        var settings = ForecasterSettings()
        (settings.target, settings.inputs, settings.lags) = ("wave", ["wave", "other"], 7)
        (settings.hidden, settings.batch, settings.epochs, settings.dropout) = (9, 13, 3, 0.1)
        (settings.cell, settings.learningRate, settings.seed) = (.gru, 0.01, 3)
        return settings
    }

    /// `rows` of a sine, something beside it, a weekday that shifts it, and the rows to train on.
    private func table(_ rows: Int = 120, holes: Set<Int> = [], name: String = "series.csv") throws -> [DataFile] {
        let days = ["mon", "tue", "wed", "thu", "fri"]
        var text = "day,wave,other,weekday,train\n"
        for row in 0..<rows {
            let date = CalendarDate(year: 2001, month: 1 + row / 28 % 12, day: 1 + row % 28)!
            let value = 5 + 2 * sin(0.37 * Double(row)) + (row % 5 == 0 ? 0.5 : 0)
            let field = holes.contains(row) ? "" : "\(value)"
            text +=
                "\(date),\(field),\(cos(0.37 * Double(row))),\(days[row % 5]),\(row < rows * 3 / 4 ? "TRUE" : "FALSE")\n"
        }
        try Files.write(Array(text.utf8), to: temporary(name))
        return [DataFile("data", temporary(name))]
    }

    private func contents(_ folder: ModelFolder) throws -> [[UInt8]] {
        try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
    }

    private func figure(_ name: String, _ report: Report) -> Double? {
        report.figures.first { $0.name == name }?.value
    }

    @Test(arguments: [TestedBackend.cpu[0]] + TestedBackend.openCL.prefix(1)) func learnsAWave(_ tested: TestedBackend)
        throws
    {
        var settings = Self.settings
        (settings.epochs, settings.dropout, settings.horizon, settings.season) = (40, 0, 3, 17)
        settings.known = ["weekday"]
        let run = try TrainingRun<Forecaster>(settings, from: table(300), folder: nil, on: tested.device)
        #expect(try run.run() == .finished)
        let report = try run.bestModel().report(on: run.data, settings)
        let found = try #require(figure("test_r2", report))
        #expect(found > 0.95, "\(report.figures)")
        #expect(try #require(figure("baseline_persistence_r2", report)) < 0.9)
        #expect(try #require(figure("baseline_linear_r2", report)) > 0.95)
        #expect(figure("baseline_seasonal_r2", report) != nil)
        // 270 to 299 have three rows each from 270 to 297.
        #expect(figure("test_forecasts", report) == 28)
        #expect(report.drawing != nil && report.lines.contains { $0.contains("3 ahead") })
    }

    /// The loss of quantiles by hand, and the mean squared error.
    @Test(arguments: TestedBackend.all) func losses(_ tested: TestedBackend) throws {
        var settings = Self.settings
        settings.horizon = 2
        for quantiles in [[], [0.25, 0.5] as [Float]] {
            settings.quantiles = quantiles
            let run = try TrainingRun<Forecaster>(settings, from: table(), folder: nil, on: tested.device)
            let levels = max(1, quantiles.count)
            let values = (0..<(3 * 2 * levels)).map { Float($0) * 0.3 - 1 }
            let targets: [Float] = [0.1, -0.4, 0.9, 0.2, -1.5, 2]
            let loss = try run.model.loss(
                Tensor(values, shape: [3, 2, levels], on: tested.device),
                Tensor(targets, shape: [3, 2], on: tested.device)
            ).scalar()
            let errors = values.indices.map { Double(targets[$0 / levels] - values[$0]) }
            let each = errors.enumerated().map { place, e in
                guard !quantiles.isEmpty else { return e * e }
                let q = Double(quantiles[place % levels])
                return max(q * e, (q - 1) * e)
            }
            #expect(abs(Double(loss) - each.reduce(0, +) / Double(each.count)) < 1e-5)
        }
    }

    @Test(arguments: TestedBackend.all, [false, true]) func sameSeedSameBits(_ tested: TestedBackend, _ carries: Bool)
        throws
    {
        var settings = Self.settings
        if carries { (settings.carries, settings.batch, settings.lags) = (true, 2, 9) }
        let folders = ["a", "b"].map { ModelFolder(temporary($0)) }
        for folder in folders {
            _ = try TrainingRun<Forecaster>(settings, from: table(), folder: folder, on: tested.device).run()
        }
        #expect(try contents(folders[0]) == contents(folders[1]))
        settings.seed = 8
        let other = ModelFolder(temporary("c"))
        _ = try TrainingRun<Forecaster>(settings, from: table(), folder: other, on: tested.device).run()
        #expect(try Files.read(other.weights) != Files.read(folders[0].weights))
    }

    @Test(arguments: TestedBackend.all, [false, true]) func backendsAgree(_ tested: TestedBackend, _ carries: Bool)
        throws
    {
        var settings = Self.settings
        settings.known = ["weekday", "other"]
        if carries { (settings.carries, settings.batch, settings.lags) = (true, 2, 9) }
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try TrainingRun<Forecaster>(settings, from: table(), folder: nil, on: device).run {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation ?? 0] }
            }
            return losses
        }
        #expect(losses[0].count == 6 && losses[0][0] > losses[0][4] && losses[0][1] > 0)
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    @Test(arguments: [false, true]) func resumesToTheSameBits(_ carries: Bool) throws {
        var settings = Self.settings
        if carries { (settings.carries, settings.batch, settings.lags) = (true, 2, 9) }
        (settings.quantiles, settings.known, settings.date) = ([0.2, 0.5], ["weekday", "month"], "day")
        let (whole, files) = (ModelFolder(temporary("whole")), try table())
        _ = try TrainingRun<Forecaster>(settings, from: files, folder: whole, on: Self.device).run()
        for stop in [0, 1, 9] {
            let folder = ModelFolder(temporary("stopped-\(stop)"))
            var asked = 0
            _ = try TrainingRun<Forecaster>(settings, from: files, folder: folder, on: Self.device).run(shouldStop: {
                asked += 1
                return asked > stop
            })
            let run = try TrainingRun<Forecaster>(resuming: folder, on: Self.device)
            #expect(run.settings == settings)
            #expect(try run.run() == .finished)
            #expect(try contents(folder) == contents(whole), "stopped after \(stop)")
        }
        let model = try Forecaster(whole, on: Self.device)
        #expect(model.parameterCount == model.configuration.parameterCount)
        let json = try JSON(parsing: model.configuration.json.indented, name: "config")
        #expect(try ForecasterConfiguration(json, name: "config") == model.configuration)
        // No run begins with these, but models may have them.
        var older = model.configuration
        older.quantiles = [0.25, 0.75]
        #expect(try ForecasterConfiguration(older.json, name: "config") == older)
    }

    /// A sine is read once from its beginning; the state tells the model where in it it is, though gradients go back
    /// only a few steps: from one number there is no telling whether it rises or falls.
    @Test func carriesItsState() throws {
        let text = "x\n" + (0..<400).map { "\(sin(0.3 * Double($0)))\n" }.joined()
        try Files.write(Array(text.utf8), to: temporary("sine.csv"))
        var settings = Self.settings
        (settings.target, settings.inputs, settings.lags, settings.carries) = ("x", [], 5, true)
        (settings.batch, settings.epochs, settings.hidden, settings.dropout) = (1, 20, 16, 0)
        let file = DataFile("data", temporary("sine.csv"))
        let run = try TrainingRun<Forecaster>(settings, from: [file], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        let report = try model.report(on: run.data, settings)
        #expect(try #require(figure("test_r2", report)) > 0.99, "\(report.figures)")
        // It goes on by itself, from its own forecasts.
        let found = try model.predictions(for: PredictionInput(files: [ReadFile(file)], count: 12))
        let values = found.compactMap { $0.json["x"]?.number }
        #expect(values.count == 12)
        for (step, value) in values.enumerated() { #expect(abs(value - sin(0.3 * Double(400 + step))) < 0.25) }
    }

    /// What a window is, what is left out, and what comes next.
    @Test func missingNumbersAreLeftOut() throws {
        var settings = Self.settings
        (settings.inputs, settings.lags, settings.split) = (["wave"], 4, "50/0/50")
        let run = try TrainingRun<Forecaster>(
            settings, from: table(60, holes: [40]), folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        let report = try model.report(on: run.data, settings)
        // Row 40 is in the windows of rows 41 to 44, and is a target.
        #expect(figure("dropped", report) == 5 && figure("test_forecasts", report) == 25)
        #expect(report.lines.first == "rows: 30 to train, none to validate, 30 to test")
        #expect(try model.evaluate([ReadFile(table(60)[0])]).figures.last?.value == 56)
        #expect(throws: ModelError.self) {
            try model.predictions(for: PredictionInput(files: [ReadFile(self.table(60, holes: [57])[0])]))
        }
        // Blanks at the end are what is asked for.
        let whole = try model.predictions(for: PredictionInput(files: [ReadFile(table(58)[0])]))
        let blank = try model.predictions(for: PredictionInput(files: [ReadFile(table(60, holes: [58, 59])[0])]))
        #expect(whole.map(\.line) == blank.map(\.line) && whole.count == 1)
    }

    /// Of a long series only so much is read at a time; all at once, by the model itself, says the same.
    @Test func readsALongSeriesInParts() throws {
        let series = (0..<2500).map { sin(0.3 * Double($0)) + 0.2 * sin(0.011 * Double($0)) }
        try Files.write(Array(("x\n" + series.map { "\($0)\n" }.joined()).utf8), to: temporary("long.csv"))
        var settings = Self.settings
        (settings.target, settings.inputs, settings.lags, settings.carries) = ("x", [], 25, true)
        (settings.batch, settings.epochs, settings.dropout) = (4, 1, 0)
        let file = DataFile("data", temporary("long.csv"))
        let run = try TrainingRun<Forecaster>(settings, from: [file], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        let scale = model.configuration.scale
        let scaled = series.map { Float(scale.apply($0, column: 0)) }
        let x = Tensor(scaled, shape: [1, scaled.count, 1], on: Self.device)
        let whole = try #require(try model(x, known: nil, base: nil).forecasts.floats().last)
        let found = try model.predictions(for: PredictionInput(files: [ReadFile(file)], count: 1))[0].json["x"]?.number
        #expect(abs(try #require(found) - scale.invert(Double(whole), column: 1)) < 1e-4)
    }

    /// A model of names reads the same names of a table in which they all happen to be numbers; one of numbers refuses
    /// names.
    @Test func namesThatAreNumbersStayNames() throws {
        func file(_ names: [String], rows: Int, ahead: String) throws -> DataFile {
            let lines = (0..<rows).map {
                "\([0.5, -1, 2][$0 % 3] + 0.01 * Double($0 % 7)),\(names[$0 % 3]),\($0 % 4)\n"
            }
            let text = "x,name,number\n" + lines.joined() + ",\(ahead)\n"
            try Files.write(Array(text.utf8), to: temporary("names.csv"))
            return DataFile("data", temporary("names.csv"))
        }
        var settings = Self.settings
        (settings.target, settings.inputs, settings.known, settings.lags) = ("x", [], ["name", "number"], 4)
        let learnt = try file(["1", "2", "b"], rows: 90, ahead: "1,2")
        let run = try TrainingRun<Forecaster>(settings, from: [learnt], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        #expect(model.configuration.known.map(\.categories) == [["1", "2", "b"], []])
        func line(_ names: [String], _ ahead: String) throws -> String {
            let file = try ReadFile(file(names, rows: 9, ahead: ahead))
            return try model.predictions(for: PredictionInput(files: [file]))[0].line
        }
        let all = ["1", "2", "b"]
        #expect(try line(all, "2,1") == line(["1", "2", "1"], "2,1"))
        #expect(try line(all, "2,1") != line(all, "1,1") && line(all, "2,1") != line(all, "2,3"))
        let error = #expect(throws: DataError.self) { try line(all, "2,many") }
        #expect("\(error.map { "\($0)" } ?? "")".contains("number"))
    }

    /// What cannot be is said before the training.
    @Test func originsMustHaveRows() throws {
        let cases: [(Int, Int, Set<Int>, String, String)] = [
            (13, 1, [], "80/10/10", "up to 12"), (5, 3, [], "80/10/10", "up to 4"), (1, 1, [], "80/20/0", "last rows"),
            (6, 1, [110], "80/10/10", "rows 111 to 112"),
        ]
        for (origins, horizon, holes, split, reason) in cases {
            var settings = Self.settings
            (settings.walkForward, settings.horizon, settings.split) = (origins, horizon, split)
            let error = #expect(throws: ModelError.self) {
                try TrainingRun<Forecaster>(settings, from: table(holes: holes), folder: nil, on: Self.device)
            }
            let line = error.map { "\($0)" } ?? ""
            #expect(line.hasPrefix("--walk-forward \(origins) ") && line.contains(reason), "\(line)")
        }
    }

    /// Twelve rows are tested: from five origins as from three.
    @Test(arguments: [3, 5]) func trainsAnewAtEveryOrigin(_ origins: Int) throws {
        var settings = Self.settings
        (settings.walkForward, settings.change, settings.season) = (origins, 5, 5)
        let run = try TrainingRun<Forecaster>(settings, from: table(), folder: nil, on: Self.device)
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, settings)
        #expect(figure("walk_forward_rmse", report) != nil && figure("walk_forward_linear_rmse", report) != nil)
        let folds = report.details.first { $0.name == "walk_forward" }?.value.array
        #expect(folds?.count == origins && folds?.first?["from"]?.string == "row 109")
    }

    @Test(arguments: [
        ("wave,other\n1,2\n", "none of the"), ("wave\n1\n", "no column 'other'"), ("wave,other\n1,x\n", "not a number"),
        ("wave,other\n1e300,2\n", ":2:1: 1e+300 in column 'wave' is too large"), ("", "no line"),
    ]) func badFilesAreOneLine(_ text: String, _ reason: String) throws {
        try Files.write(Array(text.utf8), to: temporary("bad.csv"))
        do {
            _ = try TrainingRun<Forecaster>(
                Self.settings, from: [DataFile("data", temporary("bad.csv"))], folder: nil, on: Self.device)
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(reason) && !"\(error)".contains("\n"), "\(error)")
        }
    }

    @Test func badSettingsAreNamed() throws {
        let bad: [(String, (inout ForecasterSettings) -> Void)] = [
            ("--target", { $0.target = "" }), ("--lags", { $0.lags = 0 }), ("--horizon", { $0.horizon = 0 }),
            ("--split", { $0.split = "no" }), ("--quantiles", { $0.quantiles = [0.5, 0.2] }),
            ("--quantiles 0.05,0.95 makes no sense: 0.5 among them", { $0.quantiles = [0.05, 0.95] }),
            ("--quantiles 0.9 makes no sense: 0.5 among them", { $0.quantiles = [0.9] }),
            ("--validation", { $0.validation = 0.2 }), ("--inputs", { $0.inputs = ["a", "a"] }),
            ("--change", { $0.change = -1 }), ("--embedding-dropout", { $0.run.architecture.embeddingDropout = 0.1 }),
        ]
        for (flag, change) in bad {
            var settings = Self.settings
            change(&settings)
            let refused = #expect(throws: (any Error).self) { try settings.check() }
            #expect(refused is ModelError || refused is DataError)
            do { try settings.check() } catch { #expect("\(error)".hasPrefix(flag), "\(error)") }
        }
    }

    // MARK: The stock exchange

    private static let data = CPUInfo.setting("UNROLL_DATA")

    /// The recipe of James et al. (2021), chapter 10: from three series of five days the next day's volume.
    @Test(
        .enabled(if: data != nil, "UNROLL_DATA names no folder: volumes are not forecast on real data"),
        arguments: [([], 0.4129, 0.412), (["day_of_week"], 0.4596, 0.46)] as [([String], Double, Double)])
    func forecastsVolumes(_ known: [String], _ linear: Double, _ least: Double) throws {
        var settings = ForecasterSettings()
        (settings.target, settings.inputs) = ("log_volume", ["DJ_return", "log_volume", "log_volatility"])
        (settings.known, settings.lags, settings.splitColumn, settings.scale) = (known, 5, "train", .allRows)
        (settings.hidden, settings.batch, settings.epochs, settings.dropout) = (12, 64, 35, 0.1)
        settings.optimization.average = .exponential
        settings.optimization.averageDecay = 0.998
        let file = try DataFile("data", #require(Self.data) + "/timeseries/NYSE.csv")
        let found = try (1...5).map { seed in
            settings.seed = seed
            let run = try TrainingRun<Forecaster>(settings, from: [file], folder: nil, on: .cpu)
            _ = try run.run()
            let report = try run.bestModel().report(on: run.data, settings)
            #expect(abs(try #require(figure("baseline_linear_r2", report)) - linear) < 0.00005)
            #expect(figure("test_forecasts", report) == 1770)
            return try #require(figure("test_r2", report))
        }
        #expect(found.reduce(0, +) / 5 >= least, "\(found)")
    }
}
