import Testing
import UnrollCompute
import UnrollModels
import UnrollTensors
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A writer whose next token depends on all tokens so far, and on the source, by a table of made-up logits.
private struct MadeUpDecoder: StepDecoder {
    struct State {
        var sources: [Int]
        var texts: [[Int32]]
    }

    let tokens: Int
    let device: Device

    func logits(_ source: Int, _ text: [Int32]) -> [Float] {
        (0..<tokens).map { token in
            let key = text.reduce(source * 31 + 7) { ($0 * 33 + Int($1)) % 10007 }
            return Float((key * 131 + token * 977 + key * token) % 1009) / 250
        }
    }

    func step(_ tokens: [Int32], _ state: State) -> (logits: Tensor, state: State) {
        let texts = zip(state.texts, tokens).map { $0 + [$1] }
        let places = texts.count / state.sources.count
        let values = texts.enumerated().flatMap { self.logits(state.sources[$0.offset / places], $0.element) }
        let logits = Tensor(values, shape: [texts.count, self.tokens], on: device)
        return (logits, State(sources: state.sources, texts: texts))
    }

    func gathered(_ state: State, rows: [Int32]) -> State {
        State(sources: state.sources, texts: rows.map { state.texts[Int($0)] })
    }

    func start(_ sources: [Int]) -> State { State(sources: sources, texts: sources.map { _ in [] }) }

    func logProbabilities(_ source: Int, _ text: [Int32]) -> [Double] {
        let values = logits(source, text).map(Double.init)
        let sum = log(values.reduce(0) { $0 + exp($1) })
        return values.map { $0 - sum }
    }
}

@Suite struct DecodingTests {
    /// Every text there is, with its score.
    private func all(
        _ decoder: MadeUpDecoder, source: Int, end: Int32, maximum: Int, power: Double
    ) -> [(tokens: [Int32], score: Double)] {
        var (texts, found) = ([(tokens: [Int32](), sum: 0.0)], [(tokens: [Int32], score: Double)]())
        for length in 0...maximum {
            var next: [(tokens: [Int32], sum: Double)] = []
            for text in texts {
                for (token, value) in decoder.logProbabilities(source, [end] + text.tokens).enumerated() {
                    if Int32(token) == end {
                        found.append((text.tokens, (text.sum + value) / pow(Double(length + 1), power)))
                    } else if length < maximum {
                        next.append((text.tokens + [Int32(token)], text.sum + value))
                    }
                }
            }
            texts = next
        }
        return found.sorted { $0.score > $1.score }
    }

    /// Wide enough to lose nothing, it finds what trying everything finds.
    @Test(arguments: TestedBackend.all, [0, 0.7, 1]) func wideBeamsFindTheBest(_ tested: TestedBackend, _ power: Double)
        throws
    {
        let decoder = MadeUpDecoder(tokens: 4, device: tested.device)
        let search = BeamSearch(width: 130, lengthPower: power, end: 1, maximum: 4)
        let found = try search(decoder, decoder.start([0, 5, 9]), first: [1, 1, 1])
        for (source, hypotheses) in zip([0, 5, 9], found) {
            let expected = all(decoder, source: source, end: 1, maximum: 4, power: power)
            #expect(hypotheses.count == expected.count)
            for (hypothesis, text) in zip(hypotheses, expected).prefix(20) {
                #expect(abs(hypothesis.score - text.score) < 1e-5)
            }
            #expect(hypotheses[0].tokens == expected[0].tokens)
        }
    }

    /// Width 1 takes the likeliest token at every step.
    @Test func oneHypothesisIsGreedy() throws {
        let decoder = MadeUpDecoder(tokens: 7, device: TestedBackend.cpu[0].device)
        let sources = Array(0..<9)
        let found = try BeamSearch(width: 1, end: 3, maximum: 12)(
            decoder, decoder.start(sources), first: sources.map { _ in 3 })
        var lengths: Set<Int> = []
        for source in sources {
            var (text, sum): ([Int32], Double) = ([], 0)
            while true {
                let values = decoder.logProbabilities(source, [3] + text)
                let token = text.count == 12 ? 3 : values.firstIndex(of: values.max() ?? 0) ?? 0
                sum += values[token]
                if token == 3 { break }
                text.append(Int32(token))
            }
            #expect(found[source].map(\.tokens) == [text])
            #expect(abs(found[source][0].logProbability - sum) < 1e-4)
            lengths.insert(text.count)
        }
        #expect(lengths.count > 2, "texts of different lengths: \(lengths)")
    }

    /// A beam of every width, written again one hypothesis at a time.
    @Test(arguments: [2, 3, 5, 8]) func beamsEqualAPlainOne(width: Int) throws {
        let decoder = MadeUpDecoder(tokens: 6, device: TestedBackend.cpu[0].device)
        let sources = [4, 11, 23]
        let found = try BeamSearch(width: width, lengthPower: 0.8, end: 2, maximum: 7)(
            decoder, decoder.start(sources), first: [2, 2, 2])
        for (source, hypotheses) in zip(sources, found) {
            var live = [(tokens: [Int32](), sum: 0.0)]
            var ended: [(tokens: [Int32], score: Double)] = []
            while !live.isEmpty {
                let all = live.flatMap { text in
                    decoder.logProbabilities(source, [2] + text.tokens).enumerated()
                        .filter { text.tokens.count < 7 || $0.offset == 2 }
                        .map { (tokens: text.tokens + [Int32($0.offset)], sum: text.sum + $0.element) }
                }
                let best = all.sorted { $0.sum > $1.sum }.prefix(width - ended.count)
                ended += best.filter { $0.tokens.last == 2 }.map {
                    ($0.tokens.dropLast(), $0.sum / pow(Double($0.tokens.count), 0.8))
                }
                live = best.filter { $0.tokens.last != 2 }
            }
            #expect(hypotheses.map(\.tokens) == ended.sorted { $0.score > $1.score }.map(\.tokens))
        }
    }

    /// Without an end every text has the full length.
    @Test func withoutAnEndTheLengthIsGiven() throws {
        let decoder = MadeUpDecoder(tokens: 3, device: TestedBackend.cpu[0].device)
        let found = try BeamSearch(width: 27, end: nil, maximum: 3)(decoder, decoder.start([2]), first: [0])
        #expect(found[0].count == 27 && found[0].allSatisfy { $0.tokens.count == 3 })
        #expect(Set(found[0].map(\.tokens)).count == 27)
        #expect(zip(found[0], found[0].dropFirst()).allSatisfy { $0.score >= $1.score })
    }

    /// Shares of many draws against softmax cut off at its nucleus.
    @Test func topPKeepsTheNucleus() throws {
        // Probabilities 0.4, 0.3, 0.2, 0.1 in another order.
        let logits: [Float] = [0.2, 0.4, 0.1, 0.3].map { logf($0) }
        for (topP, kept) in [(Float(0.05), [1]), (0.39, [1]), (0.5, [1, 3]), (0.85, [0, 1, 3]), (1, [0, 1, 2, 3])] {
            let sampling = try Sampling(topP: topP)
            var counts = [Int32: Int]()
            let draws = RandomSource(seed: 3).uniform(count: 20_000, site: 0)
            for draw in draws { counts[sampling.choose(from: logits, draw), default: 0] += 1 }
            #expect(counts.keys.sorted() == kept.map { Int32($0) })
            let sum = kept.reduce(0) { $0 + expf(logits[$1]) }
            for index in kept {
                let share = Float(counts[Int32(index), default: 0]) / 20_000
                #expect(abs(share - expf(logits[index]) / sum) < 0.012)
            }
        }
        for topP in [Float(0), -1, 1.5, .nan] {
            #expect(throws: ModelError.self) { try Sampling(topP: topP) }
        }
    }

    @Test func whatWasThereIsPenalised() throws {
        let sampling = try Sampling(temperature: 0, repetitionPenalty: 2)
        #expect(sampling.choose(from: [1, 1.9, -0.5], after: [], 0) == 1)
        #expect(sampling.choose(from: [1, 1.9, -0.5], after: [1, 1], 0) == 0)
        #expect(sampling.choose(from: [1, 1.9, -0.5], after: [0, 1], 0) == 1)
        // Below 0 the penalty lowers, too.
        #expect(sampling.choose(from: [-1, -1.5, -3], after: [0], 0) == 1)
        for penalty in [Float(0), -1, .infinity, .nan] {
            #expect(throws: ModelError.self) { try Sampling(repetitionPenalty: penalty) }
        }
    }

    /// Cut into parts in every way, the text ends at the same place.
    @Test(arguments: [
        ("the end is near", ["end"], "the "), ("aab", ["ab"], "a"), ("ababac", ["abac"], "ab"),
        ("one two three", ["three", "two"], "one "), ("nothing", ["thinks"], "nothing"), ("x", ["x"], ""),
        ("a\u{301}b", ["\u{301}"], "a"), ("stop", ["stopped"], "stop"), ("abcd", ["bc", "abcd"], "a"),
    ])
    func textsEndBeforeStopStrings(_ text: String, _ strings: [String], _ expected: String) throws {
        let scalars = Array(text.unicodeScalars)
        for cuts in 0..<(1 << (scalars.count - 1)) {
            var (stops, shown, part) = (try StopStrings(strings), "", "")
            for (place, scalar) in scalars.enumerated() {
                part.unicodeScalars.append(scalar)
                guard cuts >> place & 1 == 1 || place == scalars.count - 1 else { continue }
                shown += stops.append(part)
                part = ""
            }
            shown += stops.finish()
            #expect(Array(shown.unicodeScalars) == Array(expected.unicodeScalars))
            #expect(stops.isMet == (expected != text))
        }
    }

    @Test func anEmptyStopStringIsRefused() {
        #expect(throws: ModelError.self) { try StopStrings(["a", ""]) }
    }
}
