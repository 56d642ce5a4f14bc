import UnrollCompute
public import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How far a training of word vectors is.
public struct WordVectorProgress: Sendable {
    /// The part that is done, from 0 to 1.
    public var done: Double
    /// The mean loss of the epoch so far, in nats; of GloVe the mean of f(x)·e² over all pairs.
    public var loss: Double
    /// Words of the text gone through a second; of GloVe pairs.
    public var wordsPerSecond: Double
}

/// Learns word vectors from a text, on the CPU.
///
/// ```swift
/// let corpus = try WordCorpus(lines.map(splitter.words), minimumCount: 5, name: path)
/// let vectors = try WordVectorTraining(WordVectorSettings(.skipGram)).vectors(of: corpus)
/// vectors.nearest(to: "king", count: 5)
/// ```
public struct WordVectorTraining: Sendable {
    /// How it learns.
    public let settings: WordVectorSettings
    private let backend: CPUBackend

    /// - Parameter threads: nil for as many as there are cores, or as `UNROLL_THREADS` says.
    /// - Throws: `ModelError.badSetting`.
    public init(_ settings: WordVectorSettings, threads: Int? = nil) throws {
        try settings.check()
        self.settings = settings
        if threads == nil, let backend = Device.cpu.backend as? CPUBackend {
            self.backend = backend
        } else {
            backend = try CPUBackend(threads: threads)
        }
    }

    /// Learns.
    /// - Parameters:
    ///   - report: called now and then.
    ///   - shouldStop: asked as often; true ends the training early.
    /// - Returns: a vector for each of the corpus' words, in their order; nil where it was stopped.
    /// - Throws: `ModelError.tooLarge`.
    public func vectors(
        of corpus: WordCorpus, report: (WordVectorProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> WordVectors? {
        try checkMemory(corpus)
        let values =
            settings.algorithm == .gloVe
            ? try factorized(corpus, report, shouldStop) : sampled(corpus, report, shouldStop)
        return values.map { WordVectors(words: corpus.words, dimensions: settings.dimensions, values: $0) }
    }

    private enum Site: Int { case vectors, columns, draws, order }

    /// The bytes there are to use.
    private var memory: Double { MemoryNeed.available * 0.8 }

    private func checkMemory(_ corpus: WordCorpus) throws {
        let bytes = bytes(of: corpus)
        if bytes > memory {
            throw ModelError.tooLarge(
                what: "vectors of \(corpus.words.count.grouped) words", bytes: bytes, available: memory,
                lower: "--dimensions, or raise --minimum-count")
        }
    }

    /// What the vectors take.
    private func bytes(of corpus: WordCorpus) -> Double {
        (settings.algorithm == .gloVe ? 7 : 5) * 4 * Double(corpus.words.count) * Double(settings.dimensions)
    }

    /// Evenly from −½ to ½, divided by how many they are, as word2vec begins.
    private func initial(_ words: Int, _ site: Site) -> [Float] {
        RandomSource(seed: UInt64(settings.seed)).uniform(count: words * settings.dimensions, site: site.rawValue)
            .map { ($0 - 0.5) / Float(settings.dimensions) }
    }
}

// MARK: Negative sampling

extension WordVectorTraining {
    private func sampled(
        _ corpus: WordCorpus, _ report: (WordVectorProgress) -> Void, _ shouldStop: () -> Bool
    ) -> [Float]? {
        let shape = NegativeSampling.Shape(
            dimensions: settings.dimensions, window: settings.window, negatives: settings.negatives,
            averages: settings.algorithm == .bagOfWords)
        let sampling = NegativeSampling(
            shape, tokens: corpus.tokens, kept: kept(corpus), noise: corpus.counts.map { pow(Double($0), 0.75) },
            vectors: initial(corpus.words.count, .vectors),
            key: RandomSource(seed: UInt64(settings.seed)).key(site: Site.draws.rawValue), on: backend)
        let span = NegativeSampling.block * NegativeSampling.blocks
        let total = Double(corpus.tokens.count) * Double(settings.epochs)
        var clock = ProgressClock()
        for epoch in 0..<settings.epochs {
            clock.beginEpoch()
            for first in stride(from: 0, to: corpus.tokens.count, by: span) {
                let done = (Double(corpus.tokens.count) * Double(epoch) + Double(first)) / total
                let rate = settings.learningRate * Float(max(1 - done, 0.004))
                let (loss, examples) = sampling.round(from: first, epoch: epoch, rate: rate)
                clock.add(loss: loss, examples: examples, words: min(span, corpus.tokens.count - first))
                if clock.isDue {
                    if shouldStop() { return nil }
                    report(clock.progress(done: done))
                }
            }
        }
        report(clock.progress(done: 1))
        return sampling.vectors
    }

    /// How likely a word of the text is used, in units of 2⁻³²: √(t/c) + t/c of its count c, where t is the part of the text
    /// that counts as frequent.
    private func kept(_ corpus: WordCorpus) -> [UInt32] {
        let threshold = settings.subsampling * Double(corpus.count)
        return corpus.counts.map { count in
            let ratio = threshold / Double(count)
            let probability = threshold > 0 ? ratio.squareRoot() + ratio : 1
            return probability >= 1 ? .max : UInt32(probability * 0x1p32)
        }
    }
}

// MARK: GloVe

extension WordVectorTraining {
    private func factorized(
        _ corpus: WordCorpus, _ report: (WordVectorProgress) -> Void, _ shouldStop: () -> Bool
    ) throws -> [Float]? {
        guard let found = try cooccurrences(corpus, shouldStop) else { return nil }
        let pairs = shuffled(found)
        let words = corpus.words.count
        let factorization = GloVeFactorization(
            words: words, dimensions: settings.dimensions, pairs: pairs,
            factors: pairs.map { $0.count >= settings.fullCount ? 1 : powf($0.count / settings.fullCount, 0.75) },
            logarithms: pairs.map { logf($0.count) }, vectors: (initial(words, .vectors), initial(words, .columns)),
            on: backend)
        var clock = ProgressClock()
        for epoch in 1...settings.epochs {
            clock.beginEpoch()
            let loss = factorization.epoch(rate: settings.learningRate)
            clock.add(loss: loss, examples: pairs.count, words: pairs.count)
            if shouldStop() { return nil }
            if clock.isDue || epoch == settings.epochs {
                report(clock.progress(done: Double(epoch) / Double(settings.epochs)))
            }
        }
        return factorization.vectors
    }

    /// Bytes of two words that are near each other: in the table that counts them while it grows; less than that later, as
    /// a pair in either order, with its factor and logarithm, and once more where it is learnt from.
    private static let bytesOfPair = 80.0

    /// How often two words are near each other: each time counts one divided by the distance, in either order.
    /// - Returns: nil where it was stopped.
    /// - Throws: `ModelError.tooLarge`, as soon as there are more pairs than have room: nobody can tell before.
    private func cooccurrences(_ corpus: WordCorpus, _ shouldStop: () -> Bool) throws -> [GloVeFactorization.Pair]? {
        var sums: [UInt64: Double] = [:]
        var sentence = 0
        let most = (memory - bytes(of: corpus)) / Self.bytesOfPair
        for (place, word) in corpus.tokens.enumerated() {
            if place.isMultiple(of: 1 << 16), shouldStop() { return nil }
            if Double(sums.count) > most {
                let part = (100 * Double(place) / Double(corpus.tokens.count)).fixed(0)
                throw ModelError.tooLarge(
                    what: "the \(sums.count.grouped) pairs of near words in the first \(part) % of the text",
                    bytes: bytes(of: corpus) + Double(sums.count) * Self.bytesOfPair, available: memory,
                    lower: "--window, or raise --minimum-count")
            }
            if word < 0 {
                sentence = place + 1
                continue
            }
            for before in max(sentence, place - settings.window)..<place {
                let other = corpus.tokens[before]
                let key = UInt64(min(word, other)) << 32 | UInt64(max(word, other))
                sums[key, default: 0] += (word == other ? 2 : 1) / Double(place - before)
            }
        }
        // A dictionary has no order of its own.
        return sums.keys.sorted().flatMap { key in
            let (row, column) = (Int32(key >> 32), Int32(key & 0xFFFF_FFFF))
            let pair = GloVeFactorization.Pair(row: row, column: column, count: Float(sums[key] ?? 0))
            return row == column ? [pair] : [pair, .init(row: column, column: row, count: pair.count)]
        }
    }

    private func shuffled(_ pairs: [GloVeFactorization.Pair]) -> [GloVeFactorization.Pair] {
        var pairs = pairs
        let key = RandomSource(seed: UInt64(settings.seed)).key(site: Site.order.rawValue)
        for last in stride(from: pairs.count - 1, to: 0, by: -1) {
            let (low, high) = (UInt32(truncatingIfNeeded: last), UInt32(last >> 32))
            let drawn = RandomSource.philox(counter: (low, high, 0, 0), key: key)
            let word = UInt64(drawn.0) << 32 | UInt64(drawn.1)
            pairs.swapAt(last, Int(word.multipliedFullWidth(by: UInt64(last + 1)).high))
        }
        return pairs
    }
}

/// Sums up what is reported, a few times a second.
private struct ProgressClock {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var reported: ContinuousClock.Instant
    private var words = 0
    private var loss = 0.0
    private var examples = 0

    init() {
        start = clock.now
        reported = start
    }

    mutating func add(loss: Double, examples: Int, words: Int) {
        self.loss += loss
        self.examples += examples
        self.words += words
    }

    mutating func beginEpoch() { (loss, examples) = (0, 0) }

    var isDue: Bool { clock.now - reported > .milliseconds(100) }

    mutating func progress(done: Double) -> WordVectorProgress {
        reported = clock.now
        return WordVectorProgress(
            done: done, loss: loss / Double(max(examples, 1)),
            wordsPerSecond: Double(words) / max((reported - start) / .seconds(1), 1e-9))
    }
}
