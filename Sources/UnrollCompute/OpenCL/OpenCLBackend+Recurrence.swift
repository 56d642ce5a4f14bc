extension OpenCLBackend {
    /// All: launches cost more than memory does.
    package var rowsAtOnce: Int { .max }

    package func forward(_ sweep: RecurrentSweep) {
        let output = sweep.output.map { [$0.buffer] } ?? []
        let reading = [sweep.recurrentWeight, sweep.recurrentBias]
        guard begins(reading: reading, writing: [sweep.saved] + sweep.states + output) else { return }
        if let plan = persistentPlan(sweep, .forward) { return forward(sweep, plan) }
        forwardByStep(sweep)
    }

    /// A launch a step.
    func forwardByStep(_ sweep: RecurrentSweep) {
        let weights: [OpenCLArgument] =
            switch profile {
            case .cpu: [.buffer(packed(sweep, .forward))]
            case .gpu: [.buffer(sweep.recurrentWeight), .buffer(sweep.recurrentBias)]
            }
        let buffers: [OpenCLArgument] = [
            .buffer(sweep.saved), .buffer(sweep.states[0]), .buffer(sweep.states.last!),
        ]
        let (program, range) = stepLaunch(sweep, .forward)
        for step in sweep.part {
            let sizes: [OpenCLArgument] = [
                .int(step), .int(sweep.batch), .int(sweep.hidden), .int(Int(sweep.cell.flags)),
            ]
            queue.launch(
                "step_forward", of: program, sizes + weights + buffers + view(sweep.output, or: sweep.saved),
                global: range.global, local: range.local)
        }
    }

    package func backward(_ sweep: RecurrentSweep, outputGradient: Matrix?, carry: [Buffer]) {
        let reading = [sweep.recurrentWeight] + sweep.states + (outputGradient.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [sweep.saved] + carry) else { return }
        if let plan = persistentPlan(sweep, .backward) { return backward(sweep, outputGradient, carry, plan) }
        backwardByStep(sweep, outputGradient: outputGradient, carry: carry)
    }

    /// A launch a step.
    func backwardByStep(_ sweep: RecurrentSweep, outputGradient: Matrix?, carry: [Buffer]) {
        let buffers: [OpenCLArgument] = [
            .buffer(profile == .cpu ? packed(sweep, .backward) : sweep.recurrentWeight), .buffer(sweep.saved),
            .buffer(sweep.states[0]), .buffer(sweep.states.last!), .buffer(carry[0]), .buffer(carry.last!),
        ]
        let (program, range) = stepLaunch(sweep, .backward)
        for step in sweep.backwardSteps.reversed() {
            let sizes: [OpenCLArgument] = [
                .int(step), .int(sweep.steps), .int(sweep.batch), .int(sweep.hidden), .int(Int(sweep.cell.flags)),
            ]
            queue.launch(
                "step_backward", of: program, sizes + buffers + view(outputGradient, or: sweep.saved),
                global: range.global, local: range.local)
        }
    }

    /// Whether there is an output, its buffer, offset and strides.
    func view(_ output: Matrix?, or other: Buffer) -> [OpenCLArgument] {
        [
            .int(output == nil ? 0 : 1), .buffer(output?.buffer ?? other), .int(output?.offset ?? 0),
            .int(output?.batchStride ?? 0), .int(output?.rowStride ?? 0),
        ]
    }

    /// As in recurrence_vector.cl.
    private static let (vector, tileRows, tileColumns) = (OpenCLProgram.vector(.cpu), 4, 64)

    private func stepLaunch(
        _ sweep: RecurrentSweep, _ pass: PackedForm.Pass
    ) -> (program: OpenCLProgram, range: (global: [Int], local: [Int])) {
        switch profile {
        case .cpu:
            let parts = { (count: Int, size: Int) in (count + size - 1) / size }
            let panels = parts(sweep.hidden, pass == .forward ? Self.vector : Self.tileColumns)
            return (.recurrence(sweep.cell), range(panels: panels, rowTiles: parts(sweep.batch, Self.tileRows)))
        case .gpu:
            let shape = tiles.shape(
                pass == .forward ? .forward : .backward, rows: sweep.batch, columns: sweep.hidden)
            return (
                .recurrence(sweep.cell, pass, shape, units), shape.range(rows: sweep.batch, columns: sweep.hidden)
            )
        }
    }

    /// The recurrent weight as the vector kernels want it, from the cache or made now.
    private func packed(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> Buffer {
        let form = PackedForm.sweep(equations: sweep.cell.equations, pass)
        if let buffer = sweep.recurrentWeight.packed(as: form, sweep.recurrentBias) { return buffer }
        let (hidden, gates) = (sweep.hidden, sweep.cell.gates)
        let program = OpenCLProgram.recurrence(sweep.cell)
        let buffer: Buffer
        switch pass {
        case .forward:
            let panels = (hidden + Self.vector - 1) / Self.vector
            buffer = makeBuffer(.float32, count: panels * (hidden + 1) * gates * Self.vector, for: "a packed weight")
            guard begins(reading: [buffer], writing: []) else { return buffer }
            queue.launch(
                "pack_forward", of: program,
                [.int(hidden), .buffer(sweep.recurrentWeight), .buffer(sweep.recurrentBias), .buffer(buffer)],
                global: [panels, (hidden + 16) / 16 * 16], local: [1, 16])
        case .backward:
            let panels = (hidden + Self.tileColumns - 1) / Self.tileColumns
            buffer = makeBuffer(.float32, count: panels * Self.tileColumns * gates * hidden, for: "a packed weight")
            guard begins(reading: [buffer], writing: []) else { return buffer }
            queue.launch(
                "pack_backward", of: program, [.int(hidden), .buffer(sweep.recurrentWeight), .buffer(buffer)],
                global: [panels, (gates * hidden + 15) / 16 * 16], local: [1, 16])
        }
        // What a failure kept from being packed must not be found again.
        if queue.isSound { sweep.recurrentWeight.keep(buffer, as: form, sweep.recurrentBias) }
        return buffer
    }
}
