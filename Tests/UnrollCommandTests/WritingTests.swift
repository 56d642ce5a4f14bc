import Testing
import Unroll
import UnrollTestSupport

/// The command's models that write: translator, captioner, and how text is generated.
@Suite struct WritingTests {
    private let temporary = TemporaryFolder()

    private func write(_ lines: [String], _ name: String) throws -> String {
        try Files.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: temporary(name))
        return temporary(name)
    }

    /// A small translator of letters, what its training said, and what it learned from.
    private func translator() throws -> (train: Program.Outcome, model: String, pairs: String) {
        let words = (0..<60).map { index in
            [index, index / 4, index / 16].map { String("abcd"[$0 % 4]) }.joined()
        }
        let pairs = try write(words.map { "\($0)\t\(String($0.reversed()))" }, "pairs.tsv")
        let train = try Program.unroll(
            "train", "translator", "--pairs", pairs, "--source-unit", "letters", "--target-unit", "letters",
            "--hidden", "8", "--embedding", "4", "--epochs", "2", "--batch", "8", "--beam", "3", "--attention",
            "general", "--device", "cpu", "--output", temporary("model"), "--chart", temporary("chart.svg"), "--json")
        return (train, temporary("model"), pairs)
    }

    @Test func trainsATranslator() throws {
        let (train, model, pairs) = try translator()
        let json = try train.json()
        for name in ["test_error_rate", "test_exact", "test_greedy_error_rate", "validation_nats", "seconds"] {
            #expect(json[name]?.number != nil, "\(name) in \(json)")
        }
        #expect(json["test_bleu"] == nil, "letters are no words")
        #expect(String(decoding: try Files.read(temporary("chart.svg")), as: UTF8.self).contains("Attention"))

        let predict = ["predict", "--model", model, "--device", "cpu"]
        let predicted = try Program.unroll(predict + ["--input", "abc", "--input", "dd", "--count", "2"])
        let lines = predicted.output.split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("\t") }, "\(predicted)")
        let source = try write(["abc", "dd"], "source.txt")
        #expect(
            try Program.unroll(predict + ["--source", source, "--count", "2"]).output == predicted.output)
        let one = try Program.unroll(predict + ["--input", "abc", "--json"]).json()
        #expect(one["input"]?.string == "abc" && one["outputs"]?.array?.count == 1)

        let refused = try Program.unroll(
            "train", "translator", "--pairs", pairs, "--hidden", "7", "--output", temporary("other"))
        #expect(refused.isOneLineError(naming: ["--hidden", "7"]), "\(refused.error)")
        let bad = try write(["abc\tcba", "abc cba"], "bad.tsv")
        let malformed = try Program.unroll("train", "translator", "--pairs", bad, "--output", temporary("other"))
        #expect(malformed.isOneLineError(naming: [bad, ":2:"]), "\(malformed.error)")
        let text = try Program.unroll("evaluate", "--model", model, "--text", pairs)
        #expect(text.isOneLineError(naming: ["--text", "translator"]), "\(text.error)")
    }

    /// `--beam` and `--length-power` take the place of those it was trained with.
    @Test func searchesAsItIsTold() throws {
        let (train, model, pairs) = try translator()
        let evaluate = ["evaluate", "--model", model, "--pairs", pairs, "--device", "cpu", "--json"]
        let evaluated = try Program.unroll(evaluate)
        #expect(try evaluated.testFigures() == train.testFigures())
        let (usual, greedy) = (try evaluated.json(), try Program.unroll(evaluate + ["--beam", "1"]).json())
        #expect(greedy["test_error_rate"] == usual["test_greedy_error_rate"])
        #expect(greedy["test_error_rate"] != nil && greedy["test_greedy_error_rate"] == nil)

        let predict = ["predict", "--model", model, "--input", "abc", "--device", "cpu", "--json"]
        for (power, isDivided) in [("1", true), ("0", false)] {
            let found = try Program.unroll(predict + ["--length-power", power]).json()
            let best = try #require(found["outputs"]?.array?.first)
            #expect(try (#require(best["score"]?.number) > #require(best["log_probability"]?.number)) == isDivided)
        }
        for (command, flags, parts) in [
            (evaluate, ["--beam", "0"], ["--beam 0"]), (predict, ["--beam", "9999"], ["--beam 9999"]),
            (predict, ["--beam", "2", "--count", "3"], ["--beam 2", "--count 3"]),
            (evaluate, ["--length-power", "nan"], ["--length-power nan"]),
            (predict, ["--length-power", "-1"], ["--length-power -1.0"]), (predict, ["--beam", "x"], ["--beam"]),
        ] {
            let outcome = try Program.unroll(command + flags)
            #expect(outcome.isOneLineError(naming: parts) && outcome.output.isEmpty, "\(outcome)")
        }
        let run = try SmallRun(training: true)
        let text = try Program.unroll("evaluate", "--model", run.model, "--text", run.text, "--beam", "2")
        #expect(text.isOneLineError(naming: ["--beam", "language-model", "translator"]), "\(text.error)")
    }

    @Test func drawsWhatItLooksAt() throws {
        let (_, model, _) = try translator()
        let predict = ["predict", "--model", model, "--device", "cpu"]
        let (plain, chart) = (try Program.unroll(predict + ["--input", "abc"]), temporary("first.svg"))
        let drawn = try Program.unroll(predict + ["--input", "abc", "--chart", chart])
        #expect(drawn.output == plain.output + "chart: \(chart)\n" && drawn.status == 0, "\(drawn)")
        #expect(String(decoding: try Files.read(chart), as: UTF8.self).contains("Attention"))
        let json = try Program.unroll(predict + ["--input", "abc", "--chart", chart, "--json"])
        #expect(json.output.split(separator: "\n").count == 1)
        let blank = try Program.unroll(predict + ["--input", "", "--chart", temporary("none.svg")])
        #expect(blank.isOneLineError(naming: ["--chart", "not blank"]) && !Files.exists(temporary("none.svg")))
    }

    @Test func trainsACaptioner() throws {
        let digits = try write(
            (0..<60).map { index in
                (0..<9).map { "\(index % 10 * $0 % 7)" }.joined(separator: ",") + ",\(index % 10)"
            }, "digits.csv")
        let (folder, model) = (temporary("scenes"), temporary("model"))
        let make = ["make", "captions", "--images", digits]
        let made = try Program.unroll(make + ["--output", folder, "--count", "80"])
        #expect(made.status == 0 && made.output.contains("80 images of 6 × 6"), "\(made)")
        let features = ["--features", "\(folder)/features.npy"]
        let files = features + ["--captions", "\(folder)/captions.tsv"]
        let train = try Program.unroll(
            ["train", "captioner"] + files + [
                "--in-order", "--hidden", "8", "--embedding", "4", "--epochs", "2", "--device", "cpu", "--output",
                model, "--json",
            ])
        let json = try train.json()
        for name in ["test_exact", "test_bleu", "test_greedy_exact", "validation_nats"] {
            #expect(json[name]?.number != nil, "\(name) in \(json)")
        }
        let evaluated = try Program.unroll(["evaluate", "--model", model, "--device", "cpu", "--json"] + files)
        #expect(try evaluated.testFigures() == train.testFigures())
        let greedy = try Program.unroll(
            ["evaluate", "--model", model, "--device", "cpu", "--json", "--beam", "1"] + files)
        #expect(try greedy.json()["test_exact"] == evaluated.json()["test_greedy_exact"])
        let predict = ["predict", "--model", model, "--device", "cpu"] + features
        let predicted = try Program.unroll(predict)
        #expect(predicted.output.split(separator: "\n", omittingEmptySubsequences: false).count == 81)
        let drawn = try Program.unroll(predict + ["--chart", temporary("none.svg")])
        #expect(drawn.isOneLineError(naming: ["--chart", "captioner", "translator"]), "\(drawn.error)")
        let searched = try Program.unroll(predict + ["--beam", "0"])
        #expect(searched.isOneLineError(naming: ["--beam 0"]), "\(searched.error)")

        let other = try Program.unroll(make + ["--output", folder, "--count", "3"])
        #expect(other.isOneLineError(naming: ["--count", "3"]), "\(other.error)")
        try Files.write(ArrayFile.npy([1, 2], shape: [1, 2]), to: temporary("narrow.npy"))
        let narrow = try Program.unroll("predict", "--model", model, "--features", temporary("narrow.npy"))
        #expect(narrow.isOneLineError(naming: [temporary("narrow.npy"), "36"]), "\(narrow.error)")
    }

    @Test func generatesAsItIsTold() throws {
        let run = try SmallRun()
        let generate = ["generate", "--model", run.model, "--device", "cpu", "--length", "60", "--seed", "4"]
        let text = try Program.unroll(generate).output.dropLast()
        let stop = String(text.dropFirst(20).prefix(2))
        let stopped = try Program.unroll(generate + ["--stop", "§§", "--stop", stop])
        #expect(stopped.status == 0, "\(stopped.error)")
        #expect(text.hasPrefix(stopped.output.dropLast()) && !stopped.output.contains(stop))
        #expect(stopped.output.count <= 21)
        // The nucleus of almost nothing is the likeliest.
        let likeliest = try Program.unroll(generate + ["--temperature", "0"]).output
        #expect(try Program.unroll(generate + ["--top-p", "0.001"]).output == likeliest)
        #expect(try Program.unroll(generate + ["--beam", "1"]).output == likeliest)
        #expect(
            try Program.unroll(generate + ["--temperature", "0", "--repetition-penalty", "1.5"]).output != likeliest)
        for (flags, parts) in [
            (["--top-p", "0"], ["--top-p"]), (["--repetition-penalty", "0"], ["--repetition-penalty"]),
            (["--stop", ""], ["--stop"]), (["--beam", "0"], ["--beam"]), (["--beam", "2", "--top-k", "3"], ["--beam"]),
        ] {
            let outcome = try Program.unroll(generate + flags)
            #expect(outcome.isOneLineError(naming: parts) && outcome.output.isEmpty, "\(outcome)")
        }
    }
}

extension String {
    fileprivate subscript(place: Int) -> Character { self[index(startIndex, offsetBy: place)] }
}
