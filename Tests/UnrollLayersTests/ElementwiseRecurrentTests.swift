import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A stack with its input and initial state as parameters, so that their gradients can be asked for.
final class ElementwiseSequences: Module {
    let x: Parameter
    let initial: Parameter
    let recurrent: ElementwiseRecurrent
    let mask: SequenceMask?

    init(
        _ cell: ElementwiseCell, _ direction: Direction, batch: Int, steps: Int, inputs: Int,
        hidden: Int, layers: Int, options: RecurrentOptions = .init(), dropout: Float = 0,
        memory: RecurrentMemory = .save, mask: SequenceMask?, on device: Device
    ) {
        recurrent = ElementwiseRecurrent(
            cell, inputs: inputs, hidden: hidden, layers: layers, direction: direction, options: options,
            dropout: dropout, memory: memory, Initializer(seed: 3, on: device))
        let states = layers * (direction == .bidirectional ? 2 : 1)
        let operands = Operands([[batch, steps, inputs], [states, batch, hidden]], in: -2...2, on: device)
        (x, initial, self.mask) = (operands.tensors[0], operands.tensors[1], mask)
    }

    /// Output and final state, from the given state or from zeros.
    func run(fromZeros: Bool = false) -> [Tensor] {
        let state = fromZeros ? nil : RecurrentState([initial.value])
        let (output, final) = recurrent(x.value, state, mask: mask)
        return [output] + final.tensors
    }
}

@Suite struct ElementwiseRecurrentTests {
    private static let forms = Direction.allCases.flatMap { direction in
        [false, true].map { (direction, $0) }
    }

    @Test(arguments: ElementwiseCell.allCases, Self.forms)
    func gradientsAreThoseOfFiniteDifferences(
        _ cell: ElementwiseCell, _ form: (Direction, masked: Bool)
    ) throws {
        let sequences = ElementwiseSequences(
            cell, form.0, batch: 5, steps: 4, inputs: 3, hidden: 5, layers: 2, dropout: form.masked ? 0.3 : 0,
            mask: form.masked ? holed(batch: 5, steps: 4) : nil, on: .reference)
        for fromZeros in [false, true] {
            let asked: any Module = fromZeros ? sequences.recurrent : sequences
            let errors = try gradientErrors(of: asked, random: RandomSource(seed: 5, step: 2)) {
                sequences.run(fromZeros: fromZeros).map { $0.weightedSum() }.reduce(Tensor(0, on: .reference), +)
            }
            let each = cell == .indRNN || cell == .indRNNTanh ? 3 : 2
            #expect(errors.count == 2 * each * (form.0 == .bidirectional ? 2 : 1) + (fromZeros ? 0 : 2))
            for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.01, "\(error)") }
        }
    }

    /// Several blocks, more than a vector of units, dropout between layers.
    @Test(arguments: TestedBackend.all, ElementwiseCell.allCases)
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        func results(on device: Device) throws -> [[Double]] {
            let sequences = ElementwiseSequences(
                cell, .bidirectional, batch: 6, steps: 131, inputs: 7, hidden: 19, layers: 2, dropout: 0.3,
                mask: holed(batch: 6, steps: 131), on: device)
            let (_, gradients, results) = sequences.valueWithGradient(random: RandomSource(seed: 5, step: 2)) {
                let results = sequences.run()
                return (results.map { $0.weightedSum() }.reduce(Tensor(0, on: device), +), results)
            }
            return try (results + sequences.parameters.compactMap { gradients[$0.parameter] }).map { try $0.doubles() }
        }
        let (found, expected) = (try results(on: tested.device), try results(on: .reference))
        #expect(found.count == expected.count && found.count >= 2 + 2 + 8)
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            #expect(largest(expected) > 0.01)
            #expect(relativeError(found, expected) < 2e-5, "result \(index)")
        }
    }

    /// Two halves with the state carried between them are the whole.
    @Test(arguments: TestedBackend.allAndReference, ElementwiseCell.allCases)
    func stateCarriesOn(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        let sequences = ElementwiseSequences(
            cell, .forward, batch: 2, steps: 71, inputs: 3, hidden: 5, layers: 2, mask: nil, on: tested.device)
        let (recurrent, x) = (sequences.recurrent, sequences.x.value)
        let whole = recurrent(x)
        let first = recurrent(x.slice(0..<33, along: 1))
        let second = recurrent(x.slice(33..<71, along: 1), first.state.detached())
        let joined = try Tensor.concatenated([first.output, second.output], along: 1).doubles()
        #expect(relativeError(joined, try whole.output.doubles()) < tested.tolerance)
        let (carried, expected) = (second.state.tensors[0], whole.state.tensors[0])
        #expect(relativeError(try carried.doubles(), try expected.doubles()) < tested.tolerance)
    }

    /// A row of a masked batch is what its own steps alone give, and zeros in between.
    @Test(arguments: ElementwiseCell.allCases, Direction.allCases)
    func rowsAreWhatTheirStepsGive(_ cell: ElementwiseCell, _ direction: Direction) throws {
        let (batch, steps, hidden) = (5, 9, 4)
        let mask = holed(batch: batch, steps: steps)
        let sequences = ElementwiseSequences(
            cell, direction, batch: batch, steps: steps, inputs: 3, hidden: hidden, layers: 2, mask: mask,
            on: .reference)
        let (output, final) = (sequences.run()[0], sequences.run()[1])
        #expect(mask.counts.contains(0) && mask.counts.contains(steps))
        for (row, places) in mask.places.enumerated() {
            let own = { (x: Tensor) in x.slice(row..<row + 1, along: 0) }
            let state = RecurrentState([sequences.initial.value.slice(row..<row + 1, along: 1)])
            let finalOfRow = final.slice(row..<row + 1, along: 1)
            let missing = (0..<steps).filter { !places.contains($0) }
            for step in missing {
                #expect(try own(output).slice(step..<step + 1, along: 1).doubles().allSatisfy { $0 == 0 })
            }
            if places.isEmpty {
                #expect(try finalOfRow.doubles() == state.tensors[0].doubles())
                continue
            }
            let pick = { (x: Tensor) in
                Tensor.concatenated(places.map { own(x).slice($0..<$0 + 1, along: 1) }, along: 1)
            }
            let alone = sequences.recurrent(pick(sequences.x.value), state)
            #expect(relativeError(try pick(output).doubles(), try alone.output.doubles()) < 1e-12)
            #expect(relativeError(try finalOfRow.doubles(), try alone.state.tensors[0].doubles()) < 1e-12)
        }
    }

    /// Gates as far open and shut as numbers go, over 512 steps: states stay between the candidates, gradients finite.
    @Test(arguments: TestedBackend.all, [ElementwiseCell.minGRU, .minLSTM])
    func longSequencesStayFinite(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        let (steps, device) = (512, tested.device)
        let recurrent = ElementwiseRecurrent(cell, inputs: 3, hidden: 21, layers: 2, Initializer(seed: 1, on: device))
        let x = Operands([[3, steps, 3]], in: -300...300, on: device)
        let (_, gradients, y) = recurrent.valueWithGradient {
            let y = recurrent(x.values[0]).output
            return (y.slice(steps - 1..<steps, along: 1).sum(), y)
        }
        let output = try y.floats()
        #expect(output.allSatisfy { $0 >= 0 && $0 < 2000 } && output.contains { $0 > 1 })
        for (name, parameter) in recurrent.parameters {
            let gradient = try #require(gradients[parameter]).floats()
            #expect(gradient.allSatisfy(\.isFinite) && gradient.contains { $0 != 0 }, "\(name)")
        }
    }

    @Test(arguments: TestedBackend.all, ElementwiseCell.allCases)
    func notANumberPasses(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        let (batch, steps, hidden) = (3, 70, 7)
        var values = [Float](repeating: 0.1, count: batch * steps * 2)
        values[(1 * steps + 30) * 2] = .nan
        let recurrent = ElementwiseRecurrent(
            cell, inputs: 2, hidden: hidden, layers: 2, Initializer(seed: 1, on: tested.device))
        let output = try recurrent(Tensor(values, shape: [batch, steps, 2], on: tested.device)).output.floats()
        for (index, value) in output.enumerated() {
            let (row, step) = (index / hidden / steps, index / hidden % steps)
            #expect(value.isNaN == (row == 1 && step >= 30), "row \(row), step \(step): \(value)")
        }
    }

    /// What lies in steps that are not there is of no account, whatever it is.
    @Test(arguments: TestedBackend.allAndReference, ElementwiseCell.allCases)
    func absentStepsSayNothing(_ tested: TestedBackend, _ cell: ElementwiseCell) throws {
        let (batch, steps) = (5, 9)
        let mask = holed(batch: batch, steps: steps)
        let recurrent = ElementwiseRecurrent(
            cell, inputs: 2, hidden: 3, direction: .bidirectional, Initializer(seed: 1, on: tested.device))
        let results = try [Float(0.5), .nan].map { absent in
            let x = (0..<batch * steps).flatMap { place -> [Float] in
                let isThere = mask.contains(row: place / steps, step: place % steps)
                return isThere ? [0.1 * Float(place % 7), 0.3] : [absent, absent]
            }
            let tensor = Tensor(x, shape: [batch, steps, 2], on: tested.device)
            let (_, gradients, output) = recurrent.valueWithGradient {
                let output = recurrent(tensor, mask: mask).output
                return (output.weightedSum(), output)
            }
            return try [output.floats()] + recurrent.parameters.map { try gradients[$0.parameter]!.floats() }
        }
        #expect(results[0] == results[1] && results[0].joined().contains { $0 != 0 })
    }

    @Test(arguments: Merge.allCases)
    func directionsMerge(_ merge: Merge) throws {
        let (batch, steps, hidden) = (2, 5, 3)
        let stack = { (merge: Merge) in
            ElementwiseRecurrent(
                .minGRU, inputs: 4, hidden: hidden, direction: .bidirectional, merge: merge,
                Initializer(seed: 6, on: .reference))
        }
        let x = Operands([[batch, steps, 4]], on: .reference).values[0]
        let both = stack(.concatenated)(x).output
        let (forward, reverse) = (both.slice(0..<hidden, along: -1), both.slice(hidden..<2 * hidden, along: -1))
        let merged = stack(merge)(x).output
        #expect(stack(merge).outputs == merged.shape[2])
        let expected: Tensor =
            switch merge {
            case .concatenated: both
            case .summed: forward + reverse
            case .averaged: (forward + reverse) / 2
            case .multiplied: forward * reverse
            }
        #expect(relativeError(try merged.doubles(), try expected.doubles()) < 1e-12)
    }

    @Test func parametersHavePyTorchNames() {
        let initializer = Initializer(seed: 1, on: .reference)
        let recurrent = ElementwiseRecurrent(
            .indRNN, inputs: 7, hidden: 5, layers: 2, direction: .bidirectional, initializer)
        #expect(
            recurrent.parameters.map { "\($0.name) \($0.parameter.shape)" } == [
                "weight_ih_l0 [5, 7]", "weight_hh_l0 [5]", "bias_ih_l0 [5]", "weight_ih_l0_reverse [5, 7]",
                "weight_hh_l0_reverse [5]", "bias_ih_l0_reverse [5]", "weight_ih_l1 [5, 10]", "weight_hh_l1 [5]",
                "bias_ih_l1 [5]", "weight_ih_l1_reverse [5, 10]", "weight_hh_l1_reverse [5]", "bias_ih_l1_reverse [5]",
            ])
        let minimal = ElementwiseRecurrent(.minLSTM, inputs: 7, hidden: 5, direction: .reverse, initializer)
        #expect(
            minimal.parameters.map { "\($0.name) \($0.parameter.shape)" } == [
                "weight_ih_l0 [15, 7]", "bias_ih_l0 [15]",
            ])
    }
}
