import Testing
import Unroll
import UnrollTestSupport

/// The flags of `unroll train forecaster` that change what is forecast from what, or what it is measured by: each
/// against a run without it.
@Suite struct ForecasterFlagsTests {
    private let folder = TemporaryFolder()
    /// Goes up 0.14 in every 7 rows.
    private let x = (0..<60).map { Double($0 % 7) + Double($0) / 50 }

    private func outcome(_ flags: [String]) throws -> Program.Outcome {
        let rows = x.indices.map { "\(x[$0]),\($0 % 2),\($0 % 3 == 0 ? "low" : "high"),\($0 < 40)" }
        try Files.write(Array((["x,odd,tide,train"] + rows).map { $0 + "\n" }.joined().utf8), to: folder("x.csv"))
        return try Program.unroll(
            [
                "train", "forecaster", "--data", folder("x.csv"), "--target", "x", "--lags", "3", "--hidden", "4",
                "--epochs", "1", "--device", "cpu", "--json",
            ] + flags)
    }

    /// What training says, and `config.json`.
    private func train(_ name: String, _ flags: String...) throws -> (said: JSON, model: JSON) {
        let trained = try outcome(["--output", folder(name)] + flags)
        try #require(trained.status == 0, "\(trained.error)")
        let path = folder(name) + "/config.json"
        return (try trained.json(), try JSON(parsing: try Files.read(path), name: path))
    }

    @Test func dividesRows() throws {
        let plain = try train("plain").said
        #expect(plain["test_forecasts"]?.number == 6 && plain["validation_loss"]?.number != nil)
        #expect(try train("split", "--split", "40/10/10").said["test_forecasts"]?.number == 10)
        let column = try train("column", "--split-column", "train").said
        #expect(column["test_forecasts"]?.number == 20 && column["validation_loss"]?.number == nil)
        let validated = try train("validated", "--split-column", "train", "--validation", "0.25").said
        #expect(validated["test_forecasts"]?.number == 20 && validated["validation_loss"]?.number != nil)
    }

    @Test func scalesByAllRows() throws {
        for (name, scale, rows) in [("plain", "training-rows", x.prefix(48)), ("all", "all-rows", x[...])] {
            let mean = rows.reduce(0, +) / Double(rows.count)
            let means = try #require(train(name, "--scale", scale).model["means"]?.numbers)
            #expect(means.count == 2 && means.allSatisfy { abs($0 - mean) < 1e-6 }, "\(name): \(means), not \(mean)")
        }
    }

    @Test func measuresBySeasonsAndOrigins() throws {
        let plain = try train("plain").said
        #expect(plain["baseline_seasonal_rmse"] == nil && plain["walk_forward"] == nil)
        let season = try train("season", "--season", "7").said
        let seasonal = try #require(season["baseline_seasonal_rmse"]?.number)
        #expect(abs(seasonal - 0.14) < 1e-6)
        #expect(season["test_rmse"] == plain["test_rmse"])

        let walked = try train("walked", "--walk-forward", "2").said
        #expect(walked["walk_forward"]?.array?.compactMap { $0["from"]?.string } == ["row 55", "row 58"])
        #expect(walked["walk_forward_rmse"]?.number != nil && walked["test_rmse"] == plain["test_rmse"])
        let many = try outcome(["--walk-forward", "7", "--output", folder("none")])
        #expect(many.isOneLineError(naming: ["--walk-forward 7", "up to 6"]), "\(many.error)")
    }

    @Test func forecastsChanges() throws {
        let (plain, change) = (try train("plain"), try train("change", "--change", "7"))
        #expect(plain.model["change"]?.integer == 0 && change.model["change"]?.integer == 7)
        #expect(try #require(change.said["test_rmse"]?.number) != plain.said["test_rmse"]?.number)
        // Of no row to train on there is a value so many rows before.
        let far = try outcome(["--change", "50", "--output", folder("none")])
        #expect(far.isOneLineError(naming: [folder("x.csv"), "none of the 48 rows"]), "\(far.error)")
    }

    @Test func carriesItsState() throws {
        let (plain, carried) = (try train("plain", "--batch", "4"), try train("carried", "--batch", "4", "--carry"))
        #expect(plain.model["carry"]?.bool == false && carried.model["carry"]?.bool == true)
        #expect(try #require(carried.said["test_rmse"]?.number) != plain.said["test_rmse"]?.number)
        // All parts are read side by side, and 47 rows are no 20 of 3.
        let wide = try outcome(["--batch", "20", "--carry", "--output", folder("none")])
        #expect(wide.isOneLineError(naming: ["47 rows", "--batch 20", "--lags 3"]), "\(wide.error)")
    }

    @Test func readsWhatIsKnownAhead() throws {
        let (plain, known) = (try train("plain"), try train("known", "--known", "tide,odd"))
        let columns = try #require(known.model["known"]?.array)
        #expect(columns.map { $0["name"]?.string } == ["tide", "odd"] && plain.model["known"]?.array?.isEmpty == true)
        #expect(columns.first?["categories"]?.strings == ["high", "low"] && columns.last?["scale"]?.number != nil)
        // A weight for each name, and one for the number.
        let counts = try [plain, known].map { try #require($0.said["parameters"]?.integer) }
        #expect(counts[1] == counts[0] + 3)
    }
}
