// The stack in terms of sweeps and matmuls: what a backend gets for nothing. The sweep is where backends differ.

extension Backend {
    package func forward(_ stack: RecurrentStack, _ pass: RecurrentPass) -> RecurrentTrace {
        var trace = RecurrentTrace(
            runs: [], packings: packings(stack, pass), factors: [],
            output: makeBuffer(
                .float32, count: pass.batch * pass.steps * stack.outputs, for: "the output of a recurrence"),
            final: finalStates(stack, pass))
        let isPlain = trace.packings.count == 1 && trace.packings[0] == nil
        var input = pass.rows(pass.x, columns: stack.inputs)
        for layer in 0..<stack.layers {
            let isLast = layer == stack.layers - 1
            // An inner layer's h is read where it lies, if nothing has to be joined or put back in its place.
            let outputs = isPlain && !isLast ? nil : outputs(of: stack, pass, into: isLast ? trace.output : nil)
            for (direction, packing) in trace.packings.enumerated() {
                let output = outputs?.joined.columns(direction * stack.width..<(direction + 1) * stack.width)
                let index = layer * trace.packings.count + direction
                let below = layer == 0 ? nil : trace.runs[index - trace.packings.count].sweep
                trace.runs.append(
                    run(stack, pass, index, packing, input, below, into: output, final: trace.final))
            }
            if let outputs { merge(outputs.joined, into: outputs.merged, by: stack) }
            trace.factors.append(stack.isMerged && stack.merge == .multiplied ? outputs?.joined : nil)
            input = outputs?.merged ?? trace.runs[layer].sweep.hiddenRows
            if !isLast, let dropout = pass.dropout(of: stack, above: layer) {
                let masked = outputs?.merged ?? timeMajor(pass, columns: stack.width)
                drop(dropout, of: stack, input, into: masked)
                input = masked
            }
        }
        return trace
    }

    /// One direction of a layer, all steps. `below`: the same of the layer below.
    private func run(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ index: Int, _ packing: SequencePacking?, _ input: Matrix,
        _ below: RecurrentSweep?, into output: Matrix?, final: [Buffer]
    ) -> RecurrentTrace.Run {
        let (hidden, width, weights) = (stack.hidden, stack.width, pass.weights[index])
        let cell = stack.cell(of: index / stack.direction.count)
        let rows = packing?.rows ?? StepRows(batch: pass.batch, steps: pass.steps)
        let (unpacked, input) = (input, packing.map { packed(input, by: $0) } ?? input)
        var sweep = RecurrentSweep(
            cell: cell, rows: rows, hidden: hidden, width: width,
            recurrentWeight: dropped(weights.recurrent, stack, pass, index),
            recurrentBias: weights.recurrentBias,
            saved: makeSaved(cell, rows, hidden: hidden),
            states: initialStates(stack, pass, index, packing, rows), output: output)
        equip(&sweep, stack, pass, index, packing)
        if packing != nil {
            // Where no row has ended before another, the states after each step follow each other as well.
            sweep.output = rows.isFull ? nil : packedRows(rows, columns: width)
        }
        receive(below, packing, into: sweep)
        goForward(sweep, input, by: weights)
        if let packing, let output {
            let h = sweep.output ?? Matrix(sweep.states[0], at: pass.batch * width, rows: rows.total, columns: width)
            gather(h, indices: packing.places, into: output.flat, accumulating: false)
        }
        copyStates(
            sweep.states, at: rows.total, to: final, at: index * pass.batch, rows: pass.batch, columns: stack.widths,
            indices: packing?.sorting?.places)
        sweep.output = nil
        guard stack.memory == .recompute else { return RecurrentTrace.Run(sweep: sweep, input: input) }
        (sweep.saved, sweep.stages) = (sweep.states[0], nil)
        return RecurrentTrace.Run(sweep: sweep, input: unpacked)
    }

    /// Projections and steps of all parts.
    private func goForward(_ sweep: RecurrentSweep, _ input: Matrix, by weights: RecurrentWeights<Buffer>) {
        for part in sweep.parts(ofRows: rowsAtOnce) {
            project(part.part(of: input), by: weights, into: part)
            if part.stages == nil { forward(part) } else { forwardInStages(part) }
        }
    }

    private func makeSaved(_ cell: Cell, _ rows: StepRows, hidden: Int) -> Buffer {
        makeBuffer(.float32, count: rows.total * cell.saved * hidden, for: "what a recurrence saves of its steps")
    }

    /// A run of a trace with what its steps read and saved, made anew where it was not kept: from the same numbers, so the
    /// same.
    func recomputed(
        _ index: Int, of trace: RecurrentTrace, _ stack: RecurrentStack, _ pass: RecurrentPass
    ) -> RecurrentTrace.Run {
        let (run, directions) = (trace.runs[index], trace.packings.count)
        guard stack.memory == .recompute else { return run }
        let packing = trace.packings[index % directions]
        var sweep = run.sweep
        let input = packing.map { packed(run.input, by: $0) } ?? run.input
        sweep.saved = makeSaved(sweep.cell, sweep.rows, hidden: stack.hidden)
        if stack.goesInStages { sweep.stages = SweepStages(sweep, stack, pass.weights[index], on: self) }
        receive(index < directions ? nil : trace.runs[index - directions].sweep, packing, into: sweep)
        goForward(sweep, input, by: pass.weights[index])
        return RecurrentTrace.Run(sweep: sweep, input: input)
    }

    package func infer(_ stack: RecurrentStack, _ pass: RecurrentPass) -> (output: Buffer, final: [Buffer]) {
        if stack.direction != .forward || stack.goesInStages || pass.mask?.isFull == false {
            let trace = forward(stack, pass)
            return (trace.output, trace.final)
        }
        let (batch, hidden) = (pass.batch, stack.hidden)
        let slice = batch * hidden
        let most = max(1, min(pass.steps, rowsAtOnce / max(1, batch)))
        let output = makeBuffer(.float32, count: pass.steps * slice, for: "the output of a recurrence")
        let final = finalStates(stack, pass)
        // Every layer of every part uses these again; two sets of states, for a layer reads those of the one below.
        let saved = makeBuffer(.float32, count: most * slice * stack.cell.saved, for: "the steps of a recurrence")
        let states = (0..<min(2, stack.layers)).map { _ in
            (0..<stack.cell.states).map { _ in
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
            var (input, below) = (rows(pass.x, stack.inputs), RecurrentSweep?.none)
            for layer in 0..<stack.layers {
                let weights = pass.weights[layer]
                var sweep = RecurrentSweep(
                    cell: stack.cell(of: layer), rows: StepRows(batch: batch, steps: steps), hidden: hidden,
                    recurrentWeight: weights.recurrent,
                    recurrentBias: weights.recurrentBias, saved: saved, states: states[layer % 2],
                    output: layer == stack.layers - 1 ? rows(output, hidden) : nil)
                (sweep.options, sweep.peepholes) = (stack.options, weights.peepholes)
                copyStates(before, at: layer * slice, to: sweep.states, at: 0, count: slice)
                receive(below, nil, into: sweep)
                project(input, by: weights, into: sweep)
                forward(sweep)
                copyStates(sweep.states, at: steps * slice, to: final, at: layer * slice, count: slice)
                (input, below) = (sweep.hiddenRows, sweep)
            }
        }
        return (output, final)
    }

    /// c of the layer below after each of its steps, to where a cell that sees it looks for it. The rows of both layers are
    /// the same.
    private func receive(_ below: RecurrentSweep?, _ packing: SequencePacking?, into sweep: RecurrentSweep) {
        guard let below, let block = sweep.cell.below else { return }
        let target = sweep.inOrder(sweep.saved, block, 1, of: sweep.cell.saved)
        let (rows, c) = (below.rows, below.states[1])
        if rows.isFull {
            let after = Matrix(c, at: rows.batch * below.hidden, rows: rows.total, columns: below.hidden)
            copy(after, to: target, accumulating: false)
        } else {
            let all = Matrix(c, rows: rows.total + rows.batch, columns: below.hidden)
            gather(all, indices: packing!.after!, into: target, accumulating: false)
        }
    }

    // MARK: Options

    /// The dropout between layers; y may be x.
    func drop(_ mask: DropoutMask, of stack: RecurrentStack, _ x: Matrix, into y: Matrix) {
        if stack.options.locksDropout {
            dropout(mask, lockedOver: x, into: y, accumulating: false)
        } else {
            dropout(mask, x, into: y, accumulating: false)
        }
    }

    /// The recurrent weight without what training drops of it.
    private func dropped(_ weight: Buffer, _ stack: RecurrentStack, _ pass: RecurrentPass, _ index: Int) -> Buffer {
        guard let mask = pass.weightMask(of: stack, index) else { return weight }
        let result = makeBuffer(.float32, count: weight.count, for: "a weight of which some is dropped")
        let rows = { (buffer: Buffer) in Matrix(buffer, rows: buffer.count / stack.width, columns: stack.width) }
        dropout(mask, rows(weight), into: rows(result), accumulating: false)
        return result
    }

    /// What the options add to a sweep.
    private func equip(
        _ sweep: inout RecurrentSweep, _ stack: RecurrentStack, _ pass: RecurrentPass, _ index: Int,
        _ packing: SequencePacking?
    ) {
        (sweep.options, sweep.peepholes) = (stack.options, pass.weights[index].peepholes)
        (sweep.key, sweep.order, sweep.stepsOfBatch) = (pass.keys?[index].step, packing?.order, pass.steps)
        sweep.isReadAbove = stack.cell.below != nil && index + stack.direction.count < stack.sweeps
        if stack.goesInStages { sweep.stages = SweepStages(sweep, stack, pass.weights[index], on: self) }
        guard let key = pass.keys?[index].recurrent, stack.options.recurrentDropout > 0 else { return }
        let (batch, width) = (pass.batch, stack.width)
        let mask = DropoutMask(probability: stack.options.recurrentDropout, key: key)
        let rows = { (buffer: Buffer) in Matrix(buffer, batches: batch, rows: 1, columns: width) }
        let ordered = self.factors(of: mask, rows: batch, units: width)
        var factors = ordered
        if let sorting = packing?.sorting {
            factors = makeBuffer(.float32, count: batch * width)
            gather(rows(ordered).flat, indices: sorting.order, into: rows(factors).flat, accumulating: false)
        }
        let h = makeBuffer(.float32, count: sweep.states[0].count, for: "the states of a recurrence")
        zip(
            .multiply, rows(sweep.states[0]).flat, rows(factors).flat, into: rows(h).flat, accumulating: false)
        sweep.fed = (factors, h)
    }

    // MARK: States

    private func finalStates(_ stack: RecurrentStack, _ pass: RecurrentPass) -> [Buffer] {
        stack.widths.map {
            makeBuffer(.float32, count: stack.sweeps * pass.batch * $0, for: "the final states of a recurrence")
        }
    }

    /// Given, or zeros, at the first step's rows.
    private func initialStates(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ index: Int, _ packing: SequencePacking?, _ rows: StepRows
    ) -> [Buffer] {
        let batch = pass.batch
        let states = stack.widths.map {
            makeBuffer(.float32, count: (rows.total + batch) * $0, for: "the states of a recurrence")
        }
        // Rows without a step end where they begin; what this writes over of others is none of the first step's.
        let places = rows.count(0) < batch ? [0, rows.total] : [0]
        for place in places {
            copyStates(
                pass.initial, at: index * batch, to: states, at: place, rows: batch, columns: stack.widths,
                indices: packing?.sorting?.order)
        }
        return states
    }

    /// Rows of each state, which has so many columns, from row `from` on to row `to` on, in order or as `indices` have it;
    /// zeros where there is no x.
    func copyStates(
        _ x: [Buffer]?, at from: Int, to y: [Buffer], at to: Int, rows: Int, columns: [Int], indices: Buffer?,
        accumulating: Bool = false
    ) {
        if indices == nil && !accumulating, columns.allSatisfy({ $0 == columns[0] }) {
            let columns = columns[0]
            return copyStates(x, at: from * columns, to: y, at: to * columns, count: rows * columns)
        }
        for (state, columns) in columns.enumerated() {
            let y = Matrix(y[state], at: to * columns, rows: rows, columns: columns)
            guard let x = x.map({ Matrix($0[state], at: from * columns, rows: rows, columns: columns) }) else {
                clear(y)
                continue
            }
            if let indices {
                gather(x, indices: indices, into: y, accumulating: accumulating)
            } else {
                copy(x, to: y, accumulating: accumulating)
            }
        }
    }

    /// `count` neighbouring numbers.
    func copy(
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

    /// `y ← 0` for a view, by way of a buffer of one zero that is seen everywhere.
    func clear(_ y: Matrix) {
        let zero = Matrix(
            makeZeros(count: 1), batches: y.batches, rows: y.rows, columns: y.columns, batchStride: 0, rowStride: 0,
            columnStride: 0)
        copy(zero, to: y, accumulating: false)
    }

    // MARK: Packing

    private func packings(_ stack: RecurrentStack, _ pass: RecurrentPass) -> [SequencePacking?] {
        stack.direction.isReversed.map {
            SequencePacking(
                pass.mask, batch: pass.batch, steps: pass.steps, isReversed: $0, asksForStates: stack.cell.below != nil,
                on: self)
        }
    }

    /// The steps that are there, in the order of the rows of a sweep's steps.
    func packed(_ x: Matrix, by packing: SequencePacking) -> Matrix {
        let y = packedRows(packing.rows, columns: x.columns)
        gather(x.flat, indices: packing.order, into: y, accumulating: false)
        return y
    }

    func packedRows(_ rows: StepRows, columns: Int) -> Matrix {
        Matrix(
            makeBuffer(.float32, count: rows.total * columns, for: "packed sequences"), rows: rows.total,
            columns: columns)
    }

    /// `[steps, batch, columns]`, as batch × steps × columns.
    func timeMajor(_ pass: RecurrentPass, columns: Int) -> Matrix {
        Matrix(
            makeBuffer(.float32, count: pass.steps * pass.batch * columns), batches: pass.batch, rows: pass.steps,
            columns: columns, batchStride: columns, rowStride: pass.batch * columns)
    }

    // MARK: Directions

    /// Where the directions of a layer write, side by side, and what becomes of it: the same, if it is not merged.
    private func outputs(
        of stack: RecurrentStack, _ pass: RecurrentPass, into output: Buffer?
    ) -> (joined: Matrix, merged: Matrix) {
        let rows = { (buffer: Buffer?, columns: Int) in
            pass.rows(
                buffer
                    ?? self.makeBuffer(.float32, count: pass.batch * pass.steps * columns, for: "the output of a layer"),
                columns: columns)
        }
        let merged = rows(output, stack.outputs)
        return (stack.isMerged ? rows(nil, 2 * stack.width) : merged, merged)
    }

    private func merge(_ joined: Matrix, into y: Matrix, by stack: RecurrentStack) {
        guard stack.isMerged else { return }
        let (a, b) = (joined.columns(0..<stack.width), joined.columns(stack.width..<2 * stack.width))
        zip(stack.merge == .multiplied ? .multiply : .add, a, b, into: y, accumulating: false)
        if stack.merge == .averaged { map(.affine(0.5, 0), y.buffer, into: y.buffer) }
    }

    // MARK: Projections

    /// `W·x + b` of the steps, straight from the rows of x into the time-major saved rows; `W·x` where it is normalised
    /// first.
    private func project(_ input: Matrix, by weights: RecurrentWeights<Buffer>, into sweep: RecurrentSweep) {
        for run in sweep.inputRuns {
            let columns = run.length * sweep.hidden
            let w = Matrix(
                weights.input, at: run.gate * sweep.hidden * input.columns, batches: input.batches, rows: columns,
                columns: input.columns, batchStride: 0)
            multiply(
                input, w.transposed, into: sweep.inputRows(run, beside: input),
                bias: weights.norm == nil
                    ? Matrix(weights.inputBias, at: run.gate * sweep.hidden, rows: 1, columns: columns) : nil,
                accumulating: false)
        }
    }
}

extension RecurrentSweep {
    /// Whether rows stand in the order of the steps' rows, or else as batch × steps.
    func isPacked(_ x: Matrix) -> Bool { x.batches != batch }

    /// The part's rows of what stands beside all rows.
    package func part(of x: Matrix) -> Matrix { x.rows(isPacked(x) ? rows.range(part) : part) }

    /// The input gates as runs of neighbours, where their projections arrive and their gradients end.
    var inputRuns: [GateRun] {
        stages?.x == nil ? cell.inputRuns : [GateRun(gate: 0, block: 0, length: cell.inputGates)]
    }

    /// A run's blocks of the part's rows, in the order of `x`.
    func inputRows(_ run: GateRun, beside x: Matrix) -> Matrix {
        let (buffer, blocks) = stages?.x.map { ($0, cell.inputGates) } ?? (saved, cell.saved)
        if isPacked(x) { return inOrder(buffer, run.block, run.length, of: blocks) }
        // As batch × steps × columns.
        let row = blocks * hidden
        return Matrix(
            buffer, at: run.block * hidden, batches: batch, rows: steps, columns: run.length * hidden, batchStride: row,
            rowStride: batch * row
        ).rows(part)
    }

    /// Blocks of the part's rows, in the order of memory.
    func inOrder(_ buffer: Buffer, _ block: Int, _ length: Int, of blocks: Int) -> Matrix {
        Matrix(buffer, at: block * hidden, rows: rows.total, columns: length * hidden, rowStride: blocks * hidden)
            .rows(rows.range(part))
    }

    /// h after every step, as batch × steps × width, where every row is in every step.
    package var hiddenRows: Matrix {
        Matrix(
            states[0], at: batch * width, batches: batch, rows: steps, columns: width, batchStride: width,
            rowStride: batch * width)
    }
}

extension RecurrentStack {
    /// Whether two directions' outputs become one of the size of each.
    var isMerged: Bool { direction == .bidirectional && merge != .concatenated }
}

extension RecurrentPass {
    /// Numbers of `[batch, steps, columns]`.
    func rows(_ buffer: Buffer, columns: Int) -> Matrix {
        Matrix(buffer, batches: batch, rows: steps, columns: columns)
    }

    /// Which numbers of a sweep's recurrent weight training drops, if any.
    func weightMask(of stack: RecurrentStack, _ index: Int) -> DropoutMask? {
        guard let key = keys?[index].weight, stack.options.weightDropout > 0 else { return nil }
        return DropoutMask(probability: stack.options.weightDropout, key: key)
    }

    /// The dropout between layer `layer` and the next, if any.
    func dropout(of stack: RecurrentStack, above layer: Int) -> DropoutMask? {
        guard let keys = dropoutKeys, stack.dropout > 0 else { return nil }
        return DropoutMask(probability: stack.dropout, key: keys[layer])
    }
}
