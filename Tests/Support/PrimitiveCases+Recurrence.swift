package import UnrollCompute

/// What a run of a stack is tried with.
package struct StackCase: Sendable {
    package var stack: RecurrentStack
    package var batch: Int
    package var steps: Int
    package var explicitInitial: Bool
    package var mask: SequenceMask?
    /// The names of the settings that are on, and whether their random numbers are drawn.
    package var options = ""
    package var isTraining = true
    /// Whether gradient comes in through the output, and through the final states.
    package var fromOutput = true
    package var fromFinal = true
    /// Whether the gradient of every h is asked for.
    package var showsFlow = false

    package init(stack: RecurrentStack, batch: Int, steps: Int, explicitInitial: Bool, mask: SequenceMask? = nil) {
        (self.stack, self.batch, self.steps) = (stack, batch, steps)
        (self.explicitInitial, self.mask) = (explicitInitial, mask)
    }

    package var name: String {
        let marks = [
            explicitInitial ? "given state" : "zero state", fromOutput ? "output" : "", fromFinal ? "final" : "",
            stack.dropout > 0 ? "dropout" : "",
            stack.direction == .forward ? "" : "\(stack.direction) \(stack.merge)",
            mask.map { "steps \($0.counts.prefix(5)), ends \($0.ends.prefix(5))" } ?? "",
            options, showsFlow ? "flow" : "",
        ]
        let sizes = "\(batch)x\(steps)x\(stack.inputs)->\(stack.hidden)x\(stack.layers)"
        return "\(stack.cell.name) \(sizes) " + marks.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Every cell, one and three layers, both kinds of initial state; sizes all different and not whole vectors, one
    /// above a tile in everything, and ones.
    package static let all: [StackCase] = Cell.all.flatMap { plain($0) + sequences($0) + staged($0) + everything($0) }

    /// What a simulator has time for: of every cell small ones, in both directions too, and all that can be turned on; of
    /// one, which stands for all, those that are larger than tiles.
    package static let few: [StackCase] = Cell.all.flatMap { cell in
        let ordered = sequences(cell).enumerated().filter { $0.offset % 7 == 3 }.map(\.element)
        return (cell == .gru ? plain(cell) : Array(plain(cell).prefix(4))) + ordered + everything(cell)
    }

    private static func plain(_ cell: Cell) -> [StackCase] {
        var cases: [StackCase] = []
        for layers in [1, 3] {
            for given in [false, true] {
                let small = RecurrentStack(
                    cell: cell, inputs: 7, hidden: 11, layers: layers, dropout: layers > 1 && given ? 0.4 : 0)
                cases.append(StackCase(stack: small, batch: 3, steps: 5, explicitInitial: given))
            }
        }
        let add = { (inputs: Int, hidden: Int, layers: Int, batch: Int, steps: Int, given: Bool) in
            let stack = RecurrentStack(cell: cell, inputs: inputs, hidden: hidden, layers: layers)
            cases.append(StackCase(stack: stack, batch: batch, steps: steps, explicitInitial: given))
        }
        add(19, 67, 2, 13, 4, true)
        cases[cases.count - 1].stack.dropout = 0.25
        add(33, 130, 1, 8, 3, false)
        add(3, 67, 1, 7, 2, true)  // above a tile of vectors in everything, and small
        add(1, 1, 1, 1, 1, true)
        add(5, 70, 2, 1, 6, true)
        cases[cases.count - 1].fromOutput = false
        add(5, 70, 2, 5, 2, false)
        cases[cases.count - 1].fromFinal = false
        add(5, 67, 1, 7, 12, true)  // panels shared by two workers, which meet after every step
        add(3, 523, 1, 2, 2, true)  // panels longer than a block
        add(5, 19, 2, 111, 13, true)  // more rows than a backend goes through at once
        add(3, 9, 1, 1037, 3, false)  // and in a single step
        return cases
    }

    /// What can be turned on in a cell, each alone and every pair.
    package static let options: [StackCase] =
        Cell.all.flatMap(optional) + (testsAreLong ? Cell.all.flatMap(product) : [])

    /// The same where every case takes a compiler's time: each alone (unless tests may take minutes, of the lstm only, for an
    /// option's text is the same in every cell), and together so that of every two settings some case
    /// has both, one only the first and one only the second.
    package static let fewOptions: [StackCase] = Cell.all.flatMap { cell in
        let settings = settings(of: cell).filter { !isActivation($0) || $0.name == "activations 1" }
        var chosen = StackCase.settings(of: cell).map { [$0] }.filter {
            // Each activation at one gate.
            !isActivation($0[0]) || Int($0[0].name.split(separator: " ")[1])! % cell.activations.count == 0
        }
        if cell != .lstm && !testsAreLong { chosen = [] }
        var bit = 1
        while bit < settings.count {
            for isSet in [true, false] {
                chosen.append(settings.indices.filter { ($0 & bit != 0) == isSet }.map { settings[$0] })
            }
            bit *= 2
        }
        return chosen.enumerated().map { number, settings in with(settings, cell, number) }
    }

    private static func isActivation(_ setting: Setting) -> Bool { setting.name.hasPrefix("activations") }

    /// Directions, what becomes of two of them, lengths and masks.
    private static func sequences(_ cell: Cell) -> [StackCase] {
        var cases: [StackCase] = []
        let masks = [nil, falling, mixed, holes]
        let rest: [(Direction, Merge)] = [
            (.forward, .concatenated), (.reverse, .concatenated), (.bidirectional, .concatenated),
            (.bidirectional, .summed), (.bidirectional, .averaged), (.bidirectional, .multiplied),
        ]
        for (number, (direction, merge)) in rest.enumerated() {
            for (place, mask) in masks.enumerated() where direction != .forward || mask != nil {
                let (layers, given) = (1 + (number + place) % 2, (number + place) % 3 != 0)
                let stack = RecurrentStack(
                    cell: cell, inputs: 3, hidden: 5, layers: layers, direction: direction, merge: merge,
                    dropout: layers > 1 ? 0.3 : 0)
                cases.append(StackCase(stack: stack, batch: 5, steps: 6, explicitInitial: given, mask: mask))
                cases[cases.count - 1].showsFlow = number % 3 == 2
            }
        }
        // Larger than tiles and vectors, shared by workers, gone through in parts.
        let large = RecurrentStack(
            cell: cell, inputs: 9, hidden: 67, layers: 2, direction: .bidirectional, dropout: 0.2)
        cases.append(StackCase(stack: large, batch: 23, steps: 9, explicitInitial: true, mask: even(23, 9)))
        let long = RecurrentStack(cell: cell, inputs: 3, hidden: 19, layers: 1)
        cases.append(StackCase(stack: long, batch: 61, steps: 17, explicitInitial: true, mask: even(61, 17)))
        cases.append(
            StackCase(
                stack: long, batch: 3, steps: 4, explicitInitial: true, mask: try! .init(lengths: [0, 0, 0], steps: 4)))
        return cases
    }

    package typealias Setting = (name: String, set: (inout RecurrentStack) -> Void)

    /// What can be turned on in a cell, by name.
    static func settings(of cell: Cell) -> [Setting] {
        // Where no pre-activation of a case falls on an end, at which there is no slope.
        let clip: Float = cell.below == nil ? 0.6 : 0.61
        var settings: [Setting] = [
            ("clip", { $0.options.clip = clip }), ("zoneout", { $0.options.zoneout = 0.3 }),
            ("candidate dropout", { $0.options.candidateDropout = 0.25 }),
            ("recurrent dropout", { $0.options.recurrentDropout = 0.35 }),
            ("weight dropout", { $0.options.weightDropout = 0.2 }), ("layer norm", { $0.options.hasLayerNorm = true }),
            ("recompute", { $0.memory = .recompute }),
            ("locked dropout", { ($0.layers, $0.dropout, $0.options.locksDropout) = (max(2, $0.layers), 0.3, true) }),
        ]
        for (place, activations) in Self.activations(count: cell.activations.count).enumerated() {
            settings.append(("activations \(place)", { $0.options.activations = activations }))
        }
        if cell.states > 1 {
            settings += [
                ("state zoneout", { $0.options.stateZoneout = 0.4 }), ("state clip", { $0.options.stateClip = 0.3 }),
                ("projection", { $0.projection = $0.hidden * 2 / 3 }),
            ]
        }
        if cell.isLSTM { settings.append(("coupled", { $0.options.couplesGates = true })) }
        if cell == .lstm { settings.append(("peepholes", { $0.options.hasPeepholes = true })) }
        return settings
    }

    /// Every activation at every gate, over as many lists as it takes.
    private static func activations(count: Int) -> [[Activation]] {
        let all: [Activation] = [
            .sigmoid, .softsign, .hardSigmoid(alpha: 0.3, beta: 0.4), .elu(alpha: 0.7), .tanh, .relu,
            .affine(alpha: 0.8, beta: 0.1), .leakyReLU(alpha: 0.2), .thresholdedReLU(alpha: 0.15),
            .scaledTanh(alpha: 1.2, beta: 0.7), .softplus,
        ]
        return all.indices.map { first in (0..<count).map { all[(first + $0) % all.count] } }
    }

    /// Each of a cell's settings alone, and every pair, in directions and with lengths that change from one to the next; in
    /// training, and as inference has it.
    private static func optional(_ cell: Cell) -> [StackCase] {
        let settings = settings(of: cell)
        var chosen = settings.indices.map { [$0] }
        for a in settings.indices { for b in settings.indices where a < b { chosen.append([a, b]) } }
        // One list of activations stands for all of them beside another setting.
        chosen = chosen.filter {
            $0.count == 1 || $0.allSatisfy { !isActivation(settings[$0]) || settings[$0].name == "activations 1" }
        }
        return chosen.enumerated().map { number, places in with(places.map { settings[$0] }, cell, number) }
    }

    /// Each of a cell's settings in every direction, with all steps and without.
    private static func product(_ cell: Cell) -> [StackCase] {
        settings(of: cell).enumerated().flatMap { number, setting in
            Direction.allCases.flatMap { direction in
                [nil, mixed].map { mask in
                    var test = with([setting], cell, number)
                    (test.stack.direction, test.mask) = (direction, mask)
                    return test
                }
            }
        }
    }

    /// Each of a cell's settings alone and all of them, large enough that workers share the work: by rows, and by panels
    /// where there are few of them.
    package static let shared: [StackCase] = Cell.all.flatMap { cell in
        let settings = settings(of: cell)
        let all = settings.filter { !isActivation($0) }
        return (settings.map { [$0] } + [all]).enumerated().flatMap { number, settings in
            [23, 7].map { batch in
                var test = with(settings, cell, number)
                (test.stack.hidden, test.batch, test.steps, test.isTraining) = (67, batch, 9, true)
                test.mask = number % 2 == 0 ? even(batch, 9) : nil
                return test
            }
        }
    }

    /// Steps in stages, larger than tiles and vectors, with rows that are more than a backend goes through at once.
    private static func staged(_ cell: Cell) -> [StackCase] {
        var options = RecurrentOptions()
        options.hasLayerNorm = true
        let large = RecurrentStack(
            cell: cell, inputs: 9, hidden: 67, projection: cell.states > 1 ? 35 : nil, layers: 2,
            direction: .bidirectional, options: options, dropout: 0.2)
        let long = RecurrentStack(cell: cell, inputs: 3, hidden: 19, layers: 1, options: options)
        var cases = [
            StackCase(stack: large, batch: 23, steps: 9, explicitInitial: true, mask: even(23, 9)),
            StackCase(stack: long, batch: 61, steps: 17, explicitInitial: true),
        ]
        for place in cases.indices { cases[place].options = "layer norm" }
        return cases
    }

    /// All that can be turned on at once, in one product a step and in stages.
    private static func everything(_ cell: Cell) -> [StackCase] {
        let all = settings(of: cell).filter { !isActivation($0) }
        let together = all.filter { !["layer norm", "projection"].contains($0.name) }
        return [together, all].map { settings in
            var test = with(settings, cell, 2)
            test.showsFlow = true
            if cell.below != nil { test.stack.layers = 3 }
            return test
        }
    }

    private static func with(
        _ settings: [Setting], _ cell: Cell, _ number: Int
    ) -> StackCase {
        let masks = [nil, mixed, holes, falling]
        var stack = RecurrentStack(
            cell: cell, inputs: 3, hidden: number % 7 == 0 ? 17 : 5,
            layers: number % 2 + (cell.below == nil ? 1 : 2),
            direction: Direction.allCases[number % 3])
        for setting in settings { setting.set(&stack) }
        var test = StackCase(
            stack: stack, batch: 5, steps: 6, explicitInitial: number % 3 > 0, mask: masks[number % masks.count])
        test.options = settings.map(\.name).joined(separator: " + ")
        test.isTraining = number % 4 > 0 || stack.options.zoneout + stack.options.stateZoneout == 0
        return test
    }

    /// Already in order, the longest shorter than the batch.
    private static let falling = try! SequenceMask(lengths: [5, 4, 4, 1, 1], steps: 6)
    /// In no order, one full, one empty.
    private static let mixed = try! SequenceMask(lengths: [2, 6, 0, 3, 2], steps: 6)
    /// Padding on the left, holes, nothing, all, and a single step.
    private static let holes = try! SequenceMask([
        [false, false, true, true, true, true], [true, false, true, false, false, true],
        [false, false, false, false, false, false], [true, true, true, true, true, true],
        [false, false, false, true, false, false],
    ])

    /// Lengths spread over 0 to all steps.
    private static func even(_ batch: Int, _ steps: Int) -> SequenceMask {
        try! SequenceMask(lengths: (0..<batch).map { $0 * 7 % (steps + 1) }, steps: steps)
    }
}

/// A stack's run and everything it needs on a backend.
package struct StackRun {
    package let pass: RecurrentPass
    package let weights: [RecurrentWeights<Buffer>]
    package let output: Buffer
    package let final: [Buffer]
    package let gradients: RecurrentGradients

    /// Runs forward and, unless told not to, backward; accumulators start from numbers, since gradients are added.
    package init(_ test: StackCase, _ bench: Bench, backward: Bool = true) {
        let (stack, backend) = (test.stack, bench.backend)
        let bound = 1 / Float(stack.hidden).squareRoot()
        let draw = { (index: Int) in
            let shapes = stack.shapes(of: index / stack.direction.count)
            var drawn = shapes.map { shape in
                let isOfGates = [stack.cell.gates, stack.cell.inputGates].contains(shape[0] / stack.hidden)
                return bench.buffer(shape.reduce(1, *), bound: shape.count == 2 || isOfGates ? bound : 1)
            }
            // Where gates have no bounds and see c, larger ones let it grow beyond all numbers.
            drawn.peepholes = shapes.peepholes.map { bench.buffer($0[0], bound: stack.cell.below == nil ? 0.5 : 0.1) }
            return drawn
        }
        let states = stack.widths.map { stack.sweeps * test.batch * $0 }
        let weights = (0..<stack.sweeps).map(draw)
        let keys = (1..<max(stack.layers, 2)).map { RandomSource(seed: 77, step: 9).key(site: $0) }
        pass = RecurrentPass(
            batch: test.batch, steps: test.steps, x: bench.buffer(test.batch * test.steps * stack.inputs),
            mask: test.mask, weights: weights,
            initial: test.explicitInitial ? states.map { bench.buffer($0) } : nil,
            dropoutKeys: stack.dropout > 0 ? keys : nil,
            keys: stack.options.isRandom && test.isTraining
                ? (0..<stack.sweeps).map { sweep in
                    let key = { RandomSource(seed: 78, step: sweep).key(site: $0) }
                    return RecurrentKeys(step: key(0), recurrent: key(1), weight: key(2))
                } : nil)
        self.weights = weights
        let trace = backend.forward(stack, pass)
        (output, final) = (trace.output, trace.final)
        gradients = RecurrentGradients(
            output: test.fromOutput ? bench.buffer(test.batch * test.steps * stack.outputs) : nil,
            final: states.map { test.fromFinal ? bench.buffer($0) : nil },
            x: bench.buffer(test.batch * test.steps * stack.inputs),
            weights: (0..<stack.sweeps).map { draw($0).map { $0 } }, initial: states.map { bench.buffer($0) },
            flow: test.showsFlow ? trace.runs.map { bench.buffer($0.sweep.rows.total * stack.width) } : nil)
        if backward { backend.backward(stack, pass, trace, gradients) }
    }

    /// Results and gradients by name.
    package var results: [String: Buffer] {
        var results = ["output": output]
        results["dx"] = gradients.x
        for (i, buffer) in final.enumerated() { results["final \(i)"] = buffer }
        for (i, buffer) in gradients.initial.enumerated() { results["dinitial \(i)"] = buffer }
        for (i, buffer) in (gradients.flow ?? []).enumerated() { results["flow \(i)"] = buffer }
        for (sweep, weights) in gradients.weights.enumerated() {
            for (name, buffer) in zip(weights.names(" \(sweep)"), weights.all) { results["d" + name] = buffer }
        }
        return results
    }
}

extension StackRun {
    /// On the reference: what gradients are with respect to, their accumulators, and what those held in the run `before`
    /// anything was added.
    package func differentiated(
        since before: StackRun
    ) -> [(name: String, of: ReferenceBuffer, gradient: ReferenceBuffer, start: ReferenceBuffer)] {
        var variables = ["dx": pass.x]
        for (i, buffer) in (pass.initial ?? []).enumerated() { variables["dinitial \(i)"] = buffer }
        for (sweep, weights) in self.weights.enumerated() {
            for (name, buffer) in zip(weights.names(" \(sweep)"), weights.all) { variables["d" + name] = buffer }
        }
        return variables.sorted { $0.key < $1.key }.map { name, buffer in
            (name, buffer.doubles, results[name]!.doubles, before.results[name]!.doubles)
        }
    }
}

extension PrimitiveCase {
    package static let recurrences = StackCase.all.map(recurrence)
    package static let fewRecurrences = StackCase.few.map(recurrence)
    package static let plainRecurrences = StackCase.all.filter { $0.options.isEmpty }.map(recurrence)

    /// Not among `all`: whoever tries these tries each option by itself, and every pair.
    package static let recurrentOptions = StackCase.options.map(recurrence)
    package static let fewRecurrentOptions = StackCase.fewOptions.map(recurrence)

    /// For whoever asks what becomes of options where work is shared out.
    package static let sharedOptions = StackCase.shared.map(recurrence)

    private static func recurrence(_ test: StackCase) -> PrimitiveCase {
        // Layer normalisation of a few numbers divides by what may be small, step after step.
        PrimitiveCase(test.name, tolerance: test.stack.options.hasLayerNorm ? 5e-5 : 1e-5) { bench in
            try bench.values(StackRun(test, bench).results)
        }
    }
}
