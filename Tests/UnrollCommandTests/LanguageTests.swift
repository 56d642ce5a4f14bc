import Testing
import Unroll
import UnrollTestSupport

/// What a trained language model is asked: scores, suggestions, agreement.
@Suite struct LanguageTests {
    private let temporary = TemporaryFolder()

    @Test func scoresAndSuggests() throws {
        let run = try SmallRun()
        let known = ["the cat sleeps.", "the cat"]
        let arguments = ["score", "--model", run.model] + known.flatMap { ["--sentence", $0] }
        let json = try Program.unroll(arguments + ["--json"]).json()
        let entries = try #require(json["sentences"]?.array)
        let logs = entries.compactMap { $0["log_probability"]?.number }
        #expect(logs.count == 2 && logs == logs.sorted(by: >) && logs.allSatisfy { $0 < 0 })
        #expect(entries.allSatisfy { ($0["perplexity"]?.number ?? 0) > 1 && ($0["tokens"]?.integer ?? 0) > 0 })
        let table = try Program.unroll(arguments)
        #expect(table.status == 0 && known.allSatisfy { table.output.contains($0) })
        // The same from a file.
        try Files.write(Array(known.map { $0 + "\n" }.joined().utf8), to: temporary("sentences.txt"))
        let file = try Program.unroll("score", "--model", run.model, "--text", temporary("sentences.txt"), "--json")
        #expect(try file.json() == json)
        try Files.write(Array(("\u{FEFF}\n  \n" + known.joined(separator: "\n\n")).utf8), to: temporary("blank.txt"))
        let blank = try Program.unroll("score", "--model", run.model, "--text", temporary("blank.txt"), "--json")
        #expect(try blank.json() == json)

        let words = try Program.unroll(
            "suggest", "--model", run.model, "--prompt", "the ", "--count", "3", "--json"
        ).json()["words"]?.array
        let probabilities = (words ?? []).compactMap { $0["probability"]?.number }
        #expect(probabilities.count == 3 && probabilities == probabilities.sorted(by: >))
        for (arguments, named) in [
            (["score", "--model", run.model], "--sentence"),
            (["suggest", "--model", run.model, "--count", "0"], "--count 0"),
            (["score", "--model", run.model, "--sentence", "§"], "§"),
            (["score", "--model", run.model, "--sentence", "the cat", "--sentence", ""], "--sentence ''"),
            (["score", "--model", run.model, "--sentence", "  "], "--sentence '  '"),
        ] {
            let refused = try Program.unroll(arguments)
            #expect(refused.isOneLineError(naming: [named]), "\(refused.error)")
        }
    }

    /// A model of words says where it knows none, and writes on behind a space.
    @Test func unknownWordsAreTold() throws {
        let run = try SmallRun(training: false)
        let trained = try run.train("--text", run.text, "--output", run.model, "--epochs", "1", "--unit", "words")
        #expect(trained.status == 0, "\(trained.error)")
        let score = ["score", "--model", run.model, "--sentence", "Zyxgh quux", "--sentence", "the"]
        let told = try Program.unroll(score).output
        #expect(told.contains("(2 of 2 unknown to the model)\n"), "\(told)")
        #expect(told.split(separator: "\n").count == 4)
        let entries = try #require(try Program.unroll(score + ["--json"]).json()["sentences"]?.array)
        let areCounted = entries.allSatisfy {
            $0["unknown"]?.number == ($0["sentence"]?.string == "the" ? 0 : 1)
        }
        #expect(entries.count == 2 && areCounted, "\(entries)")

        try Files.write(Array("Zyxgh quux the the".utf8), to: temporary("other.txt"))
        let evaluate = ["evaluate", "--model", run.model, "--text", temporary("other.txt")]
        #expect(try Program.unroll(evaluate).output.contains("\n2 of 4 words are unknown to the model\n"))
        #expect(try Program.unroll(evaluate + ["--json"]).json()["unknown"]?.number == 0.5)

        let sentences = temporary("sentences.tsv")
        try Files.write(Array("0\tthe cat\tzyxghs\tzyxgh\there\n".utf8), to: sentences)
        let refused = try Program.unroll("inspect", "agreement", "--model", run.model, "--data", sentences)
        #expect(refused.isOneLineError(naming: [sentences, run.model, "'zyxghs'"]), "\(refused.error)")

        let generate = ["generate", "--model", run.model, "--prompt", "the cat", "--length", "5"]
        let text = try Program.unroll(generate + ["--temperature", "0"]).output
        // A mark may follow at once, a word may not.
        #expect(text.hasPrefix("the cat") && text.dropFirst("the cat".count).first?.isLetter == false, "\(text)")
        #expect(try Program.unroll(generate + ["--beam", "1"]).output == text)
    }

    @Test func makesAndInspectsAgreement() throws {
        let folder = temporary("agreement")
        let made = try Program.unroll(
            "make", "agreement", "--output", folder, "--sentences", "400", "--judged", "20", "--seed", "3")
        #expect(made.status == 0, "\(made.error)")
        let models = try ["rnn", "lstm"].map { cell in
            let model = temporary(cell)
            let trained = try Program.unroll(
                "train", "language-model", "--text", folder + "/text.txt", "--unit", "words", "--cell", cell,
                "--hidden",
                "16", "--layers", "1", "--embedding", "8", "--epochs", "1", "--steps", "16", "--output", model)
            #expect(trained.status == 0, "\(trained.error)")
            return model
        }
        let arguments =
            ["inspect", "agreement", "--data", folder + "/sentences.tsv"]
            + models.flatMap { ["--model", $0] }
        let json = try Program.unroll(arguments + ["--chart", temporary("chart.svg"), "--json"]).json()
        let found = try #require(json["models"]?.array)
        #expect(found.count == 2 && found.allSatisfy { $0["accuracy"]?.members?.map(\.name) == ["0", "1", "2", "3"] })
        #expect(String(decoding: try Files.read(temporary("chart.svg")), as: UTF8.self).contains("attractors"))
        #expect(try Program.unroll(arguments).output.contains("lstm"))

        try Files.write(Array("1\tthe key\tis\n".utf8), to: temporary("bad.tsv"))
        let bad = temporary("bad.tsv")
        let refused = try Program.unroll("inspect", "agreement", "--data", bad, "--model", models[0])
        #expect(refused.isOneLineError(naming: ["\(bad):1:1"]), "\(refused.error)")
    }
}
