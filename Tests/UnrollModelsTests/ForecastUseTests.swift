import Testing
import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// A trained forecaster on other files: what it is measured by, and what it draws.
@Suite struct ForecastUseTests {
    private static let device = TestedBackend.cpu[0].device
    private let temporary = TemporaryFolder()

    private static var settings: ForecasterSettings {
        var settings = ForecasterSettings()
        (settings.target, settings.inputs, settings.known) = ("x", ["x", "y"], ["kind"])
        (settings.lags, settings.horizon, settings.split) = (5, 2, "70/10/20")
        (settings.hidden, settings.batch, settings.epochs, settings.seed) = (7, 13, 2, 3)
        return settings
    }

    /// Rows of numbers that are hard to foretell, of years and of names.
    private func table(_ rows: some Sequence<Int>, _ name: String, blank: Set<Int> = []) throws -> DataFile {
        let lines = rows.map { row in
            let x = Double(row * row % 17) - Double(row % 5) / 3
            return
                "\(1900 + 2 * row),\(blank.contains(row) ? "" : "\(x)"),\(row * 7 % 11),\("abc".dropFirst(row % 3).prefix(1))"
        }
        try Files.write(Array(("year,x,y,kind\n" + lines.joined(separator: "\n") + "\n").utf8), to: temporary(name))
        return DataFile("data", temporary(name))
    }

    private func baselines(_ report: Report) -> [Figure] {
        report.figures.filter { $0.name.hasPrefix("baseline_linear") }
    }

    /// The linear forecast that was fitted in training says the same of a file of the test's rows, whichever way the
    /// model got there.
    @Test(arguments: [false, true]) func theLinearForecastIsKept(_ carries: Bool) throws {
        var settings = Self.settings
        if carries { (settings.carries, settings.batch) = (true, 2) }
        let folder = ModelFolder(temporary("model"))
        let run = try TrainingRun<Forecaster>(
            settings, from: [table(0..<100, "all.csv")], folder: folder, on: Self.device)
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, settings)
        #expect(baselines(report).map(\.name) == ["r2", "rmse", "mae"].map { "baseline_linear_" + $0 })
        #expect(baselines(report).allSatisfy { $0.value.isFinite })
        let test = try ReadFile(table(75..<100, "test.csv"))
        let other = try Forecaster(folder, on: Self.device).evaluate([test])
        #expect(baselines(other) == baselines(report))
        #expect(other.lines.contains { $0.contains("linear AR(5)") })
    }

    /// Where a number is missing, a state is carried over the row as if it were not there, after training as in it.
    @Test func aCarriedStatePassesOverHoles() throws {
        var settings = Self.settings
        (settings.carries, settings.batch, settings.known) = (true, 2, [])
        let run = try TrainingRun<Forecaster>(
            settings, from: [table(0..<100, "all.csv")], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        let holes: Set = [20, 33, 34]
        let blank = try model.evaluate([ReadFile(table(0..<60, "blank.csv", blank: holes))])
        let absent = try model.evaluate([ReadFile(table((0..<60).filter { !holes.contains($0) }, "absent.csv"))])
        #expect(blank.figures.filter { $0.name != "dropped" } == absent.figures)
        #expect(blank.figures.contains(Figure("dropped", 3)))
    }

    /// A folder from before it was kept loads, judges without it, and goes on.
    @Test func foldersWithoutItLoad() throws {
        let (data, folder) = (try table(0..<100, "all.csv"), ModelFolder(temporary("model")))
        func trained() throws -> Report {
            let run = try TrainingRun<Forecaster>(Self.settings, from: [data], folder: folder, on: Self.device)
            _ = try run.run()
            return try run.bestModel().report(on: run.data, Self.settings)
        }
        let report = try trained()
        func older(_ text: String, _ linear: JSON? = nil) throws -> JSON {
            let members = try #require(try JSON(parsing: text, name: "").members)
            #expect(members.contains { $0.name == "linear" })
            return .object(members.filter { $0.name != "linear" } + (linear.map { [.init("linear", $0)] } ?? []))
        }
        let configuration = String(decoding: try Files.read(folder.configuration), as: UTF8.self)
        try Files.write(Array(older(configuration).indented.utf8), to: folder.configuration)
        var record = try Safetensors(path: folder.training)
        record.metadata["configuration"] = try older(try #require(record.metadata["configuration"])).description
        try Files.write(record.encoded(), to: folder.training)

        let model = try Forecaster(folder, on: Self.device)
        #expect(model.configuration.linear == nil)
        #expect(try baselines(model.evaluate([ReadFile(data)])).isEmpty)
        let resumed = try TrainingRun<Forecaster>(resuming: folder, epochs: 3, on: Self.device)
        #expect(try resumed.run() == .finished)
        let fitted = try resumed.bestModel().report(on: resumed.data, Self.settings)
        #expect(baselines(fitted) == baselines(report) && baselines(fitted).count == 3)

        for linear: JSON in [[], [["intercept": 1, "coefficients": [1, 2]]], "x"] {
            let json = try older(configuration, linear)
            let error = #expect(throws: ModelError.self) { try ForecasterConfiguration(json, name: "config.json") }
            #expect(error.map { "\($0)".contains("config.json") && "\($0)".contains("'linear'") } ?? false)
        }
    }

    /// The last rows that have a value, and from the last on what is foretold, where the table has no rows any more as
    /// far apart as its rows are.
    @Test func drawsWhatComes() throws {
        var settings = Self.settings
        (settings.quantiles, settings.date, settings.known, settings.inputs) = ([0.1, 0.5, 0.9], "year", [], ["x"])
        let run = try TrainingRun<Forecaster>(settings, from: [table(0..<100, "all.csv")], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()
        let file = try ReadFile(table(0..<90, "blank.csv", blank: [89]))
        let input = PredictionInput(files: [file], count: 3)
        let chart = try #require(try model.drawing(for: input) as? Chart)
        let (actual, predicted) = (chart.lines[0].points, chart.lines[1].points)
        #expect(actual.map(\.x) == (58...88).map { 1900 + 2 * Double($0) })
        #expect(actual.last == predicted.first)
        #expect(predicted.map(\.x) == [2076, 2078, 2080, 2082])
        let foretold = try model.predictions(for: input).compactMap { $0.json["x"]?.number }
        #expect(predicted.dropFirst().map(\.y) == foretold)
        let years = try model.predictions(for: input).compactMap { $0.json["date"]?.string }
        #expect(years == ["2078", "2080", "2082"])
        let quantiles = try model.predictions(for: input).compactMap { $0.json["quantiles"]?["0.9"]?.number }
        #expect(chart.bands[0].intervals.dropFirst().map(\.upper) == quantiles)
        #expect(chart.rules.count == 1 && chart.y.title == "x" && chart.svg.contains("80 % interval"))
    }

    /// The time of day counts: for the order of rows, for where they are drawn, and for when those to come are.
    @Test func hoursAreSeen() throws {
        func text(_ hour: Int) -> String { "2025-01-0\(1 + hour / 24) \(hour % 24):00" }
        func file(_ hours: [Int], _ name: String) throws -> DataFile {
            let lines = hours.map { "\(text($0)),\(Double($0 * $0 % 17) - Double($0 % 5) / 3)\n" }
            try Files.write(Array(("time,x\n" + lines.joined()).utf8), to: temporary(name))
            return DataFile("data", temporary(name))
        }
        var settings = Self.settings
        (settings.date, settings.known, settings.inputs) = ("time", [], ["x"])
        let hours = Array(0..<100)
        let run = try TrainingRun<Forecaster>(
            settings, from: [file(hours, "hours.csv")], folder: nil, on: Self.device)
        _ = try run.run()
        let model = try run.bestModel()

        let input = PredictionInput(files: [try ReadFile(file(hours, "hours.csv"))], count: 3)
        let found = try model.predictions(for: input)
        #expect(found.map { $0.json["date"]?.string } == ["2025-01-05 04:00", "2025-01-05 05:00", "2025-01-05 06:00"])
        #expect(found[0].line.hasPrefix("1\t2025-01-05 04:00\t"))
        let chart = try #require(try model.drawing(for: input) as? Chart)
        let places = try (99...102).map { try #require(CalendarDate(text($0))).years }
        #expect(chart.lines[1].points.map(\.x) == places && chart.lines[0].points.last?.x == places[0])
        // Where hours are missing nobody knows which come, and a person is told.
        let uneven = try ReadFile(file(hours + [120], "uneven.csv"))
        let behind = PredictionInput(files: [uneven], count: 3)
        #expect(try model.predictions(for: behind).allSatisfy { $0.json["date"] == .null })
        let told = "a gap between \(text(99)) and \(text(120)): read as if nothing were missing"
        #expect(try model.evaluate([uneven]).lines.last == told)
        #expect(try !model.evaluate(input.files).lines.contains { $0.contains("gap") })

        var swapped = hours
        swapped.swapAt(50, 51)
        let error = #expect(throws: DataError.self) {
            try TrainingRun<Forecaster>(settings, from: [file(swapped, "s.csv")], folder: nil, on: Self.device)
        }
        #expect(error.map { "\($0)".contains("'\(text(50))' of column 'time' comes after '\(text(51))'") } ?? false)
    }
}
