import CUnrollMicroKernels

extension OpenCLBackend {
    /// Work items that share a row.
    static func rowItems(_ profile: Profile) -> Int { profile == .cpu ? 1 : 64 }

    package func forward(_ stage: SweepStage, of sweep: RecurrentSweep, at step: Int) {
        let writing = [sweep.saved] + sweep.states + sweep.stages!.written
        guard
            begins(
                reading: sweep.constants + sweep.stages!.constants,
                writing: writing + [sweep.output?.buffer, sweep.fed?.h].compactMap { $0 })
        else { return }
        let kernel =
            switch stage {
            case .reset: "reset_stage"
            case .units: "units_stage"
            case .settle: "settle_stage"
            }
        let options = sweep.kernelOptions(hasOutput: sweep.output != nil)
        // A forward pass has no gradients: another buffer stands for them.
        let nothing = OpenCLArgument.buffer(sweep.saved)
        launch(
            kernel, of: sweep, at: step, options, output: sweep.output, gradients: Array(repeating: nothing, count: 5),
            made: sweep.madeRows(step), gains: nil, from: sweep.settlingRows(step), to: sweep.madeRows(step))
    }

    package func backward(
        _ stage: SweepStage, of sweep: RecurrentSweep, at step: Int, _ gradients: SweepGradients
    ) {
        let own = gradients.stages!
        guard
            begins(
                reading: sweep.constants + sweep.stages!.constants + sweep.states + gradients.constants,
                writing: [sweep.saved] + sweep.stages!.written + gradients.written)
        else { return }
        let made = sweep.madeRows(step, own)
        let (kernel, from, to): (String, Matrix, Matrix) =
            switch stage {
            case .settle:
                ("unsettle_stage", Matrix(own.through, rows: 0, columns: 0), sweep.settlingRows(step, own))
            case .units: ("units_backward_stage", Matrix(own.through, rows: 0, columns: 0), made)
            case .reset: ("reset_backward_stage", sweep.resetRows(step, own)!, made)
            }
        let options = sweep.kernelOptions(hasOutput: gradients.output != nil, showsGradients: gradients.flow != nil)
        launch(
            kernel, of: sweep, at: step, options, output: gradients.output, gradients: buffers(of: gradients),
            made: made, gains: own.gains, from: from, to: to)
    }

    private func launch(
        _ kernel: String, of sweep: RecurrentSweep, at step: Int, _ options: UnrollCellOptions, output: Matrix?,
        gradients: [OpenCLArgument], made: Matrix, gains: Buffer?, from: Matrix, to: Matrix
    ) {
        let (stages, items) = (sweep.stages!, Self.rowItems(profile))
        let other = { (buffer: Buffer?) in OpenCLArgument.buffer(buffer ?? sweep.saved) }
        let products = sweep.productRows(step)
        let stageBuffers: [OpenCLArgument] = [
            .int(sweep.width), other(stages.x), .buffer(products.buffer), .int(products.offset), other(stages.v),
            other(stages.memory), .buffer(made.buffer), .int(made.offset), .buffer(stages.inputBias),
            .buffer(sweep.recurrentBias), other(stages.norm?.inputGain), other(stages.norm?.recurrentGain),
            other(stages.norm?.memory?.gain), other(stages.norm?.memory?.bias), other(gains), .buffer(from.buffer),
            .int(from.offset), .buffer(to.buffer), .int(to.offset), .local(count: items),
        ]
        queue.launch(
            kernel, of: .stages(sweep.cell, options, profile),
            sizes(sweep, step) + [.options(options)] + buffers(of: sweep, output: output)
                + place(of: output, in: sweep, at: step) + gradients + stageBuffers,
            global: [sweep.rows.count(max(step, 0)) * items], local: [items])
    }
}
