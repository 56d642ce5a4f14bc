import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A stack of scan cells with settings on: each by itself, and every pair.
struct ElementwiseCase: Sendable, CustomTestStringConvertible {
    typealias Setting = (name: String, set: @Sendable (inout ElementwiseCase) -> Void)

    let cell: ElementwiseCell
    let direction: Direction
    let isMasked: Bool
    var options = RecurrentOptions()
    var dropout: Float = 0
    var layers = 1
    var memory = RecurrentMemory.save
    var names = ""

    var testDescription: String { "\(cell), \(direction)\(isMasked ? ", holes" : ""), \(names)" }

    /// For every cell and direction, with and without a mask.
    static let all: [ElementwiseCase] = ElementwiseCell.allCases.flatMap { cell in
        settings(of: cell).alonePaired.flatMap { settings in
            Direction.allCases.flatMap { direction in
                [false, true].map { isMasked in
                    var test = ElementwiseCase(cell: cell, direction: direction, isMasked: isMasked)
                    for setting in settings { setting.set(&test) }
                    test.names = settings.map(\.name).joined(separator: " + ")
                    return test
                }
            }
        }
    }

    private static func settings(of cell: ElementwiseCell) -> [Setting] {
        let others: [Setting] = [
            ("locked dropout", { ($0.layers, $0.dropout, $0.options.locksDropout) = (2, 0.3, true) }),
            ("recompute", { $0.memory = .recompute }),
        ]
        return RecurrentOptions.settings(of: cell.kind).map { ($0.name, applied($0.set)) } + others
    }

    private static func applied(
        _ set: @escaping @Sendable (inout RecurrentOptions) -> Void
    ) -> @Sendable (inout ElementwiseCase) -> Void {
        { set(&$0.options) }
    }

    func sequences(batch: Int, steps: Int, inputs: Int, hidden: Int, on device: Device) -> ElementwiseSequences {
        ElementwiseSequences(
            cell, direction, batch: batch, steps: steps, inputs: inputs, hidden: hidden, layers: layers,
            options: options, dropout: dropout, memory: memory,
            mask: isMasked ? holed(batch: batch, steps: steps) : nil, on: device)
    }
}

@Suite struct ElementwiseRecurrentOptionsTests {
    /// In training and, where they differ, as inference has it.
    @Test(arguments: ElementwiseCase.all)
    func gradientsAreThoseOfFiniteDifferences(_ test: ElementwiseCase) throws {
        let sequences = test.sequences(batch: 4, steps: 5, inputs: 2, hidden: 3, on: .reference)
        let loss = { sequences.run().map { $0.weightedSum() }.reduce(Tensor(0, on: .reference), +) }
        let random = RandomSource(seed: 5, step: 2)
        for isTraining in test.options.zoneout > 0 ? [true, false] : [true] {
            let errors = try gradientErrors(of: sequences, random: random) { isTraining ? loss() : evaluating(loss) }
            let each = test.cell.kind.hasWeight ? 3 : 2
            #expect(errors.count == 2 + each * test.layers * (test.direction == .bidirectional ? 2 : 1))
            for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.01, "\(error)") }
        }
    }

    /// Results, gradients and how they flow through time, over more than a vector of units and more than a block of steps.
    @Test(arguments: ElementwiseCase.all)
    func everyDeviceAgreesWithTheReference(_ test: ElementwiseCase) throws {
        let expected = try results(test, on: .reference)
        #expect(expected.count >= 2 + 2 + 2 + 1 && expected.allSatisfy { largest($0) > 0.01 })
        #expect(TestedBackend.all.count > 1)
        for tested in TestedBackend.all {
            let found = try results(test, on: tested.device)
            #expect(found.count == expected.count)
            for (index, (found, expected)) in zip(found, expected).enumerated() {
                #expect(relativeError(found, expected) < 2e-5, "\(tested), result \(index)")
            }
        }
    }

    /// Output, final state, gradients, and the curves of the flow.
    private func results(_ test: ElementwiseCase, on device: Device) throws -> [[Double]] {
        let sequences = test.sequences(batch: 4, steps: 67, inputs: 2, hidden: 19, on: device)
        let flow = GradientFlow()
        sequences.recurrent.gradientFlow = flow
        let (_, gradients, results) = sequences.valueWithGradient(random: RandomSource(seed: 5, step: 2)) {
            let results = sequences.run()
            return (results.map { $0.weightedSum() }.reduce(Tensor(0, on: device), +), results)
        }
        let all = results + sequences.parameters.compactMap { gradients[$0.parameter] }
        return try all.map { try $0.doubles() } + flow.curves().map(\.norms)
    }

    /// The same bits from what is worked out again, with two fifths of the memory for cells of two gates and more: what is
    /// saved of an IndRNN is x and h, of which one remains.
    @Test(arguments: ElementwiseCell.allCases)
    func recomputedIsWhatWasSaved(_ cell: ElementwiseCell) throws {
        let backend = try CPUBackend(threads: 1)
        let found = try [RecurrentMemory.save, .recompute].map { memory in
            let sequences = ElementwiseSequences(
                cell, .forward, batch: 7, steps: 300, inputs: 2, hidden: 64, layers: 3, memory: memory, mask: nil,
                on: Device(backend))
            let (before, saved) = (backend.memory.inUse, Saved())
            let (_, gradients) = sequences.valueWithGradient {
                let results = sequences.run()
                // Beside what is kept for the backward pass there are the final states.
                saved.bytes = backend.memory.inUse - before - 2 * 4 * results[1].count
                return results[0].weightedSum() + results[1].weightedSum()
            }
            return (saved.bytes, try sequences.parameters.map { try gradients[$0.parameter]!.floats() })
        }
        #expect(found[0].1 == found[1].1 && found[0].1.count > 6)
        let ratio = Double(found[1].0) / Double(found[0].0)
        #expect(ratio <= (cell.kind.hasWeight ? 0.55 : 0.4) && ratio > 0.2, "\(found[1].0) of \(found[0].0)")
    }

    private final class Saved { var bytes = 0 }

    /// Parts of a sequence observed one after the other are the whole; with locked dropout, where they share their draws.
    @Test(arguments: TestedBackend.allAndReference, ElementwiseCell.allCases)
    func partsShareWhatIsDropped(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        var options = RecurrentOptions()
        options.locksDropout = true
        let recurrent = ElementwiseRecurrent(
            cell, inputs: 3, hidden: 5, layers: 2, options: options, dropout: 0.5,
            Initializer(seed: 3, on: tested.device))
        let x = Operands([[2, 7, 3]], on: tested.device).values[0]
        let flow = GradientFlow()
        recurrent.gradientFlow = flow
        let found = try [[0..<7], [0..<3, 3..<7]].map { parts in
            let (_, gradients, output) = recurrent.valueWithGradient(random: RandomSource(seed: 4)) {
                var (outputs, state): ([Tensor], RecurrentState?) = ([], nil)
                let draws = SequenceDraws()
                for part in parts {
                    let (output, next) = recurrent(x.slice(part, along: 1), state, draws: draws)
                    outputs.append(output)
                    state = next
                }
                let output = Tensor.concatenated(outputs, along: 1)
                return (output.weightedSum(), output)
            }
            return try [output.doubles()] + flow.curves().map(\.norms)
                + recurrent.parameters.map { try gradients[$0.parameter]!.doubles() }
        }
        #expect(try flow.curves().count == 2 && found[0].count >= 1 + 2 + 4)
        for (whole, parts) in zip(found[0], found[1]) {
            #expect(largest(whole) > 0.01 && relativeError(parts, whole) < tested.tolerance)
        }
    }

    /// What nothing draws for is what it is in inference: no option changes anything but zoneout, by what is expected.
    @Test(arguments: ElementwiseCell.allCases)
    func inferenceDropsNothing(_ cell: ElementwiseCell) throws {
        var options = RecurrentOptions()
        (options.candidateDropout, options.locksDropout) = (0.4, true)
        let outputs = try [RecurrentOptions(), options].map { options in
            let recurrent = ElementwiseRecurrent(
                cell, inputs: 3, hidden: 5, layers: 2, options: options, dropout: 0.5,
                Initializer(seed: 3, on: .reference))
            let x = Operands([[2, 7, 3]], on: .reference).values[0]
            let training = recurrent.valueWithGradient(random: RandomSource(seed: 4)) {
                let output = recurrent(x).output
                return (output.sum(), output)
            }
            return [try recurrent(x).output.doubles(), try training.auxiliary.doubles()]
        }
        #expect(outputs[0][0] == outputs[1][0] && outputs[0][1] != outputs[1][1] && outputs[1][0] != outputs[1][1])
    }
}

@Suite struct ElementwiseRecurrentMisfitTests {
    private static let misfits: [(option: String, needed: String, set: @Sendable (inout RecurrentOptions) -> Void)] = [
        ("recurrentDropout", "a cell with a recurrent matrix", { $0.recurrentDropout = 0.2 }),
        ("weightDropout", "a cell with a recurrent matrix", { $0.weightDropout = 0.2 }),
        ("hasLayerNorm", "a cell with a recurrent matrix", { $0.hasLayerNorm = true }),
        ("hasPeepholes", "an lstm", { $0.hasPeepholes = true }),
        ("couplesGates", "an lstm", { $0.couplesGates = true }),
        ("stateZoneout", "a cell with a state c", { $0.stateZoneout = 0.2 }),
        ("stateClip", "a cell with a state c", { $0.stateClip = 1 }),
    ]

    /// Each that excludes a scan cell, alone and beside what does not.
    @Test(arguments: ElementwiseCell.allCases)
    func pairsThatExcludeEachOtherAreNamed(_ cell: ElementwiseCell) {
        for misfit in Self.misfits {
            for isZoned in [false, true] {
                var options = RecurrentOptions()
                if isZoned { (options.zoneout, options.candidateDropout, options.locksDropout) = (0.1, 0.2, true) }
                #expect(options.misfit(cell.kind, named: cell.rawValue) == nil)
                misfit.set(&options)
                let found = options.misfit(cell.kind, named: cell.rawValue)
                #expect(found?.option == misfit.option && found?.value == "with \(cell.rawValue)")
                #expect(found?.needed == misfit.needed)
            }
        }
        for (count, isFine) in [(1, cell.kind.hasWeight), (2, false)] {
            var options = RecurrentOptions()
            options.activations = Array(repeating: .softsign, count: count)
            let found = options.misfit(cell.kind, named: cell.rawValue)
            #expect((found == nil) == isFine && (isFine || found?.option == "activations"))
            #expect(cell.kind.hasWeight || found?.needed == "an indrnn")
        }
        for set in [{ $0.zoneout = 1 }, { $0.candidateDropout = -0.1 }, { $0.clip = 0 }]
            as [(inout RecurrentOptions) -> Void]
        {
            var options = RecurrentOptions()
            set(&options)
            #expect(options.misfit(cell.kind, named: cell.rawValue) != nil)
        }
    }

    @Test func theProgramStopsAndSaysWhy() async throws {
        let result = try #require(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                var options = RecurrentOptions()
                options.recurrentDropout = 0.2
                _ = ElementwiseRecurrent(
                    .minGRU, inputs: 2, hidden: 3, options: options, Initializer(seed: 1, on: .reference))
            })
        let message =
            "ElementwiseRecurrent: recurrentDropout with mingru makes no sense: a cell with a recurrent matrix"
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains(message + " is needed"))
    }

    @Test func maskOfAnotherShape() async throws {
        let scan = try #require(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let recurrent = ElementwiseRecurrent(
                    .minGRU, inputs: 2, hidden: 3, Initializer(seed: 1, on: .reference))
                let mask = try SequenceMask(lengths: [5, 4], steps: 5)
                _ = recurrent(Tensor.zeros([3, 5, 2], on: .reference), mask: mask)
            })
        #expect(
            String(decoding: scan.standardErrorContent, as: UTF8.self).contains(
                "ElementwiseRecurrent: the mask has 2 rows of 5 steps, the tensor's shape is [3, 5, 2]"))
        let recurrent = try #require(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let recurrent = Recurrent(.gru, inputs: 2, hidden: 3, Initializer(seed: 1, on: .reference))
                let mask = try SequenceMask(lengths: [4, 4, 1], steps: 4)
                _ = recurrent(Tensor.zeros([3, 5, 2], on: .reference), mask: mask)
            })
        #expect(
            String(decoding: recurrent.standardErrorContent, as: UTF8.self).contains(
                "recurrent: a mask of 3 rows of 4 steps for an input of shape [3, 5, 2]"))
    }
}
