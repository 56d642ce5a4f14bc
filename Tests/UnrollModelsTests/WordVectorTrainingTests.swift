import Testing
import UnrollCompute
import UnrollData
import UnrollModels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct WordVectorTrainingTests {
    /// Words in pairs of classes: a subject's own verbs, adjectives and things only ever stand with it.
    private static func sentences(_ count: Int) -> [[String]] {
        let numbers = RandomSource(seed: 4).uniform(count: 6 * count, site: 0)
        return (0..<count).map { sentence in
            let draw = { (place: Int, bound: Int) in Int(numbers[6 * sentence + place] * Float(bound)) }
            let topic = draw(0, 4)
            return (1...5).map { place in
                place == 3 ? "the" : "\(["cats", "ships", "songs", "snow"][topic])\(draw(place, 5))"
            }
        }
    }

    private static let corpus = Result {
        try WordCorpus(sentences(900), minimumCount: 5, name: "sentences")
    }

    private func settings(_ algorithm: WordVectorSettings.Algorithm) -> WordVectorSettings {
        var settings = WordVectorSettings(algorithm)
        (settings.dimensions, settings.window, settings.subsampling) = (19, 3, 0.01)
        (settings.epochs, settings.seed) = (algorithm == .gloVe ? 15 : 30, 7)
        if algorithm != .gloVe { settings.learningRate = 0.1 }
        return settings
    }

    @Test(arguments: WordVectorSettings.Algorithm.allCases)
    func theSameBitsForAnyNumberOfThreads(algorithm: WordVectorSettings.Algorithm) throws {
        let corpus = try Self.corpus.get()
        let learned = try [1, 2, 3, 5].map { threads in
            try #require(try WordVectorTraining(settings(algorithm), threads: threads).vectors(of: corpus))
        }
        #expect(learned[0].words == corpus.words && learned[0].values.allSatisfy(\.isFinite))
        for other in learned.dropFirst() {
            #expect(learned[0].values.map(\.bitPattern) == other.values.map(\.bitPattern))
        }
        var another = settings(algorithm)
        another.seed = 8
        let different = try #require(try WordVectorTraining(another, threads: 1).vectors(of: corpus))
        #expect(different.values != learned[0].values)
    }

    /// Every word's four nearest neighbours are those of its own topic.
    @Test(arguments: WordVectorSettings.Algorithm.allCases)
    func wordsOfATopicAreNeighbours(algorithm: WordVectorSettings.Algorithm) throws {
        let corpus = try Self.corpus.get()
        var losses: [Double] = []
        let vectors = try #require(
            try WordVectorTraining(settings(algorithm)).vectors(of: corpus, report: { losses.append($0.loss) }))
        var (right, asked) = (0, 0)
        for word in corpus.words where word != "the" {
            let near = try #require(vectors.nearest(to: word, count: 4))
            right += near.count { $0.word.dropLast() == word.dropLast() }
            asked += 4
        }
        #expect(asked == 80 && right >= 76, "\(right) of \(asked)")
        #expect(losses.allSatisfy { $0.isFinite && $0 > 0 })
    }

    @Test func theFrequentComeFirstAndTheRareNotAtAll() throws {
        let sentences = [["b", "a", "rare"], ["a", "c", "b"], [], ["b"], ["c", "d", "d"]]
        let corpus = try WordCorpus(sentences, minimumCount: 2, name: "text")
        #expect(corpus.words == ["b", "a", "c", "d"] && corpus.counts == [3, 2, 2, 2] && corpus.count == 9)
    }

    @Test func stopsWhenAsked() throws {
        var settings = settings(.gloVe)
        settings.epochs = 1_000_000
        // While pairs are counted, and afterwards.
        for first in [1, 3] {
            var asked = 0
            let vectors = try WordVectorTraining(settings).vectors(
                of: Self.corpus.get(),
                shouldStop: {
                    asked += 1
                    return asked >= first
                })
            #expect(vectors == nil && asked == first)
        }
    }

    /// 21 words of 19 numbers take 11 kB, and at most 80 pairs are near each other, of 80 bytes each.
    @Test func pairsThatHaveNoRoomAreRefused() throws {
        let (corpus, training) = (try Self.corpus.get(), try WordVectorTraining(settings(.gloVe), threads: 1))
        let error = #expect(throws: ModelError.self) {
            try MemoryNeed.$memory.withValue(16_000) { try training.vectors(of: corpus, shouldStop: { false }) }
        }
        let line = error.map { "\($0)" } ?? ""
        #expect(line.hasPrefix("the ") && line.contains("pairs of near words in the first"), "\(line)")
        #expect(line.contains("lower --window, or raise --minimum-count"), "\(line)")
        // Of the vectors alone there is more than enough.
        let sampled = try WordVectorTraining(settings(.skipGram), threads: 1)
        #expect(try MemoryNeed.$memory.withValue(16_000) { try sampled.vectors(of: corpus) } != nil)
        #expect(try MemoryNeed.$memory.withValue(30_000) { try training.vectors(of: corpus) } != nil)
    }

    @Test func refusesWhatMakesNoSense() throws {
        let wrong: [(String, (inout WordVectorSettings) -> Void)] = [
            ("--dimensions", { $0.dimensions = 0 }), ("--window", { $0.window = 65 }),
            ("--negatives", { $0.negatives = 64 }), ("--minimum-count", { $0.minimumCount = 0 }),
            ("--epochs", { $0.epochs = 0 }), ("--seed", { $0.seed = -1 }),
            ("--learning-rate", { $0.learningRate = .nan }), ("--subsampling", { $0.subsampling = -1 }),
            ("--full-count", { $0.fullCount = 0 }),
        ]
        for (flag, change) in wrong {
            var settings = WordVectorSettings()
            change(&settings)
            let error = #expect(throws: ModelError.self) { try WordVectorTraining(settings, threads: 1) }
            #expect("\(error.map { "\($0)" } ?? "")".hasPrefix(flag + " "))
        }
        let error = #expect(throws: ModelError.self) {
            try WordCorpus([["a", "a", "b"]], minimumCount: 2, name: "little.txt")
        }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("little.txt: only one word is there 2 times"))
    }

    /// One step of skip-gram by hand: two words, one window, the noise so distributed that it is always the word itself.
    @Test func aStepIsTheEquations() throws {
        let backend = try CPUBackend(threads: 1)
        let shape = NegativeSampling.Shape(dimensions: 3, window: 1, negatives: 1, averages: false)
        let start: [Float] = [0.5, -0.25, 0.125, 0.75, 0.5, -1]
        // Word 1 is all the noise: left out as noise for itself, and drawn for word 0.
        let sampling = NegativeSampling(
            shape, tokens: [0, 1], kept: [.max, .max], noise: [0, 1], vectors: start,
            key: RandomKey(word0: 1, word1: 2), on: backend)
        let rate: Float = 0.5
        let result = sampling.round(from: 0, epoch: 0, rate: rate)
        // All outputs are zero at first, so every σ is ½ and no vector moves in the first example: context 1 with outputs
        // 0 (its own) and 1 (noise).
        let first: [Float] = [0.75, 0.5, -1]
        var outputs: [[Float]] = [first.map { rate * 0.5 * $0 }, first.map { -rate * 0.5 * $0 }]
        // Second: context 0 with output 1 alone.
        let context: [Float] = [0.5, -0.25, 0.125]
        let product = zip(context, outputs[1]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        let slope = Float(1 - 1 / (1 + exp(-Double(product))))
        let moved = zip(context, outputs[1]).map { $0 + rate * slope * $1 }
        outputs[1] = zip(outputs[1], context).map { $0 + rate * slope * $1 }
        #expect(result.examples == 2)
        for (found, expected) in zip(sampling.vectors, moved + first) { #expect(abs(found - expected) < 1e-6) }
        for (found, expected) in zip(sampling.outputs, outputs.flatMap(\.self)) {
            #expect(abs(found - expected) < 1e-6)
        }
        let loss = 2 * 0.693147180559945 + log(1 + exp(-Double(product)))
        #expect(abs(result.loss - loss) < 1e-5)
    }
}
