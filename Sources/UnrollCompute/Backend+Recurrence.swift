// The stack in terms of sweeps and matmuls: what a backend gets for nothing. The sweep is where backends differ.

extension Backend {
    package func forward(_ stack: RecurrentStack, _ pass: RecurrentPass) -> RecurrentTrace {
        let (batch, steps, hidden) = (pass.batch, pass.steps, stack.hidden)
        let output = makeBuffer(.float32, count: batch * steps * hidden, for: "the output of a recurrence")
        let final = (0..<stack.cell.states).map { _ in
            makeBuffer(.float32, count: stack.layers * batch * hidden, for: "the final states of a recurrence")
        }
        var input = Matrix(pass.x, batches: batch, rows: steps, columns: stack.inputs)
        var layers: [RecurrentTrace.Layer] = []

        for layer in 0..<stack.layers {
            let weights = pass.weights[layer]
            let sweep = RecurrentSweep(
                cell: stack.cell, batch: batch, steps: steps, hidden: hidden, recurrentWeight: weights.recurrent,
                recurrentBias: weights.recurrentBias,
                saved: makeBuffer(
                    .float32, count: steps * batch * stack.cell.saved * hidden,
                    for: "what a recurrence saves of its steps"),
                states: initialStates(stack, pass, layer: layer),
                output: layer == stack.layers - 1 ? Matrix(output, batches: batch, rows: steps, columns: hidden) : nil)
            for part in sweep.parts(ofRows: rowsAtOnce) {
                project(input.rows(part.part), by: weights, into: part)
                forward(part)
            }
            layers.append(RecurrentTrace.Layer(sweep: sweep, input: input))
            let slice = batch * hidden
            copyStates(sweep.states, at: steps * slice, to: final, at: layer * slice, count: slice)
            input = sweep.hiddenRows
            if layer < stack.layers - 1, let dropout = pass.dropout(of: stack, above: layer) {
                let masked = Matrix(
                    makeBuffer(.float32, count: steps * batch * hidden), batches: batch, rows: steps, columns: hidden,
                    batchStride: hidden, rowStride: batch * hidden)
                self.dropout(dropout, input, into: masked, accumulating: false)
                input = masked
            }
        }
        return RecurrentTrace(layers: layers, output: output, final: final)
    }

    package func infer(_ stack: RecurrentStack, _ pass: RecurrentPass) -> (output: Buffer, final: [Buffer]) {
        let (cell, batch, hidden) = (stack.cell, pass.batch, stack.hidden)
        let slice = batch * hidden
        let most = max(1, min(pass.steps, rowsAtOnce / max(1, batch)))
        let output = makeBuffer(.float32, count: pass.steps * slice, for: "the output of a recurrence")
        let final = (0..<cell.states).map { _ in
            makeBuffer(.float32, count: stack.layers * slice, for: "the final states of a recurrence")
        }
        // Every layer of every part uses these again; two sets of states, for a layer reads those of the one below.
        let saved = makeBuffer(.float32, count: most * slice * cell.saved, for: "the steps of a recurrence")
        let states = (0..<min(2, stack.layers)).map { _ in
            (0..<cell.states).map { _ in
                makeBuffer(.float32, count: (most + 1) * slice, for: "the states of a recurrence")
            }
        }
        for first in stride(from: 0, to: pass.steps, by: most) {
            let steps = min(most, pass.steps - first)
            let rows = { (all: Buffer, columns: Int) in
                Matrix(
                    all, at: first * columns, batches: batch, rows: steps, columns: columns,
                    batchStride: pass.steps * columns)
            }
            let before = first > 0 ? final : pass.initial
            var input = rows(pass.x, stack.inputs)
            for layer in 0..<stack.layers {
                let weights = pass.weights[layer]
                let sweep = RecurrentSweep(
                    cell: cell, batch: batch, steps: steps, hidden: hidden, recurrentWeight: weights.recurrent,
                    recurrentBias: weights.recurrentBias, saved: saved, states: states[layer % 2],
                    output: layer == stack.layers - 1 ? rows(output, hidden) : nil)
                copyStates(before, at: layer * slice, to: sweep.states, at: 0, count: slice)
                project(input, by: weights, into: sweep)
                forward(sweep)
                copyStates(sweep.states, at: steps * slice, to: final, at: layer * slice, count: slice)
                input = sweep.hiddenRows
            }
        }
        return (output, final)
    }

    /// `count` neighbouring numbers.
    private func copy(
        _ x: Buffer, from: Int = 0, to y: Buffer, at to: Int = 0, count: Int, accumulating: Bool = false
    ) {
        copy(
            Matrix(x, at: from, rows: 1, columns: count), to: Matrix(y, at: to, rows: 1, columns: count),
            accumulating: accumulating)
    }

    package func copyStates(_ x: [Buffer]?, at from: Int, to y: [Buffer], at to: Int, count: Int) {
        for (state, buffer) in y.enumerated() {
            if let x {
                copy(x[state], from: from, to: buffer, at: to, count: count)
            } else {
                clear(Matrix(buffer, at: to, rows: 1, columns: count))
            }
        }
    }

    package func backward(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace, _ gradients: RecurrentGradients
    ) {
        let (batch, steps, hidden) = (pass.batch, pass.steps, stack.hidden)
        let slice = batch * hidden
        var output = gradients.output.map { Matrix($0, batches: batch, rows: steps, columns: hidden) }

        for layer in (0..<stack.layers).reversed() {
            let sweep = trace.layers[layer].sweep
            let carry = gradients.final.map { final in
                let buffer = makeBuffer(.float32, count: slice)
                if let final {
                    copy(final, from: layer * slice, to: buffer, count: slice)
                } else {
                    fill(buffer, with: 0)
                }
                return buffer
            }
            var dx = gradients.x.map { Matrix($0, batches: batch, rows: steps, columns: stack.inputs) }
            if layer > 0 {  // Time-major, as the states of the layer below are.
                dx = Matrix(
                    makeBuffer(.float32, count: steps * batch * hidden), batches: batch, rows: steps, columns: hidden,
                    batchStride: hidden, rowStride: batch * hidden)
            }
            for part in sweep.parts(ofRows: rowsAtOnce).reversed() {
                backward(part, outputGradient: output, carry: carry)
                addWeightGradients(of: part, trace.layers[layer].input, into: gradients.weights[layer])
                if let dx {
                    addInputGradient(
                        of: part, by: pass.weights[layer], into: dx.rows(part.part), accumulating: layer == 0)
                }
            }
            for (buffer, initial) in Swift.zip(carry, gradients.initial) {
                guard let initial else { continue }
                copy(buffer, to: initial, at: layer * slice, count: slice, accumulating: true)
            }
            if layer > 0, let dx, let dropout = pass.dropout(of: stack, above: layer - 1) {
                self.dropout(dropout, dx, into: dx, accumulating: false)
            }
            output = dx
        }
    }

    /// Slice 0 of each state: given, or zeros.
    private func initialStates(_ stack: RecurrentStack, _ pass: RecurrentPass, layer: Int) -> [Buffer] {
        let (batch, hidden) = (pass.batch, stack.hidden)
        let states = (0..<stack.cell.states).map { _ in
            makeBuffer(.float32, count: (pass.steps + 1) * batch * hidden, for: "the states of a recurrence")
        }
        copyStates(pass.initial, at: layer * batch * hidden, to: states, at: 0, count: batch * hidden)
        return states
    }

    /// `y ← 0` for a view, by way of a buffer of one zero that is seen everywhere.
    private func clear(_ y: Matrix) {
        let zero = Matrix(
            makeZeros(count: 1), batches: y.batches, rows: y.rows, columns: y.columns, batchStride: 0, rowStride: 0,
            columnStride: 0)
        copy(zero, to: y, accumulating: false)
    }

    /// `W·x + b` of the steps, straight from the rows of x into the time-major saved rows.
    private func project(_ input: Matrix, by weights: RecurrentWeights<Buffer>, into sweep: RecurrentSweep) {
        for run in sweep.cell.inputRuns {
            let columns = run.length * sweep.hidden
            let w = Matrix(
                weights.input, at: run.gate * sweep.hidden * input.columns, batches: input.batches, rows: columns,
                columns: input.columns, batchStride: 0)
            multiply(
                input, w.transposed, into: sweep.savedRows(run.block, run.length),
                bias: Matrix(weights.inputBias, at: run.gate * sweep.hidden, rows: 1, columns: columns),
                accumulating: false)
        }
    }

    /// `dx ← Wᵀ·∂(W·x)`, for all steps of the part at once.
    private func addInputGradient(
        of sweep: RecurrentSweep, by weights: RecurrentWeights<Buffer>, into dx: Matrix, accumulating: Bool
    ) {
        for (index, run) in sweep.cell.inputRuns.enumerated() {
            let w = Matrix(
                weights.input, at: run.gate * sweep.hidden * dx.columns, batches: dx.batches,
                rows: run.length * sweep.hidden, columns: dx.columns, batchStride: 0)
            multiply(
                sweep.savedRows(run.block, run.length), w, into: dx, bias: nil, accumulating: accumulating || index > 0)
        }
    }

    /// `dW += ∂(W·x)ᵀ·x` and `dR += ∂(R·h)ᵀ·h`, each over all steps and rows of the part at once, and column sums for the
    /// biases. `input`: of the whole.
    private func addWeightGradients(
        of sweep: RecurrentSweep, _ input: Matrix, into gradients: RecurrentWeights<Buffer?>
    ) {
        let (x, hidden) = (input.rows(sweep.part), sweep.hidden)
        for run in sweep.cell.inputRuns {
            let d = sweep.savedRows(run.block, run.length)
            if let dw = gradients.input {
                let view = Matrix(
                    dw, at: run.gate * hidden * x.columns, batches: x.batches, rows: d.columns, columns: x.columns,
                    batchStride: 0)
                multiply(d.transposed, x, into: view, bias: nil, accumulating: true)
            }
        }
        if let dr = gradients.recurrent {
            let d = sweep.timeMajorSaved(0, sweep.cell.gates)
            let before = Matrix(sweep.states[0], rows: sweep.steps * sweep.batch, columns: hidden)
            let h = before.rows(sweep.part.lowerBound * sweep.batch..<sweep.part.upperBound * sweep.batch)
            multiply(d.transposed, h, into: Matrix(dr, rows: d.columns, columns: hidden), bias: nil, accumulating: true)
        }
        addBiasGradients(of: sweep, into: gradients)
    }

    /// Both biases are sums of the same blocks, or nearly: one pass over them.
    private func addBiasGradients(of sweep: RecurrentSweep, into gradients: RecurrentWeights<Buffer?>) {
        guard gradients.inputBias != nil || gradients.recurrentBias != nil else { return }
        let d = sweep.timeMajorSaved(0, sweep.cell.saved)
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

extension RecurrentSweep {
    /// Blocks of the part's saved rows as batch × steps × columns, to stand beside rows of `[batch, steps, …]`.
    package func savedRows(_ block: Int, _ length: Int) -> Matrix {
        let row = cell.saved * hidden
        return Matrix(
            saved, at: block * hidden, batches: batch, rows: steps, columns: length * hidden, batchStride: row,
            rowStride: batch * row
        ).rows(part)
    }

    /// The same numbers as steps·batch rows in the order of memory.
    package func timeMajorSaved(_ block: Int, _ length: Int) -> Matrix {
        Matrix(
            saved, at: block * hidden, rows: steps * batch, columns: length * hidden, rowStride: cell.saved * hidden
        ).rows(part.lowerBound * batch..<part.upperBound * batch)
    }

    /// h after every step, as batch × steps × hidden.
    package var hiddenRows: Matrix {
        Matrix(
            states[0], at: batch * hidden, batches: batch, rows: steps, columns: hidden, batchStride: hidden,
            rowStride: batch * hidden)
    }
}

extension RecurrentPass {
    /// The dropout between layer `layer` and the next, if any.
    fileprivate func dropout(of stack: RecurrentStack, above layer: Int) -> DropoutMask? {
        guard let keys = dropoutKeys, stack.dropout > 0 else { return nil }
        return DropoutMask(probability: stack.dropout, key: keys[layer])
    }
}
