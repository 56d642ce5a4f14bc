import CUnrollMicroKernels

extension OpenCLBackend {
    /// All: launches cost more than memory does.
    package var rowsAtOnce: Int { .max }

    package func forward(_ sweep: RecurrentSweep) {
        let writing = [sweep.saved] + sweep.states + [sweep.output?.buffer, sweep.fed?.h].compactMap { $0 }
        guard begins(reading: sweep.constants, writing: writing) else { return }
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
        let options = sweep.kernelOptions(hasOutput: sweep.output != nil)
        let buffers = buffers(of: sweep, output: sweep.output)
        for step in sweep.part {
            let (program, range) = stepLaunch(sweep, options, .forward, rows: sweep.rows.count(step))
            queue.launch(
                "step_forward", of: program,
                sizes(sweep, step) + [.options(options)] + weights + buffers
                    + place(of: sweep.output, in: sweep, at: step),
                global: range.global, local: range.local)
        }
    }

    package func backward(_ sweep: RecurrentSweep, _ gradients: SweepGradients) {
        let reading = sweep.constants + sweep.states + gradients.constants
        guard begins(reading: reading, writing: [sweep.saved] + gradients.written) else { return }
        if let plan = persistentPlan(sweep, .backward) { return backward(sweep, gradients, plan) }
        backwardByStep(sweep, gradients)
    }

    /// A launch a step.
    func backwardByStep(_ sweep: RecurrentSweep, _ gradients: SweepGradients) {
        let weight = OpenCLArgument.buffer(profile == .cpu ? packed(sweep, .backward) : sweep.recurrentWeight)
        let options = sweep.kernelOptions(hasOutput: gradients.output != nil, showsGradients: gradients.flow != nil)
        let buffers = buffers(of: sweep, output: gradients.output)
        for step in sweep.backwardSteps.reversed() {
            let (program, range) = stepLaunch(sweep, options, .backward, rows: sweep.rows.count(max(step, 0)))
            queue.launch(
                "step_backward", of: program,
                sizes(sweep, step) + [.options(options), weight] + buffers
                    + place(of: gradients.output, in: sweep, at: step) + self.buffers(of: gradients),
                global: range.global, local: range.local)
        }
    }

    /// STEP_SIZES of recurrence_step.h without the options; of step −1, which has no numbers, the rows of the first.
    func sizes(_ sweep: RecurrentSweep, _ step: Int) -> [OpenCLArgument] {
        let rows = sweep.rows
        return [
            .int(step), .int(sweep.stepsOfBatch), .int(rows.starts[max(step, 0)]), .int(rows.count(max(step, 0))),
            .int(rows.starts[step + 1]), .int(rows.count(step + 1)), .int(rows.total), .int(sweep.hidden),
        ]
    }

    /// STEP_BUFFERS: one that is not there is another, which the options keep from being read.
    func buffers(of sweep: RecurrentSweep, output: Matrix?) -> [OpenCLArgument] {
        let h = sweep.states[0]
        return [
            .buffer(sweep.saved), .buffer(h), .buffer(sweep.states.last!), .buffer(sweep.fed?.h ?? h),
            .buffer(sweep.fed?.factors ?? h), .buffer(sweep.peepholes ?? h), .buffer(sweep.order ?? h),
            .buffer(output?.buffer ?? h),
        ]
    }

    /// GRADIENT_BUFFERS, likewise.
    func buffers(of gradients: SweepGradients) -> [OpenCLArgument] {
        let dh = gradients.carry[0]
        return [
            .buffer(dh), .buffer(gradients.carry.last!), .buffer(gradients.products ?? dh),
            .buffer(gradients.flow ?? dh), .buffer(gradients.above ?? dh),
        ]
    }

    /// Where a step begins in an output, and how far apart its rows are.
    func place(of output: Matrix?, in sweep: RecurrentSweep, at step: Int) -> [OpenCLArgument] {
        let strides = sweep.strides(of: output)
        let step = max(step, 0)
        let offset = (output?.offset ?? 0) + step * strides.step + sweep.rows.starts[step] * strides.start
        return [.int(offset), .int(strides.row)]
    }

    /// As in recurrence_vector.cl.
    private static let (vector, tileRows, tileColumns) = (OpenCLProgram.vector(.cpu), 4, 64)

    private func stepLaunch(
        _ sweep: RecurrentSweep, _ options: UnrollCellOptions, _ pass: PackedForm.Pass, rows: Int
    ) -> (program: OpenCLProgram, range: (global: [Int], local: [Int])) {
        switch profile {
        case .cpu:
            let parts = { (count: Int, size: Int) in (count + size - 1) / size }
            let panels = parts(sweep.hidden, pass == .forward ? Self.vector : Self.tileColumns)
            let tiles = { parts($0, Self.tileRows) }
            return (
                .recurrence(sweep.cell, options),
                range(panels: panels, rowTiles: tiles(rows), ofAtMost: tiles(sweep.batch))
            )
        case .gpu:
            let shape = tiles.shape(pass == .forward ? .forward : .backward, rows: rows, columns: sweep.hidden)
            return (
                .recurrence(sweep.cell, options, pass, shape, units), shape.range(rows: rows, columns: sweep.hidden)
            )
        }
    }

    /// The recurrent weight as the vector kernels want it, from the cache or made now.
    private func packed(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> Buffer {
        let form = PackedForm.sweep(cell: sweep.cell.kernels, pass)
        if let buffer = sweep.recurrentWeight.packed(as: form, sweep.recurrentBias) { return buffer }
        let (hidden, gates) = (sweep.hidden, sweep.cell.gates)
        let program = OpenCLProgram.packing(sweep.cell)
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
