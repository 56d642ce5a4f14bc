import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A stack whose gradient through time can be observed.
private protocol ObservedStack: SequenceModule {
    var inputs: Int { get }
    var hidden: Int { get }
    var outputs: Int { get }
    var layers: Int { get }
    var direction: Direction { get }
    var gradientFlow: GradientFlow? { get set }
    /// One layer in one direction like its own.
    func sweep(inputs: Int, direction: Direction, _ initializer: Initializer) -> any SequenceModule
}

extension Recurrent: ObservedStack {
    fileprivate func sweep(
        inputs: Int, direction: Direction, _ initializer: Initializer
    ) -> any SequenceModule {
        Recurrent(cell, inputs: inputs, hidden: hidden, direction: direction, options: options, initializer)
    }
}

extension ElementwiseRecurrent: ObservedStack {
    fileprivate func sweep(
        inputs: Int, direction: Direction, _ initializer: Initializer
    ) -> any SequenceModule {
        ElementwiseRecurrent(cell, inputs: inputs, hidden: hidden, direction: direction, options: options, initializer)
    }
}

/// A stack of two layers from recurrent layers of one direction each, in which one h may be moved by an amount: what the
/// gradient of a loss with respect to that h means.
private final class MovableStack: Module {
    let directions: [Direction]
    /// Of each direction of each layer.
    let sweeps: [any SequenceModule]
    let mask: SequenceMask?

    init(of whole: any ObservedStack, mask: SequenceMask?) throws {
        directions = whole.direction == .bidirectional ? [.forward, .reverse] : [whole.direction]
        self.mask = mask
        let device = whole.parameters[0].parameter.value.device
        let (count, size) = (directions.count, whole.outputs)
        let directions = directions
        sweeps = (0..<whole.layers * count).map { index in
            whole.sweep(
                inputs: index < count ? whole.inputs : size, direction: directions[index % count],
                Initializer(seed: 9, on: device))
        }
        let own = sweeps.flatMap { $0.parameters }
        #expect(own.count == whole.parameters.count)
        for ((_, mine), (_, theirs)) in zip(own, whole.parameters) { mine.value = theirs.value }
    }

    /// `[batch, steps, …]`, `[sweeps, batch, hidden]` for each state.
    func run(_ x: Tensor, moving moved: (sweep: Int, step: Int, by: Tensor)?) -> [Tensor] {
        var (input, finals) = (x, [[Tensor]]())
        for layer in 0..<sweeps.count / directions.count {
            let outputs = directions.indices.map { direction in
                let index = layer * directions.count + direction
                let (output, final) = run(index, input, moved.flatMap { $0.sweep == index ? ($0.step, $0.by) : nil })
                finals.append(final)
                return output
            }
            input = outputs.count == 1 ? outputs[0] : Tensor.concatenated(outputs, along: 2)
        }
        return [input] + finals[0].indices.map { state in Tensor.concatenated(finals.map { $0[state] }, along: 0) }
    }

    func isReversed(_ sweep: Int) -> Bool { directions[sweep % directions.count] == .reverse }

    /// One sweep, up to and with the step, whose h is moved, and from there.
    private func run(_ index: Int, _ x: Tensor, _ moved: (step: Int, by: Tensor)?) -> (Tensor, [Tensor]) {
        let steps = x.shape[1]
        guard let (step, amount) = moved else {
            let (output, state) = sweeps[index](x, nil, mask: mask)
            return (output, state.tensors)
        }
        let isReversed = isReversed(index)
        let (before, after) = isReversed ? (step..<steps, 0..<step) : (0..<step + 1, step + 1..<steps)
        var (output, state) = part(index, x, before, nil)
        state.tensors[0] = state.tensors[0] + amount.reshaped([1] + amount.shape)
        let first = isReversed ? 0 : before.count - 1
        let last = output.slice(first..<first + 1, along: 1) + amount.reshaped([amount.shape[0], 1, amount.shape[1]])
        let others = isReversed ? 1..<before.count : 0..<before.count - 1
        if others.isEmpty {
            output = last
        } else {
            let rest = output.slice(others, along: 1)
            output = Tensor.concatenated(isReversed ? [last, rest] : [rest, last], along: 1)
        }
        guard !after.isEmpty else { return (output, state.tensors) }
        let (rest, final) = part(index, x, after, state)
        return (Tensor.concatenated(isReversed ? [rest, output] : [output, rest], along: 1), final.tensors)
    }

    private func part(
        _ index: Int, _ x: Tensor, _ steps: Range<Int>, _ state: RecurrentState?
    ) -> (output: Tensor, state: RecurrentState) {
        let present = mask.map { mask in
            (0..<mask.batch).map { row in steps.map { mask.contains(row: row, step: $0) } }
        }
        return sweeps[index](x.slice(steps, along: 1), state, mask: present.map { try! SequenceMask($0) })
    }
}

@Suite struct GradientFlowTests {
    static let (batch, steps, inputs, hidden) = (3, 5, 4, 7)

    /// In no order, one full, one empty; and holes.
    static let masks: [SequenceMask?] = [
        nil, try! SequenceMask(lengths: [2, 5, 0], steps: 5),
        try! SequenceMask([
            [false, true, false, true, true], [true, false, false, true, false], [true, true, true, true, true],
        ]),
    ]

    private func x(on device: Device, steps: Int = Self.steps) -> Tensor {
        Operands([[Self.batch, steps, Self.inputs]], seed: 6, on: device).values[0]
    }

    private func loss(_ results: [Tensor]) -> Tensor {
        results.dropFirst().reduce(results[0].weightedSum()) { $0 + $1.weightedSum() }
    }

    /// Of a stack of two layers, and what it comes to.
    private func curves(
        _ recurrent: any ObservedStack, _ mask: SequenceMask?, on device: Device, random: RandomSource? = nil
    ) throws -> [GradientFlow.Curve] {
        let flow = GradientFlow()
        recurrent.gradientFlow = flow
        defer { recurrent.gradientFlow = nil }
        _ = recurrent.valueWithGradient(random: random) {
            let run = { recurrent(x(on: device), nil, mask: mask) }
            let (output, state) = random == nil ? evaluating(run) : run()
            return loss([output] + state.tensors)
        }
        return try flow.curves()
    }

    /// Every norm against the gradient of the loss with respect to an amount by which that h is moved, and that against
    /// finite differences. Of cells whose layers can be run by themselves: that of the
    /// depth-gated one is only held against the reference's.
    @Test(arguments: Cell.all.filter { $0.below == nil }, Direction.allCases)
    func isTheGradientOfTheLoss(_ cell: Cell, _ direction: Direction) throws {
        try isTheGradientOfTheLoss(
            Recurrent(
                cell, inputs: Self.inputs, hidden: Self.hidden, layers: 2, direction: direction,
                Initializer(seed: 3, on: .reference)))
    }

    @Test(arguments: ElementwiseCell.allCases, Direction.allCases)
    func isTheGradientOfTheLoss(_ cell: ElementwiseCell, _ direction: Direction) throws {
        var options = RecurrentOptions()
        options.zoneout = direction == .bidirectional ? 0.3 : 0
        try isTheGradientOfTheLoss(
            ElementwiseRecurrent(
                cell, inputs: Self.inputs, hidden: Self.hidden, layers: 2, direction: direction, options: options,
                Initializer(seed: 3, on: .reference)))
    }

    private func isTheGradientOfTheLoss(_ recurrent: some ObservedStack) throws {
        let direction = recurrent.direction
        let x = x(on: .reference)
        for mask in Self.masks {
            let curves = try curves(recurrent, mask, on: .reference)
            let stack = try MovableStack(of: recurrent, mask: mask)
            #expect(curves.map(\.layer) == (direction == .bidirectional ? [0, 0, 1, 1] : [0, 1]))
            #expect(curves.map(\.isReversed) == curves.indices.map { stack.isReversed($0) })
            let whole = try loss(stack.run(x, moving: nil)).doubles()
            for (sweep, curve) in curves.enumerated() {
                #expect(curve.norms.count == Self.steps)
                for step in 0..<Self.steps {
                    let isThere = (0..<Self.batch).map { mask?.contains(row: $0, step: step) ?? true }
                    let factors = isThere.flatMap { Array(repeating: Float($0 ? 1 : 0), count: Self.hidden) }
                    let amount = Operands([[Self.batch, Self.hidden]], in: 0...0, on: .reference)
                    let moved = {
                        let by = amount.values[0] * Tensor(factors, shape: [Self.batch, Self.hidden], on: .reference)
                        return evaluating { loss(stack.run(x, moving: (sweep, step, by))) }
                    }
                    // Not moved at all it is the whole.
                    #expect(relativeError(try moved().doubles(), whole) < 1e-12)
                    let gradient = amount.valueWithGradient(moved).gradients[amount.tensors[0]]
                    let expected = try #require(gradient).doubles().reduce(0) { $0 + $1 * $1 }.squareRoot()
                    #expect((expected > 0.01) == isThere.contains(true))
                    #expect(abs(curve.norms[step] - expected) < 1e-6 * (1 + expected), "sweep \(sweep), step \(step)")
                    for error in try gradientErrors(of: amount, moved) where expected > 0 {
                        #expect(error.error < 1e-7, "\(error)")
                    }
                }
            }
        }
    }

    /// On every device, with sizes beyond a vector and a tile, and with much turned on. (Every cell with everything turned on
    /// is among the primitives that all devices must agree on.)
    @Test(arguments: TestedBackend.all, [Cell.lstm, .gru])
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ cell: Cell) throws {
        var options = RecurrentOptions()
        (options.zoneout, options.recurrentDropout, options.clip) = (0.2, 0.3, 2)
        (options.candidateDropout, options.weightDropout) = (0.1, 0.2)
        for (hidden, options, mask) in [(Self.hidden, options, Self.masks[1]), (67, .init(), Self.masks[2])] {
            let found = try [tested.device, .reference].map { device in
                let recurrent = Recurrent(
                    cell, inputs: Self.inputs, hidden: hidden, layers: 2, direction: .bidirectional, merge: .summed,
                    options: options, dropout: 0.3, Initializer(seed: 3, on: device))
                let curves = try curves(recurrent, mask, on: device, random: RandomSource(seed: 5, step: 2))
                let again = try self.curves(recurrent, mask, on: device, random: RandomSource(seed: 5, step: 2))
                #expect(again == curves, "the same bits every time")
                return curves
            }
            #expect(found[0].count == 4 && found[1].count == 4)
            for (curve, expected) in zip(found[0], found[1]) {
                #expect(largest(expected.norms) > 0.1)
                #expect(relativeError(curve.norms, expected.norms) < 1e-5, "\(curve.layer) \(curve.isReversed)")
            }
        }
    }

    /// Observing changes nothing.
    @Test(arguments: TestedBackend.all) func theRestStaysAsItWas(_ tested: TestedBackend) throws {
        let recurrent = Recurrent(
            .gru, inputs: Self.inputs, hidden: 67, layers: 2, direction: .bidirectional,
            Initializer(seed: 3, on: tested.device))
        let gradients = try [nil, GradientFlow()].map { flow in
            recurrent.gradientFlow = flow
            let (value, gradients) = recurrent.valueWithGradient {
                recurrent(x(on: tested.device)).output.weightedSum()
            }
            return try [value.floats()] + recurrent.parameters.map { try gradients[$0.parameter]!.floats() }
        }
        #expect(gradients[0] == gradients[1] && gradients[0].count == 17)
    }

    /// Several runs in one loss are one sequence; another loss begins anew, and where nothing comes back there is nothing.
    @Test(arguments: TestedBackend.allAndReference) func runsFollowEachOther(_ tested: TestedBackend) throws {
        let (flow, device) = (GradientFlow(), tested.device)
        let recurrent = Recurrent(
            .lstm, inputs: Self.inputs, hidden: Self.hidden, layers: 2, Initializer(seed: 3, on: device))
        #expect(try flow.curves().isEmpty)
        recurrent.gradientFlow = flow
        let x = x(on: device)
        _ = recurrent.valueWithGradient { recurrent(x).output.weightedSum() }
        let whole = try flow.curves()
        _ = recurrent.valueWithGradient {
            let first = recurrent(x.slice(0..<2, along: 1))
            let second = recurrent(x.slice(2..<5, along: 1), first.state)
            return Tensor.concatenated([first.output, second.output], along: 1).weightedSum()
        }
        let parts = try flow.curves()
        for (curve, expected) in zip(parts, whole) {
            #expect(curve.norms.count == 5 && relativeError(curve.norms, expected.norms) < tested.tolerance * 100)
        }
        // A loss of the first two steps has no gradient in the others.
        _ = recurrent.valueWithGradient {
            let first = recurrent(x.slice(0..<2, along: 1))
            _ = recurrent(x.slice(2..<5, along: 1), first.state)
            return first.output.weightedSum()
        }
        for curve in try flow.curves() {
            #expect(curve.norms.count == 5 && curve.norms[0] > 0.01 && curve.norms[2...].allSatisfy { $0 == 0 })
        }
        // Without a tape nothing is observed.
        _ = recurrent(x)
        #expect(try flow.curves().count == 2)
        let mask = try SequenceMask(lengths: [0, 0, 0], steps: 5)
        _ = recurrent.valueWithGradient { recurrent(x, mask: mask).output.weightedSum() }
        #expect(try flow.curves().map(\.norms) == Array(repeating: Array(repeating: 0, count: 5), count: 2))
    }

    /// Neither what vanishes nor what explodes leaves the numbers' range by being squared.
    @Test(arguments: TestedBackend.all) func smallAndLargeNorms(_ tested: TestedBackend) throws {
        let (steps, device) = (9, tested.device)
        for (weight, range) in [(Float(1e-4), 1e-33...1e-31), (1e4, 1e31...1e33)] {
            let recurrent = Recurrent(.rnnReLU, inputs: 1, hidden: 1, Initializer(seed: 3, on: device))
            for (index, value) in [Float(1), weight, 0, 0].enumerated() {
                let parameter = recurrent.parameters[index].parameter
                parameter.value = .full(parameter.shape, with: value, on: device)
            }
            let flow = GradientFlow()
            recurrent.gradientFlow = flow
            let x = Tensor([1e-4] + [Float](repeating: 1e-4, count: steps - 1), shape: [1, steps, 1], on: device)
            _ = recurrent.valueWithGradient { recurrent(x).output.slice(steps - 1..<steps, along: 1).sum() }
            let norms = try flow.curves()[0].norms
            #expect(norms[steps - 1] == 1 && range.contains(norms[0]), "\(norms)")
        }
    }
}
