import Testing
import Unroll
import UnrollTestSupport

@Suite struct ClassifierTests {
    private let folder = TemporaryFolder()

    /// 120 lines of two words; the class is the first.
    private func data() throws -> String {
        let lines = (0..<120).map { number in
            let words = number % 2 == 0 ? ["good", "bad"] : ["bad", "good"]
            return "\(words[0])\t\(words[0]) \(words[1]) day \(number)"
        }
        try Files.write(Array(lines.joined(separator: "\n").utf8), to: folder("texts.tsv"))
        return folder("texts.tsv")
    }

    private func train(_ more: String...) throws -> Program.Outcome {
        let small = ["--hidden", "8", "--embedding", "6", "--batch", "8", "--learning-rate", "0.02", "--device", "cpu"]
        return try Program.unroll(["train", "classifier"] + small + more)
    }

    @Test func trainsEvaluatesAndPredicts() throws {
        let (data, model, chart) = (try data(), folder("model"), folder("chart.svg"))
        let outcome = try train("--data", data, "--epochs", "6", "--output", model, "--json", "--chart", chart)
        try #require(outcome.status == 0, "\(outcome.error)")
        let json = try outcome.json()
        #expect(try #require(json["test_accuracy"]?.number) > 0.9)
        #expect(try #require(json["baseline_bag_of_words"]?.number) < 0.9)
        #expect(json["confusion"]?["classes"]?.array?.count == 2 && json["validation_nats"]?.number != nil)
        for name in ["baseline_tfidf", "baseline_averaged", "validation_accuracy", "test_macro_f1", "seconds"] {
            #expect(json[name]?.number != nil, "\(name)")
        }
        #expect(String(decoding: try Files.read(chart), as: UTF8.self).contains("<svg"))

        let evaluated = try Program.unroll("evaluate", "--model", model, "--data", data, "--json", "--device", "cpu")
        #expect(try #require(evaluated.json()["test_accuracy"]?.number) > 0.9, "\(evaluated.error)")
        #expect(try evaluated.testFigures() == outcome.testFigures())
        let predicted = try Program.unroll(
            "predict", "--model", model, "--input", "bad good day", "--count", "2", "--json", "--device", "cpu")
        #expect(try predicted.json()["label"]?.string == "bad", "\(predicted.error)")
        #expect(try predicted.json()["classes"]?.array?.count == 2)
        let use = ["predict", "--model", model, "--input", "bad good day", "--device", "cpu"]
        let drawn = try Program.unroll(use + ["--chart", folder("none.svg")])
        #expect(drawn.isOneLineError(naming: ["--chart", "classifier", "forecaster", "translator"]), "\(drawn.error)")
        #expect(drawn.output.isEmpty && !Files.exists(folder("none.svg")))
        let searched = try Program.unroll(use + ["--length-power", "1"])
        #expect(searched.isOneLineError(naming: ["--length-power", "classifier", "translator"]), "\(searched.error)")
        let resumed = try Program.unroll("train", "classifier", "--resume", model, "--epochs", "7", "--json")
        #expect(try resumed.json()["epochs"]?.integer == 7, "\(resumed.error)")
    }

    @Test func flagsThatWouldDoNothingAreRefused() throws {
        let data = try data()
        let series = "@dimensions 1\n@classLabel true a b\n@data\n1,2:a\n2,1:b\n"
        try Files.write(Array(series.utf8), to: folder("series.ts"))
        let cases: [([String], String)] = [
            (["--data", folder("series.ts"), "--embedding", "4"], "--embedding"),
            (["--data", folder("series.ts"), "--embedding-dropout", "0.1"], "--embedding-dropout"),
            (["--data", folder("series.ts"), "--no-baselines"], "--no-baselines"),
            (["--data", folder("series.ts"), "--minimum", "2"], "--minimum"),
            (["--data", data, "--vectors", data, "--embedding", "4"], "--embedding"),
            (["--data", data, "--split", "80/x"], "80/x"), (["--data", data, "--step-size", "2"], "--step-size"),
            (["--data", data, "--test", data, "--in-order"], "--in-order"), (["--class", "a"], "--class"),
            (["--data", data, "--pooling", "sum"], "--pooling"), ([], "--data"),
            (["--data", data, "--test", data, "--test-labels", data], "--labels is needed"),
            (["--data", data, "--validation", data, "--validation-labels", data], "--labels is needed"),
        ]
        for (arguments, part) in cases {
            let outcome = try Program.unroll(["train", "classifier", "--output", folder("none")] + arguments)
            #expect(outcome.status != 0 && outcome.error.contains(part), "\(arguments): \(outcome.error)")
            #expect(outcome.error.filter { $0 == "\n" }.count == 1, "\(outcome.error)")
        }
        #expect(!Files.exists(folder("none/config.json")))
    }
}
