import Testing
import Unroll
import UnrollTestSupport

/// `unroll train forecaster`, `unroll train tagger` and what is done with their models.
@Suite struct ForecastAndTagTests {
    let folder = TemporaryFolder()

    private func csv() throws -> String {
        let rows = (0..<60).map { "\(1950 + $0),\(Double($0 % 7) + Double($0) / 50),\($0 % 2)" }
        try Files.write(Array(("year,x,odd\n" + rows.joined(separator: "\n") + "\n").utf8), to: folder("x.csv"))
        return folder("x.csv")
    }

    @Test func forecasts() throws {
        let data = try csv()
        let trained = try Program.unroll(
            "train", "forecaster", "--data", data, "--target", "x", "--inputs", "x,odd", "--lags", "7", "--hidden", "5",
            "--epochs", "2", "--horizon", "2", "--quantiles", "0.1,0.5,0.9", "--output", folder("model"), "--device",
            "cpu", "--chart", folder("chart.svg"), "--json")
        #expect(trained.status == 0, "\(trained.error)")
        let json = try trained.json()
        for name in ["test_r2", "test_rmse", "test_mae", "baseline_linear_r2", "test_coverage", "validation_loss"] {
            #expect(json[name]?.number != nil, "\(name)")
        }
        #expect(json["by_step"]?.array?.count == 2)
        let svg = String(decoding: try Files.read(folder("chart.svg")), as: UTF8.self)
        #expect(svg.hasPrefix("<svg") && svg.contains("80 % interval"))
        let judged = try Program.unroll(
            "evaluate", "--model", folder("model"), "--data", data, "--device", "cpu", "--json")
        #expect(judged.status == 0, "\(judged.error)")
        #expect(try judged.json()["test_forecasts"]?.number == 52)
        #expect(try judged.json()["baseline_linear_r2"]?.number != nil)
        #expect(try judged.testFigures() == trained.testFigures())
        let next = try Program.unroll(
            "predict", "--model", folder("model"), "--data", data, "--count", "2", "--device", "cpu", "--json")
        #expect(next.status == 0, "\(next.error)")
        #expect(next.output.split(separator: "\n").count == 2 && next.output.contains("\"quantiles\""))
        let use = ["--model", folder("model"), "--data", data, "--device", "cpu"]
        let drawn = try Program.unroll(["predict"] + use + ["--chart", folder("next.svg")])
        #expect(drawn.output.hasSuffix("chart: \(folder("next.svg"))\n"), "\(drawn.error)")
        let forecast = String(decoding: try Files.read(folder("next.svg")), as: UTF8.self)
        #expect(forecast.contains("Forecast of x") && forecast.contains("80 % interval"))
        for command in ["evaluate", "predict"] {
            let searched = try Program.unroll([command] + use + ["--beam", "3"])
            #expect(searched.isOneLineError(naming: ["--beam", "forecaster", "translator"]), "\(searched.error)")
        }
        // More rows than it forecasts at once would need what nobody knows.
        let more = try Program.unroll(
            "predict", "--model", folder("model"), "--data", data, "--count", "3", "--device", "cpu")
        #expect(more.status != 0 && more.isOneLineError(naming: ["--count 3", "--horizon 2"]))
    }

    @Test(arguments: [
        (["--embedding", "3"], "--embedding"), (["--lags", "0"], "--lags"), (["--target", "y"], "no column 'y'"),
        (["--split-column", "odd", "--split", "80/20"], "--split"), (["--quantiles", "a"], "--quantiles"),
        (["--date", "year", "--known", "z"], "'z'"),
    ])
    func refusesBadFlags(_ flags: [String], _ named: String) throws {
        let target = flags.contains("--target") ? [] : ["--target", "x"]
        let outcome = try Program.unroll(
            ["train", "forecaster", "--data", try csv(), "--output", folder("no"), "--device", "cpu"] + target + flags)
        #expect(outcome.status != 0 && outcome.isOneLineError(naming: [named]), "\(outcome.error)")
    }

    @Test func tags() throws {
        let text = String(repeating: "the DET\ndog NOUN\nbarks VERB\n\ndogs NOUN\nbark VERB\n\n", count: 6)
        for name in ["train", "validation", "test"] { try Files.write(Array(text.utf8), to: folder(name)) }
        let trained = try Program.unroll(
            "train", "tagger", "--train", folder("train"), "--validation", folder("validation"), "--test",
            folder("test"), "--column", "2", "--hidden", "8", "--embedding", "6", "--letters", "4", "--epochs", "30",
            "--batch", "4", "--learning-rate", "0.02", "--crf", "--output", folder("model"), "--device", "cpu",
            "--chart",
            folder("chart.svg"), "--json")
        #expect(trained.status == 0, "\(trained.error)")
        #expect(try trained.json()["test_accuracy"]?.number == 1)
        #expect(try trained.json()["test_f1"]?.number == 1)
        let found = try Program.unroll(
            "predict", "--model", folder("model"), "--input", "the dog barks", "--device", "cpu")
        #expect(found.output == "the/DET dog/NOUN barks/VERB\n", "\(found.error)")
        try Files.write(Array("the dog barks\ndogs bark\n".utf8), to: folder("text"))
        let lines = try Program.unroll(
            "predict", "--model", folder("model"), "--text", folder("text"), "--device", "cpu")
        #expect(lines.output == "the/DET dog/NOUN barks/VERB\ndogs/NOUN bark/VERB\n", "\(lines.error)")
        for (flags, named) in [(["--count", "2"], "--count 2"), (["--target", "2"], "--source")] {
            let refused = try Program.unroll(
                ["predict", "--model", folder("model"), "--input", "dogs", "--device", "cpu"] + flags)
            #expect(refused.isOneLineError(naming: [named]), "\(refused)")
        }
        let judged = try Program.unroll(
            "evaluate", "--model", folder("model"), "--test", folder("test"), "--device", "cpu", "--json")
        #expect(try judged.json()["test_accuracy"]?.number == 1)
        #expect(try judged.testFigures() == trained.testFigures())
        try Files.write(Array("the 1 0 2\ndog 3 1 1\n".utf8), to: folder("vectors.txt"))
        let begun = [
            "train", "tagger", "--train", folder("train"), "--column", "2", "--hidden", "8", "--letters", "4",
            "--epochs",
            "1", "--vectors", folder("vectors.txt"), "--freeze", "embedding.*", "--device", "cpu",
        ]
        let frozen = try Program.unroll(begun + ["--output", folder("frozen")])
        #expect(frozen.status == 0, "\(frozen.error)")
        let configuration = try JSON(parsing: Files.read(folder("frozen/config.json")), name: "config.json")
        #expect(configuration["embedding"]?.integer == 3)
        let sized = try Program.unroll(begun + ["--output", folder("no"), "--embedding", "3"])
        #expect(sized.isOneLineError(naming: ["--embedding 3", "--vectors"]), "\(sized.error)")
        let divided = try Program.unroll(begun + ["--output", folder("divided"), "--split", "50/0/50", "--json"])
        #expect(try divided.json()["test_accuracy"]?.number != nil, "\(divided)")
        let whole = try Program.unroll(begun + ["--output", folder("whole"), "--split", "100/0/0", "--json"])
        #expect(try whole.json()["test_accuracy"] == nil, "\(whole)")
        let both = try Program.unroll(
            begun + ["--output", folder("no"), "--split", "50/0/50", "--test", folder("test")])
        #expect(both.isOneLineError(naming: ["--split", "--test"]), "\(both.error)")
        try Files.write(Array("the DET\ndog NOUN\n".utf8), to: folder("one"))
        let one = try Program.unroll(
            "train", "tagger", "--train", folder("one"), "--column", "2", "--output", folder("no"), "--device", "cpu")
        #expect(one.isOneLineError(naming: ["--split 100/0/0"]), "\(one.error)")
        let missing = try Program.unroll("train", "tagger", "--output", folder("no"), "--device", "cpu")
        #expect(missing.status != 0 && missing.isOneLineError(naming: ["--train"]))
    }
}
