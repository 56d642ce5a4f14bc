// The gradient of a stack in terms of sweeps and matmuls, as Backend+Recurrence.swift has the stack.

extension Backend {
    package func backward(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace, _ gradients: RecurrentGradients
    ) {
        var output = gradients.output.map { pass.rows($0, columns: stack.outputs) }
        var above = [Buffer?](repeating: nil, count: trace.packings.count)
        for layer in (0..<stack.layers).reversed() {
            let dx = inputGradient(of: layer, stack, pass, trace, gradients)
            let outputs = outputGradients(output, of: layer, stack, pass, trace)
            for direction in trace.packings.indices {
                above[direction] = backward(
                    stack, pass, trace, gradients, index: layer * trace.packings.count + direction,
                    trace.packings[direction], output: outputs[direction], above: above[direction], into: dx,
                    accumulating: layer == 0 || direction > 0)
            }
            if layer > 0, let dx, let dropout = pass.dropout(of: stack, above: layer - 1) {
                drop(dropout, of: stack, dx, into: dx)
            }
            output = dx
        }
    }

    /// Where the gradient of a layer's input goes: for an inner one laid out as that is.
    private func inputGradient(
        of layer: Int, _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace,
        _ gradients: RecurrentGradients
    ) -> Matrix? {
        if layer == 0 { return gradients.x.map { pass.rows($0, columns: stack.inputs) } }
        if trace.packings.count == 1 && trace.packings[0] == nil { return timeMajor(pass, columns: stack.width) }
        return pass.rows(makeBuffer(.float32, count: pass.batch * pass.steps * stack.outputs), columns: stack.outputs)
    }

    /// Of the gradient of a layer's output each direction's.
    private func outputGradients(
        _ output: Matrix?, of layer: Int, _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace
    ) -> [Matrix?] {
        let width = stack.width
        guard let output else { return trace.packings.map { _ in nil } }
        guard stack.isMerged else {
            return trace.packings.indices.map { output.columns($0 * width..<($0 + 1) * width) }
        }
        if stack.merge == .summed { return [output, output] }
        let made = { self.makeBuffer(.float32, count: pass.batch * pass.steps * width) }
        if stack.merge == .averaged {
            let half = made()
            map(.affine(0.5, 0), output.buffer, into: half)
            return [pass.rows(half, columns: width), pass.rows(half, columns: width)]
        }
        return [1, 0].map { other in
            let d = pass.rows(made(), columns: width)
            zip(
                .multiply, output, trace.factors[layer]!.columns(other * width..<(other + 1) * width), into: d,
                accumulating: false)
            return d
        }
    }

    /// One direction of a layer, all steps. What it gives is the gradient of c of the layer below, if it has seen that.
    private func backward(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace, _ gradients: RecurrentGradients,
        index: Int, _ packing: SequencePacking?, output: Matrix?, above: Buffer?, into dx: Matrix?, accumulating: Bool
    ) -> Buffer? {
        let run = recomputed(index, of: trace, stack, pass)
        let sweep = run.sweep
        let carry = Swift.zip(gradients.final, stack.widths).map { final, width in
            let buffer = makeBuffer(.float32, count: pass.batch * width)
            copyStates(
                final.map { [$0] }, at: index * pass.batch, to: [buffer], at: 0, rows: pass.batch, columns: [width],
                indices: packing?.sorting?.order)
            return buffer
        }
        let output = packing.map { packing in output.map { packed($0, by: packing) } } ?? output
        let products = sweep.peepholes.map { _ in
            makeBuffer(.float32, count: sweep.cell.peepholes * sweep.rows.total * stack.hidden)
        }
        var sweepGradients = SweepGradients(
            output: output, carry: carry, products: products, flow: gradients.flow?[index])
        sweepGradients.above = above
        sweepGradients.stages = sweep.stages.map { StageGradients(sweep, $0, on: self) }
        var weightGradients = gradients.weights[index]
        let dropped = pass.weightMask(of: stack, index)
        let wanted = weightGradients.recurrent
        if dropped != nil, let wanted { weightGradients.recurrent = makeZeros(count: wanted.count) }
        let target = packing.map { packing in dx.map { packedRows(packing.rows, columns: $0.columns) } } ?? dx
        for part in sweep.parts(ofRows: rowsAtOnce).reversed() {
            if part.stages == nil { backward(part, sweepGradients) } else { backwardInStages(part, sweepGradients) }
            addWeightGradients(of: part, run.input, into: weightGradients)
            addGradients(ofOptionsOf: part, sweepGradients, into: gradients.weights[index])
            if let target {
                addInputGradient(
                    of: part, by: pass.weights[index], into: part.part(of: target),
                    accumulating: packing == nil && accumulating)
            }
        }
        if let dropped, let wanted, let found = weightGradients.recurrent {
            let rows = { (buffer: Buffer) in Matrix(buffer, rows: buffer.count / stack.width, columns: stack.width) }
            dropout(dropped, rows(found), into: rows(wanted), accumulating: true)
        }
        if let packing, let dx, let target {
            gather(target, indices: packing.places, into: dx.flat, accumulating: accumulating)
        }
        for ((buffer, initial), width) in Swift.zip(Swift.zip(carry, gradients.initial), stack.widths) {
            guard let initial else { continue }
            copyStates(
                [buffer], at: 0, to: [initial], at: index * pass.batch, rows: pass.batch, columns: [width],
                indices: packing?.sorting?.places, accumulating: true)
        }
        return sweep.cell.below.map { memoryGradient(of: sweep, block: $0) }
    }

    private func memoryGradient(of sweep: RecurrentSweep, block: Int) -> Buffer {
        let (rows, hidden) = (sweep.rows.total, sweep.hidden)
        let result = makeBuffer(.float32, count: rows * hidden, for: "the gradient of a layer's memory")
        copy(
            sweep.inOrder(sweep.saved, block, 1, of: sweep.cell.saved),
            to: Matrix(result, rows: rows, columns: hidden), accumulating: false)
        return result
    }

    /// `dx ← Wᵀ·∂(W·x)`, for all steps of the part at once.
    private func addInputGradient(
        of sweep: RecurrentSweep, by weights: RecurrentWeights<Buffer>, into dx: Matrix, accumulating: Bool
    ) {
        for (index, run) in sweep.inputRuns.enumerated() {
            let w = Matrix(
                weights.input, at: run.gate * sweep.hidden * dx.columns, batches: dx.batches,
                rows: run.length * sweep.hidden, columns: dx.columns, batchStride: 0)
            multiply(
                sweep.inputRows(run, beside: dx), w, into: dx, bias: nil, accumulating: accumulating || index > 0)
        }
    }

    /// `dW += ∂(W·x)ᵀ·x` and `dR += ∂(R·h)ᵀ·h`, each over all steps and rows of the part at once, and column sums for the
    /// biases. `input`: of the whole.
    private func addWeightGradients(
        of sweep: RecurrentSweep, _ input: Matrix, into gradients: RecurrentWeights<Buffer?>
    ) {
        let (x, hidden) = (sweep.part(of: input), sweep.hidden)
        for run in sweep.inputRuns {
            let d = sweep.inputRows(run, beside: x)
            if let dw = gradients.input {
                let view = Matrix(
                    dw, at: run.gate * hidden * x.columns, batches: x.batches, rows: d.columns, columns: x.columns,
                    batchStride: 0)
                multiply(d.transposed, x, into: view, bias: nil, accumulating: true)
            }
        }
        if let dr = gradients.recurrent {
            addProductGradient(of: sweep, sweep.products.first, sweep.fed?.h ?? sweep.states[0], into: dr)
            if let v = sweep.stages?.v { addProductGradient(of: sweep, sweep.products.second, v, into: dr) }
        }
        addBiasGradients(of: sweep, into: gradients)
    }

    /// `dR += ∂(R·h)ᵀ·h` for some of its gates and what their product read.
    private func addProductGradient(of sweep: RecurrentSweep, _ gates: Range<Int>, _ h: Buffer, into dr: Buffer) {
        let width = sweep.width
        let (buffer, blocks) =
            sweep.stages?.norm == nil
            ? (sweep.saved, sweep.cell.saved) : (sweep.stages!.q, sweep.cell.gates)
        let d = sweep.inOrder(buffer, gates.lowerBound, gates.count, of: blocks)
        let h = Matrix(h, rows: sweep.rows.total, columns: width).rows(sweep.rows.range(sweep.part))
        let view = Matrix(dr, at: gates.lowerBound * sweep.hidden * width, rows: d.columns, columns: width)
        multiply(d.transposed, h, into: view, bias: nil, accumulating: true)
    }

    /// Of peepholes, gains and the projection.
    private func addGradients(
        ofOptionsOf sweep: RecurrentSweep, _ found: SweepGradients, into gradients: RecurrentWeights<Buffer?>
    ) {
        let (rows, hidden, cell) = (sweep.rows.range(sweep.part), sweep.hidden, sweep.cell)
        let sum = { (terms: Buffer, blocks: Int, block: Int, target: Buffer) in
            let all = Matrix(terms, rows: sweep.rows.total, columns: blocks * hidden).rows(rows)
            self.reduce(
                .sum, rowsOf: all.columns(block * hidden..<block * hidden + target.count), scale: 1,
                into: Matrix(target, rows: 1, columns: target.count), accumulating: true)
        }
        if let terms = found.products, let target = gradients.peepholes ?? nil {
            sum(terms, sweep.cell.peepholes, 0, target)
        }
        if let terms = found.stages?.gains, let norm = gradients.norm {
            let blocks = sweep.stages!.norm!.blocks(of: cell)
            let targets = [norm.inputGain, norm.recurrentGain, norm.memory?.gain ?? nil, norm.memory?.bias ?? nil]
            for (target, block) in Swift.zip(targets, [0, cell.inputGates, blocks - 2, blocks - 1]) {
                if let target { sum(terms, blocks, block, target) }
            }
        }
        if let projected = found.stages?.projected, let target = gradients.projection ?? nil {
            let d = Matrix(projected, rows: sweep.rows.total, columns: sweep.width).rows(rows)
            let m = Matrix(sweep.stages!.m, rows: sweep.rows.total, columns: hidden).rows(rows)
            multiply(
                d.transposed, m, into: Matrix(target, rows: sweep.width, columns: hidden), bias: nil,
                accumulating: true)
        }
    }

    /// Both biases are sums of the same blocks, or nearly: one pass over them.
    private func addBiasGradients(of sweep: RecurrentSweep, into gradients: RecurrentWeights<Buffer?>) {
        guard gradients.inputBias != nil || gradients.recurrentBias != nil else { return }
        let d = sweep.inOrder(sweep.saved, 0, sweep.cell.saved, of: sweep.cell.saved)
        let sums = makeBuffer(.float32, count: d.columns)
        reduce(.sum, rowsOf: d, scale: 1, into: Matrix(sums, rows: 1, columns: d.columns), accumulating: false)
        let inputRuns = sweep.cell.inputRuns.map { (gradients.inputBias, $0.block, $0.gate, $0.length) }
        for (bias, block, gate, length) in inputRuns + [(gradients.recurrentBias, 0, 0, sweep.cell.gates)] {
            guard let bias else { continue }
            let hidden = sweep.hidden
            copy(sums, from: block * hidden, to: bias, at: gate * hidden, count: length * hidden, accumulating: true)
        }
    }
}
