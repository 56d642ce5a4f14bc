import Testing
import UnrollData
import UnrollTestSupport

/// gensim's own answers, which `Fixtures/word_vectors.py` wrote.
@Suite struct WordVectorsTests {
    private let judged: JSON
    private let vectors: WordVectors

    init() throws {
        let path = fixture("word_vectors.json")
        judged = try JSON(parsing: try Files.read(path), name: path)
        vectors = WordVectors(
            words: try #require(judged["words"]?.array).compactMap(\.string), dimensions: 11,
            values: Self.floats(try #require(judged["values"])))
        try #require(vectors.words.count == 40)
    }

    private static func floats(_ json: JSON) -> [Float] { (json.array ?? []).compactMap(\.number).map { Float($0) } }

    private static func strings(_ json: JSON?) -> [String] { (json?.array ?? []).compactMap(\.string) }

    /// The same words in the same order, and similarities up to rounding.
    private func expect(
        _ found: [WordVectors.Neighbour]?, _ expected: JSON?, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (found, expected) = (try #require(found), try #require(expected?.array))
        #expect(found.map(\.word) == expected.compactMap { $0["word"]?.string }, sourceLocation: sourceLocation)
        for (neighbour, judged) in zip(found, expected) {
            let similarity = try #require(judged["similarity"]?.number)
            #expect(abs(Double(neighbour.similarity) - similarity) < 2e-6, sourceLocation: sourceLocation)
            #expect(vectors.words[neighbour.index] == neighbour.word, sourceLocation: sourceLocation)
        }
    }

    @Test func neighboursAreGensims() throws {
        for entry in try #require(judged["nearest"]?.array) {
            let word = try #require(entry["word"]?.string)
            try expect(vectors.nearest(to: word, count: 9), entry["found"])
        }
        let near = try #require(judged["near_vector"])
        try expect(vectors.nearest(to: Self.floats(try #require(near["vector"])), count: 4), near["found"])
        let similarity = try #require(vectors.similarity("word2", "Straße"))
        #expect(abs(Double(similarity) - (try #require(judged["similarity"]?.number))) < 1e-6)
    }

    @Test func analogiesAreGensims() throws {
        for entry in try #require(judged["analogies"]?.array) {
            let words = Self.strings(entry["words"])
            try expect(vectors.analogy(words[0], words[1], words[2], count: 5), entry["found"])
        }
    }

    @Test func scoresAreGensims() throws {
        let sections = try #require(judged["sections"]?.members).map { member in
            let questions = (member.value.array ?? []).map { Self.strings($0) }
            return ": \(member.name)\n" + questions.map { $0.joined(separator: " ") + "\n" }.joined()
        }
        let pairs = try #require(judged["pairs"]?.array).map { pair in
            let words = Self.strings(pair)
            return "\(words[0])\t\(words[1])\t\(pair.array?.last?.number ?? .nan)\n"
        }
        let questions = try AnalogyQuestions(parsing: Array(sections.joined().utf8), name: "questions")
        let judgements = try SimilarityPairs(parsing: Array(pairs.joined().utf8), name: "pairs")
        for score in try #require(judged["scores"]?.array) {
            let limit = try #require(score["limit"]?.integer)
            let answers = vectors.evaluate(questions, limit: limit)
            #expect(answers.sections.map(\.correct) == score["correct"]?.array?.compactMap(\.integer))
            #expect(answers.sections.map(\.answered) == score["answered"]?.array?.compactMap(\.integer))
            #expect(answers.total.answered + answers.total.skipped == questions.count)
            let agreement = vectors.evaluate(judgements, limit: limit)
            #expect(abs(agreement.spearman - (score["spearman"]?.number ?? .nan)) < 1e-9)
            #expect(abs(agreement.pearson - (score["pearson"]?.number ?? .nan)) < 1e-6)
            #expect(abs(agreement.unknownShare - (score["unknown"]?.number ?? .nan)) < 1e-9)
        }
    }

    @Test func whatIsUnknownOrZeroDoesNoHarm() throws {
        #expect(vectors.nearest(to: "nobody", count: 3) == nil && vectors.similarity("word1", "nobody") == nil)
        #expect(vectors.analogy("word1", "nobody", "word2", count: 3) == nil)
        #expect(vectors.nearest(to: "word1", count: 0)?.isEmpty == true)
        #expect(vectors.nearest(to: "word1", count: .max)?.count == 39)
        // é as one scalar and as two are different words, as in the files.
        let few = WordVectors(
            words: ["a", "\u{E9}", "e\u{301}", "b", "c"], dimensions: 2, values: [0, 0, 1, 0, 0, 2, 2, 0, 3, 0])
        #expect(few["\u{E9}"] == [1, 0] && few["e\u{301}"] == [0, 2])
        // Equally near ones are in the order of the words; a zero is at right angles to all.
        #expect(few.nearest(to: "\u{E9}", count: 4)?.map(\.index) == [3, 4, 0, 2])
        #expect(few.nearest(to: "a", count: 2)?.map(\.similarity) == [0, 0])
    }

    @Test func filesGiveThemBack() throws {
        let folder = TemporaryFolder()
        for format in [WordVectorsFile.Format.glove, .text, .binary] {
            try vectors.write(to: folder("vectors"), as: format)
            let read = try WordVectors(reading: folder("vectors"))
            #expect(read.words == vectors.words && read.values == vectors.values)
        }
    }
}
