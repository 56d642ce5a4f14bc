import Testing
import Unroll
import UnrollTestSupport

@Suite struct VectorsTests {
    private let folder = TemporaryFolder()
    /// Of learning vectors of a small text.
    private let learned: Program.Outcome

    init() throws {
        let grammar = SentenceGrammar.english.corpus(characters: 20_000, seed: 3)
        try Files.write(Array(grammar.text.utf8), to: folder("text"))
        learned = try Self.train(folder, "vectors.txt", "--epochs", "2")
        try #require(learned.status == 0, "\(learned)")
    }

    private static func train(
        _ folder: TemporaryFolder, _ output: String, _ more: String..., threads: Int = 1
    ) throws -> Program.Outcome {
        let arguments = ["vectors", "train", "--text", folder("text"), "--output", folder(output), "--json"]
        let small = ["--dimensions", "12", "--seed", "5"]
        return try Program.unroll(arguments + small + more, environment: ["UNROLL_THREADS": "\(threads)"])
    }

    private func ask(_ command: String, _ more: String...) throws -> Program.Outcome {
        try Program.unroll(["vectors", command, "--vectors", folder("vectors.txt")] + more)
    }

    private func words() throws -> [String] {
        try WordVectors(reading: folder("vectors.txt")).words
    }

    @Test func learnsTheSameForAnyNumberOfThreads() throws {
        let json = try learned.json()
        #expect(
            json.members?.map(\.name) == [
                "algorithm", "words", "dimensions", "tokens", "loss", "seconds", "words_per_second", "output",
            ], "\(learned)")
        #expect(json["algorithm"]?.string == "skip-gram" && json["dimensions"]?.integer == 12)
        let vectors = try WordVectors(reading: folder("vectors.txt"))
        #expect(vectors.words.count == json["words"]?.integer && vectors.dimensions == 12)
        // Marks are no words, and those that are begin with small letters.
        #expect(vectors.words.allSatisfy { $0 == $0.lowercased() && $0.contains(where: \.isLetter) })
        let again = try Self.train(folder, "again.bin", "--epochs", "2", threads: 3)
        #expect(again.status == 0, "\(again)")
        #expect(try WordVectors(reading: folder("again.bin")).values == vectors.values)
        for algorithm in ["cbow", "glove"] {
            let other = try Self.train(
                folder, algorithm, "--algorithm", algorithm, "--epochs", "2", "--keep-case", "--spaces")
            #expect(other.status == 0, "\(other)")
            #expect(try WordVectors(reading: folder(algorithm)).words.contains { $0 != $0.lowercased() })
        }
    }

    @Test func listsNeighbours() throws {
        let word = try words()[1]
        let outcome = try ask("nearest", "--word", word, "--count", "4", "--chart", folder("near.svg"), "--json")
        let vectors = try WordVectors(reading: folder("vectors.txt"))
        let expected = try #require(vectors.nearest(to: word, count: 4))
        let found = try #require(try outcome.json()["neighbours"]?.array)
        #expect(found.map { $0["word"]?.string } == expected.map(\.word))
        #expect(found.map { $0["similarity"]?.number.map { Float($0) } } == expected.map(\.similarity))
        let drawn = String(decoding: try Files.read(folder("near.svg")), as: UTF8.self)
        #expect(drawn.hasPrefix("<svg") && expected.allSatisfy { drawn.contains($0.word) })
        let lines = try ask("nearest", "--word", word, "--count", "4").output.split(separator: "\n")
        #expect(lines.count == 4 && lines[0].hasPrefix(expected[0].word + " "))

        try Files.write(Array("only 1 2\n".utf8), to: folder("one.txt"))
        let alone = try Program.unroll("vectors", "nearest", "--vectors", folder("one.txt"), "--word", "only")
        #expect(alone.status == 0 && alone.output.hasPrefix("there are no neighbours: \(folder("one.txt"))"))
    }

    @Test func answersAnalogiesAndEvaluates() throws {
        let words = try words()
        let answer = try ask("analogy", words[0], words[1], words[2], "--json").json()
        let vectors = try WordVectors(reading: folder("vectors.txt"))
        let expected = try #require(vectors.analogy(words[0], words[1], words[2], count: 5))
        #expect(answer["answers"]?.array?.map { $0["word"]?.string } == expected.map(\.word))

        let question = "\(words[0]) \(words[1]) \(words[2]) "
        try Files.write(
            Array(": kind\n\(question)\(expected[0].word)\n\(question)nobody\n".utf8), to: folder("questions"))
        let pairs = (1..<6).map { "\(words[0])\t\(words[$0])\t\($0)\n" }.joined()
        try Files.write(Array(pairs.utf8), to: folder("pairs"))
        let files = ["--analogies", folder("questions"), "--similarities", folder("pairs")]
        let json = try Program.unroll(
            ["vectors", "evaluate", "--vectors", folder("vectors.txt"), "--json"] + files
        ).json()
        #expect(json["analogies"]?["correct"]?.integer == 1 && json["analogies"]?["left_out"]?.integer == 1)
        #expect(json["analogies"]?["sections"]?.array?.first?["name"]?.string == "kind")
        #expect(json["similarities"]?["pairs"]?.integer == 5)
        let spearman = try #require(json["similarities"]?["spearman"]?.number)
        #expect(abs(spearman) <= 1)
        let table = try ask("evaluate", "--analogies", folder("questions")).output
        #expect(table.contains("total") && table.contains("1.0000"))
    }

    @Test func whatIsWrongIsOneLine() throws {
        #expect(try ask("nearest", "--word", "nobody").isOneLineError(naming: ["'nobody'", "vectors.txt"]))
        #expect(try ask("nearest", "--word", "the", "--word", "a").isOneLineError(naming: ["--word the, a"]))
        #expect(try ask("analogy", "nobody", "a", "b").isOneLineError(naming: ["vectors.txt"]))
        #expect(try ask("nearest", "--word", "the", "--count", "0").isOneLineError(naming: ["--count 0"]))
        #expect(try ask("evaluate").isOneLineError(naming: ["--analogies"]))
        #expect(try ask("evaluate", "--analogies", "nowhere").isOneLineError(naming: ["nowhere", "no such file"]))
        #expect(try Self.train(folder, "x", "--window", "0").isOneLineError(naming: ["--window 0"]))
        #expect(try Self.train(folder, "x", "--minimum-count", "999999").isOneLineError(naming: ["--minimum-count"]))
        #expect(try Self.train(folder, "x", "--algorithm", "lsa").isOneLineError(naming: ["skip-gram, cbow, glove"]))
        #expect(!Files.exists(folder("x")))
        // Before the text is even read.
        let lost = ["vectors", "train", "--text", folder("none"), "--output"]
        for output in [folder("no/vectors"), folder.path] {
            #expect(try Program.unroll(lost + [output]).isOneLineError(naming: [output]))
        }
    }
}
