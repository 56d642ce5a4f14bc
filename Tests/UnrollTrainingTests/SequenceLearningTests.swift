import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What CTC and CRF are for, from fixed seeds on the CPU.
@Suite(.serialized) struct SequenceLearningTests {
    // MARK: CTC

    /// A recurrent layer that says a class for every step.
    private final class Listener: Module {
        let recurrent: Recurrent
        let output: Linear

        init(inputs: Int, classes: Int, on device: Device) {
            let initializer = Initializer(seed: 1, on: device)
            recurrent = Recurrent(.gru, inputs: inputs, hidden: 32, initializer)
            output = Linear(inputs: 32, outputs: classes, initializer)
        }

        func callAsFunction(_ x: Tensor) -> Tensor { output(recurrent(x).output) }
    }

    /// Strings of 2 to 5 of 4 labels, spoken: each label for 2 to 4 steps, then nothing for 1 to 3, all under noise. Nobody
    /// says when.
    private struct Speech {
        static let (labels, steps) = (4, 40)
        let strings: [[Int]]
        let mask: SequenceMask
        let x: Tensor

        init(batch: Int, _ source: RandomSource, on device: Device) throws {
            var numbers = Numbers(source)
            var (strings, sounds): ([[Int]], [[Int]]) = ([], [])
            for _ in 0..<batch {
                let string = (0..<2 + numbers.next(4)).map { _ in 1 + numbers.next(Self.labels) }
                strings.append(string)
                sounds.append(
                    Array(repeating: 0, count: numbers.next(3))
                        + string.flatMap { label in
                            Array(repeating: label, count: 2 + numbers.next(3))
                                + Array(repeating: 0, count: 1 + numbers.next(3))
                        })
            }
            self.strings = strings
            mask = try SequenceMask(lengths: sounds.map(\.count), steps: Self.steps)
            let values = sounds.flatMap { sound in
                (0..<Self.steps).flatMap { step in
                    (1...Self.labels).map { label in
                        let isHeard = step < sound.count && sound[step] == label
                        return (isHeard ? 1 : 0) + 0.5 * (2 * numbers.uniform() - 1)
                    }
                }
            }
            x = Tensor(values, shape: [batch, Self.steps, Self.labels], on: device)
        }
    }

    /// The string is found though no step was ever labelled.
    @Test func ctcReadsStrings() throws {
        let device = Device.cpu
        let model = Listener(inputs: Speech.labels, classes: 1 + Speech.labels, on: device)
        let learning = Learning(
            name: "strings by ctc, share misread", bar: 0.05, iterations: 1000, few: 200, many: 2000)
        func misread(_ speech: Speech, by read: (Tensor) throws -> [[Int]]) throws -> Double {
            let wrong = zip(try read(model(speech.x)), speech.strings).count { $0 != $1 }
            return Double(wrong) / Double(speech.strings.count)
        }
        let outcome = try learning.run(model, Adam(learningRate: 0.005)) { source in
            let speech = try Speech(batch: 32, source, on: device)
            return model(speech.x).ctcLoss(speech.strings, mask: speech.mask).mean()
        } figure: { count, source in
            let speech = try Speech(batch: count, source, on: device)
            return try misread(speech) { try $0.ctcGreedy(mask: speech.mask) }
        }
        #expect(outcome.hasLearnt && outcome.isInTime, "\(outcome)")
        let speech = try Speech(batch: 200, RandomSource(seed: 4), on: device)
        let bySearch = try misread(speech) { try $0.ctcBeamSearch(width: 8, mask: speech.mask).map { $0[0].labels } }
        #expect(bySearch < learning.bar, "\(bySearch) misread by beam search; \(outcome)")
    }

    /// To who hears nothing all alignments are alike: of u labels, r of them like the one before, C(steps + u − r, 2·u) of
    /// classesˢᵗᵉᵖˢ ways to say something.
    @Test func ctcOfWhoHearsNothing() throws {
        let speech = try Speech(batch: 100, RandomSource(seed: 5), on: .cpu)
        let (steps, classes) = (Speech.steps, 1 + Speech.labels)
        let losses = try Tensor.zeros([100, steps, classes], on: .cpu)
            .ctcLoss(speech.strings, mask: speech.mask).doubles()
        let expected = zip(speech.strings, speech.mask.counts).map { string, steps in
            let repeated = zip(string, string.dropFirst()).count { $0 == $1 }
            let (n, k) = (steps + string.count - repeated, 2 * string.count)
            let ways = (0..<k).reduce(0.0) { $0 + log(Double(n - $1)) - log(Double($1 + 1)) }
            return Double(steps) * log(Double(classes)) - ways
        }
        #expect(relativeError(losses, expected) < 1e-5)
    }

    // MARK: CRF

    /// Tags of words: outside, or the first or a later word of one of two kinds of names. Words inside names are the same
    /// for both kinds, and so is half of what begins them: only neighbours tell. A name ends with a word of its kind.
    private struct Tagged {
        static let (words, tags, steps) = (7, 5, 20)
        let text: Tensor
        let gold: [[Int]]
        let targets: Tensor
        let mask: SequenceMask

        init(batch: Int, _ source: RandomSource, on device: Device) throws {
            var numbers = Numbers(source)
            var (text, gold): ([[Int]], [[Int]]) = ([], [])
            for _ in 0..<batch {
                var (words, tags): ([Int], [Int]) = ([], [])
                while words.count < Self.steps - 6 {
                    if numbers.next(2) == 0 {
                        words.append(numbers.next(2))  // outside: words 0 and 1
                        tags.append(0)
                        continue
                    }
                    let (kind, inside) = (numbers.next(2), 1 + numbers.next(3))
                    words +=
                        [numbers.next(2) == 0 ? 2 : 3 + kind] + Array(repeating: 5, count: inside - 1) + [
                            kind == 0 ? 6 : 5
                        ]
                    tags += [1 + 2 * kind] + Array(repeating: 2 + 2 * kind, count: inside)
                }
                text.append(words)
                gold.append(tags)
            }
            let padded = { (rows: [[Int]]) in
                rows.flatMap { row in (0..<Self.steps).map { $0 < row.count ? Int32(row[$0]) : 0 } }
            }
            self.gold = gold
            mask = try SequenceMask(lengths: gold.map(\.count), steps: Self.steps)
            self.text = Tensor(padded(text), shape: [batch, Self.steps], on: device)
            targets = Tensor(padded(gold), shape: [batch, Self.steps], on: device)
        }

        /// The share of tags that are wrong.
        func wrong(_ found: [[Int]]) -> Double {
            Double(zip(found.joined(), gold.joined()).count { $0 != $1 }) / Double(gold.joined().count)
        }

        /// The same where every word gets the tag it has most often: the best there is without neighbours.
        func wrongWithoutNeighbours() throws -> Double {
            let words = try text.integers()
            var counts = [[Int]](repeating: .init(repeating: 0, count: Self.tags), count: Self.words)
            for (row, tags) in gold.enumerated() {
                for (step, tag) in tags.enumerated() { counts[Int(words[row * Self.steps + step])][tag] += 1 }
            }
            let right = counts.map { $0.max()! }.reduce(0, +)
            return 1 - Double(right) / Double(gold.joined().count)
        }
    }

    /// Scores of tags for each word, and nothing else: what is learnt of neighbours is the CRF's.
    private final class Tagger: Module {
        let emissions: Embedding
        let crf: CRF

        init(on device: Device) {
            let initializer = Initializer(seed: 1, on: device)
            emissions = Embedding(count: Tagged.words, size: Tagged.tags, initializer)
            crf = CRF(tags: Tagged.tags, initializer)
        }
    }

    private func learnTags(_ name: String, _ model: Tagger) throws -> Learning.Outcome {
        let learning = Learning(
            name: name, bar: 0.03, iterations: 300, every: 50, few: 200, many: 2000, clip: nil)
        return try learning.run(model, Adam(learningRate: 0.05)) { source in
            let batch = try Tagged(batch: 32, source, on: .cpu)
            return model.crf.loss(model.emissions(batch.text), batch.targets, mask: batch.mask).mean()
        } figure: { count, source in
            let unseen = try Tagged(batch: count, source, on: .cpu)
            return unseen.wrong(try model.crf.decode(model.emissions(unseen.text), mask: unseen.mask))
        }
    }

    /// And without its scores of neighbours no more than words tell by themselves.
    @Test func crfLearnsAGrammarOfTags() throws {
        let outcome = try learnTags("tags by crf, share wrong", Tagger(on: .cpu))
        #expect(outcome.hasLearnt && outcome.isInTime, "\(outcome)")

        let alone = Tagger(on: .cpu)
        for (_, parameter) in alone.crf.parameters { parameter.value = .zeros(parameter.shape, on: .cpu) }
        alone.crf.freeze()
        let blind = try learnTags("tags by words alone, share wrong", alone)
        let least = try Tagged(batch: 2000, RandomSource(seed: 3), on: .cpu).wrongWithoutNeighbours()
        #expect(least > 0.1 && blind.final >= least && blind.final < least + 0.02, "\(blind), at least \(least)")
    }
}
