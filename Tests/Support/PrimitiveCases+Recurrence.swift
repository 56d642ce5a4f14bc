package import UnrollCompute

/// What a run of a stack is tried with.
package struct StackCase: Sendable {
    package var stack: RecurrentStack
    package var batch: Int
    package var steps: Int
    package var explicitInitial: Bool
    /// Whether gradient comes in through the output, and through the final states.
    package var fromOutput = true
    package var fromFinal = true

    package var name: String {
        let marks = [
            explicitInitial ? "given state" : "zero state", fromOutput ? "output" : "", fromFinal ? "final" : "",
            stack.dropout > 0 ? "dropout" : "",
        ]
        let sizes = "\(batch)x\(steps)x\(stack.inputs)->\(stack.hidden)x\(stack.layers)"
        return "\(stack.cell.name) \(sizes) " + marks.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Every cell, one and three layers, both kinds of initial state; sizes all different and not whole vectors, one
    /// above a tile in everything, and ones.
    package static let all: [StackCase] = Cell.all.flatMap { cell in
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
        let rows = stack.cell.gates * stack.hidden
        let bound = 1 / Float(stack.hidden).squareRoot()
        let draw = { (layer: Int) in
            RecurrentWeights(
                input: bench.buffer(rows * stack.inputs(of: layer), bound: bound),
                recurrent: bench.buffer(rows * stack.hidden, bound: bound), inputBias: bench.buffer(rows, bound: bound),
                recurrentBias: bench.buffer(rows, bound: bound))
        }
        let state = stack.layers * test.batch * stack.hidden
        let weights = (0..<stack.layers).map(draw)
        let keys = (1..<max(stack.layers, 2)).map { RandomSource(seed: 77, step: 9).key(site: $0) }
        pass = RecurrentPass(
            batch: test.batch, steps: test.steps, x: bench.buffer(test.batch * test.steps * stack.inputs),
            weights: weights,
            initial: test.explicitInitial ? (0..<stack.cell.states).map { _ in bench.buffer(state) } : nil,
            dropoutKeys: stack.dropout > 0 ? keys : nil)
        self.weights = weights
        let trace = backend.forward(stack, pass)
        (output, final) = (trace.output, trace.final)
        gradients = RecurrentGradients(
            output: test.fromOutput ? bench.buffer(test.batch * test.steps * stack.hidden) : nil,
            final: (0..<stack.cell.states).map { _ in test.fromFinal ? bench.buffer(state) : nil },
            x: bench.buffer(test.batch * test.steps * stack.inputs),
            weights: (0..<stack.layers).map { layer in
                let drawn = draw(layer)
                return RecurrentWeights<Buffer?>(
                    input: drawn.input, recurrent: drawn.recurrent, inputBias: drawn.inputBias,
                    recurrentBias: drawn.recurrentBias)
            },
            initial: (0..<stack.cell.states).map { _ in bench.buffer(state) })
        if backward { backend.backward(stack, pass, trace, gradients) }
    }

    /// Results and gradients by name.
    package var results: [String: Buffer] {
        var results = ["output": output]
        results["dx"] = gradients.x
        for (i, buffer) in final.enumerated() { results["final \(i)"] = buffer }
        for (i, buffer) in gradients.initial.enumerated() { results["dinitial \(i)"] = buffer }
        for (layer, weights) in gradients.weights.enumerated() {
            results["dinput \(layer)"] = weights.input
            results["drecurrent \(layer)"] = weights.recurrent
            results["dinputBias \(layer)"] = weights.inputBias
            results["drecurrentBias \(layer)"] = weights.recurrentBias
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
        for (layer, weights) in self.weights.enumerated() {
            variables["dinput \(layer)"] = weights.input
            variables["drecurrent \(layer)"] = weights.recurrent
            variables["dinputBias \(layer)"] = weights.inputBias
            variables["drecurrentBias \(layer)"] = weights.recurrentBias
        }
        return variables.sorted { $0.key < $1.key }.map { name, buffer in
            (name, buffer.doubles, results[name]!.doubles, before.results[name]!.doubles)
        }
    }
}

extension PrimitiveCase {
    package static let recurrences: [PrimitiveCase] = StackCase.all.map { test in
        PrimitiveCase(test.name, tolerance: 1e-5) { bench in try bench.values(StackRun(test, bench).results) }
    }
}
