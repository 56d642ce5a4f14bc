import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct CTCTests {
    /// Values and gradients, with impossible alignments, repetitions and empty strings among them.
    @Test(arguments: TestedBackend.allAndReference)
    func agreesWithPyTorch(_ tested: TestedBackend) throws {
        let (fixture, device) = (try Fixture("ctc"), tested.device)
        let (lengths, padded) = (fixture.doubles("lengths").map { Int($0) }, fixture.doubles("labels").map { Int($0) })
        let labels = lengths.enumerated().map { row, length in Array(padded[row * 5..<row * 5 + length]) }
        let x = Parameter(fixture.tensor("x", on: device))
        let mask = try SequenceMask(lengths: fixture.doubles("steps").map { Int($0) }, steps: 11)
        let losses = try x.value.ctcLoss(labels, mask: mask, blank: 2).doubles()
        #expect(losses.count { $0 == .infinity } == 3 && losses.contains { $0 == 0 })
        #expect(relativeError(losses, fixture.doubles("losses")) < tested.tolerance)
        let (_, gradients, finite) = Operands([x]).valueWithGradient {
            let losses = x.value.ctcLoss(labels, mask: mask, blank: 2, zeroInfinity: true)
            return ((losses * fixture.tensor("cotangent", on: device)).sum(), losses)
        }
        #expect(relativeError(try finite.doubles(), fixture.doubles("finite")) < tested.tolerance)
        let gradient = try #require(gradients[x]).doubles()
        #expect(relativeError(gradient, fixture.doubles("gradient")) < tested.tolerance)
    }

    /// An infinite loss shows, and leaves the others' gradients as they are.
    @Test(arguments: TestedBackend.allAndReference)
    func whatIsImpossibleHasNoGradient(_ tested: TestedBackend) throws {
        let x = Operands([[2, 2, 3]], on: tested.device)
        let (value, gradients) = x.valueWithGradient { x.values[0].ctcLoss([[1, 1], [1, 2]]).sum() }
        #expect(try value.scalar() == .infinity)
        let gradient = try #require(gradients[x.tensors[0]]).doubles()
        #expect(gradient.prefix(6).allSatisfy { $0 == 0 } && largest(Array(gradient.suffix(6))) > 0.1)
    }

    /// What is not a number shows in the loss of its row, and in no other.
    @Test(arguments: TestedBackend.all)
    func notANumberPasses(_ tested: TestedBackend) throws {
        let (batch, steps, classes) = (3, 7, 5)
        var values = RandomSource(seed: 3).uniform(count: batch * steps * classes, site: 0)
        values[(1 * steps + 4) * classes + 3] = .nan
        let x = Tensor(values, shape: [batch, steps, classes], on: tested.device)
        let ctc = try x.ctcLoss([[1, 2], [1, 2], [2]], zeroInfinity: true).floats()
        let crf = CRF(tags: classes, Initializer(seed: 1, on: tested.device))
        let tags = Tensor([Int32](repeating: 2, count: batch * steps), shape: [batch, steps], on: tested.device)
        for losses in [ctc, try crf.loss(x, tags).floats()] {
            #expect(losses.map(\.isNaN) == [false, true, false])
        }
    }

    @Test(arguments: TestedBackend.allAndReference)
    func greedyMergesAndLeavesOut(_ tested: TestedBackend) throws {
        // Blank 1: of each row, the class of every step.
        let paths: [[Int]] = [[0, 0, 1, 0, 2, 2], [1, 1, 1, 1, 1, 1], [2, 1, 2, 2, 0, 1]]
        let logits = paths.joined().flatMap { best in (0..<3).map { $0 == best ? Float(1.5) : -0.5 } }
        let x = Tensor(logits, shape: [3, 6, 3], on: tested.device)
        #expect(try x.ctcGreedy(blank: 1) == [[0, 0, 2], [], [2, 2, 0]])
        let mask = try SequenceMask([
            [true, true, false, true, true, false], .init(repeating: false, count: 6),
            [true, false, true] + [false, true, true],
        ])
        #expect(try x.ctcGreedy(mask: mask, blank: 1) == [[0, 2], [], [2, 0]])
        #expect(try x.ctcBeamSearch(width: 1, blank: 1).map { $0[0].labels } == [[0, 0, 2], [], [2, 2, 0]])
    }

    /// Followed to the end, every string has the probability of all its alignments.
    @Test func beamSearchFindsAllStrings() throws {
        let (steps, classes, blank) = (5, 3, 0)
        let x = Operands([[1, steps, classes]], in: -2...2, on: .reference).values[0]
        let p = try x.softmax().doubles()
        var strings: [[Int]: Double] = [:]
        for number in 0..<Int(pow(Double(classes), Double(steps))) {
            let path = (0..<steps).map { number / Int(pow(Double(classes), Double($0))) % classes }
            let string = path.indices.filter { path[$0] != blank && ($0 == 0 || path[$0] != path[$0 - 1]) }
                .map { path[$0] }
            strings[string, default: 0] += path.enumerated().reduce(1) { $0 * p[$1.offset * classes + $1.element] }
        }
        let found = try x.ctcBeamSearch(width: 1000, blank: blank)[0]
        #expect(found.count == strings.count && found.count == 25)
        for hypothesis in found {
            let expected = try #require(strings[hypothesis.labels])
            #expect(abs(exp(hypothesis.logProbability) - expected) < 1e-6)
            let loss = try x.ctcLoss([hypothesis.labels], blank: blank).doubles()[0]
            #expect(abs(loss + log(expected)) < 1e-10)
        }
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
        #expect(try x.ctcBeamSearch(width: 8, blank: blank)[0][0].labels == found[0].labels)
        #expect(try x.ctcBeamSearch(width: 3, blank: blank)[0].count == 3)
    }
}

@Suite struct SequenceStepTests {
    /// A training step with each of these waits for nothing.
    @Test(arguments: TestedBackend.openCL)
    func aStepWaitsForNothing(_ tested: TestedBackend) throws {
        let backend = try tested.another() as! OpenCLBackend
        let device = Device(backend)
        let (batch, steps, classes) = (5, 70, 4)
        let mask = holed(batch: batch, steps: steps)
        let recurrent = ElementwiseRecurrent(.minLSTM, inputs: 3, hidden: classes, Initializer(seed: 1, on: device))
        let crf = CRF(tags: classes, Initializer(seed: 2, on: device))
        let x = Operands([[batch, steps, 3]], on: device).values[0]
        let tags = Tensor([Int32](repeating: 1, count: batch * steps), shape: [batch, steps], on: device)
        backend.resetCounts()
        let value = recurrent.valueWithGradient {
            let y = recurrent(x, mask: mask).output
            let strings = [[1, 2], [3], [], [2, 2], []]
            return (y.ctcLoss(strings, mask: mask, zeroInfinity: true) + crf.loss(y, tags, mask: mask)).mean()
        }.value
        #expect(backend.counts.hostWaits == 0 && backend.counts.launches > 20)
        #expect(try value.scalar() > 1)
    }
}

@Suite struct CRFTests {
    /// Every string of tags, one by one: what the algorithms sum and search.
    private struct BruteForce {
        let losses: [Double]
        let best: [[Int]]

        init(
            _ x: [Double], _ scores: (transitions: [Double], start: [Double], end: [Double]), tags: [Int],
            mask: SequenceMask
        ) {
            let count = scores.start.count
            let rows = mask.places.enumerated().map { row, places in
                let score = { (path: [Int]) -> Double in
                    guard let first = path.first, let last = path.last else { return 0 }
                    let steps = zip(places, path).reduce(0.0) { $0 + x[(row * mask.steps + $1.0) * count + $1.1] }
                    let pairs = zip(path, path.dropFirst()).reduce(0.0) { $0 + scores.transitions[$1.0 * count + $1.1] }
                    return scores.start[first] + steps + pairs + scores.end[last]
                }
                var all: [[Int]] = [[]]
                for _ in places { all = all.flatMap { path in (0..<count).map { path + [$0] } } }
                let own = score(places.map { tags[row * mask.steps + $0] })
                return (
                    loss: log(all.reduce(0) { $0 + exp(score($1)) }) - own,
                    best: all.max { score($0) < score($1) }!
                )
            }
            (losses, best) = (rows.map(\.loss), rows.map(\.best))
        }
    }

    @Test(arguments: TestedBackend.allAndReference, [false, true])
    func agreesWithAllPaths(_ tested: TestedBackend, _ hasHoles: Bool) throws {
        let (batch, steps, tags) = (6, 5, 3)
        let mask = hasHoles ? holed(batch: batch, steps: steps) : SequenceMask(batch: batch, steps: steps)
        #expect(mask.isFull != hasHoles && (!hasHoles || mask.counts.contains(0)))
        let operands = Operands([[batch, steps, tags]], in: -3...3, seed: 4, on: tested.device)
        let crf = CRF(tags: tags, Initializer(seed: 3, on: tested.device))
        for (site, (_, parameter)) in crf.parameters.enumerated() {
            let numbers = RandomSource(seed: 8).uniform(count: parameter.value.count, site: site).map { 4 * $0 - 2 }
            parameter.value = Tensor(numbers, shape: parameter.shape, on: tested.device)
        }
        let targets = (0..<batch * steps).map { $0 * 7 % 5 % tags }
        let expected = BruteForce(
            try operands.values[0].doubles(),
            (try crf.transitions.value.doubles(), try crf.start.value.doubles(), try crf.end.value.doubles()),
            tags: targets, mask: mask)
        let given = hasHoles ? mask : nil
        let tensor = Tensor(targets.map { Int32($0) }, shape: [batch, steps], on: tested.device)
        let losses = try crf.loss(operands.values[0], tensor, mask: given).doubles()
        #expect(relativeError(losses, expected.losses) < tested.tolerance)
        #expect(try crf.decode(operands.values[0], mask: given) == expected.best)
    }

    /// The same tags at every step leave nothing to be lost over any number of steps; a forbidden pair is never taken.
    @Test(arguments: TestedBackend.allAndReference)
    func longAndForbidden(_ tested: TestedBackend) throws {
        let (steps, device) = (2000, tested.device)
        let x = Tensor((0..<steps).flatMap { [Float($0 % 3), -2, 9] }, shape: [1, steps, 3], on: device)
        let never = -Float.infinity
        let scores = TagScores(
            transitions: Tensor([0, 0, never, 0, 0, 0, 0, 0, 0], shape: [3, 3], on: device),
            start: Tensor([0, never, never] as [Float], on: device), end: .zeros([3], on: device))
        let path = try x.crfDecoded(scores)[0]
        #expect(path.prefix(4) == [0, 1, 2, 2] && path.dropFirst(2).allSatisfy { $0 == 2 })
        let loss = try x.crfLoss(Tensor(path.map { Int32($0) }, shape: [1, steps], on: device), scores).scalar()
        #expect(loss > 0 && loss < 1)
    }
}
