import CUnrollMicroKernels

extension CPUBackend {
    /// 2 MB of saved rows of an lstm of 256 units, and few enough that the input weights stay packed.
    package var rowsAtOnce: Int { Self.fewRows }

    package func forward(_ sweep: RecurrentSweep) {
        let output = sweep.output?.buffer ?? sweep.saved
        guard begins(reading: sweep.constants, writing: [sweep.saved, output]),
            begins(reading: [], writing: sweep.states + (sweep.fed.map { [$0.h] } ?? []))
        else { return }
        let cell = cellKernels(sweep.cell)
        guard let weight = packed(sweep, .forward, cell) else { return }
        var arguments = self.arguments(sweep, output: sweep.output)
        arguments.packed = UnsafePointer(floats(weight))
        arguments.options = sweep.kernelOptions(hasOutput: sweep.output != nil)
        arguments.packed_bias = UnsafePointer(floats(weight) + packedCount(sweep.hidden, cell))
        run(cell.forward!, arguments, on: sweep)
        withExtendedLifetime(weight) {}
    }

    package func backward(_ sweep: RecurrentSweep, _ gradients: SweepGradients) {
        let reading = sweep.constants + sweep.states + gradients.constants
        guard begins(reading: reading, writing: [sweep.saved] + gradients.written) else { return }
        let cell = cellKernels(sweep.cell)
        guard let weight = packed(sweep, .backward, cell) else { return }
        var arguments = self.arguments(sweep, gradients)
        arguments.packed = UnsafePointer(floats(weight))
        run(cell.backward!, arguments, on: sweep)
        withExtendedLifetime(weight) {}
    }

    private func arguments(_ sweep: RecurrentSweep, _ gradients: SweepGradients) -> UnrollSweep {
        var arguments = self.arguments(sweep, output: gradients.output)
        arguments.options = sweep.kernelOptions(
            hasOutput: gradients.output != nil, showsGradients: gradients.flow != nil)
        arguments.carry.0 = floats(gradients.carry[0])
        if gradients.carry.count > 1 { arguments.carry.1 = floats(gradients.carry[1]) }
        arguments.products = gradients.products.map(floats)
        arguments.flow = gradients.flow.map(floats)
        arguments.above = gradients.above.map { UnsafePointer(floats($0)) }
        return arguments
    }

    private func arguments(_ sweep: RecurrentSweep, output: Matrix?) -> UnrollSweep {
        let second = sweep.states.count > 1 ? floats(sweep.states[1]) : nil
        let strides = sweep.strides(of: output)
        return UnrollSweep(
            batch: sweep.batch, steps: sweep.steps, first: sweep.part.lowerBound, last: sweep.part.upperBound,
            hidden: sweep.hidden, width: sweep.width, starts: nil, steps_of_batch: sweep.stepsOfBatch,
            options: UnrollCellOptions(), packed: nil, packed_bias: nil, saved: floats(sweep.saved),
            states: (floats(sweep.states[0]), second), carry: (nil, nil),
            fed: floats(sweep.fed?.h ?? sweep.states[0]), factors: sweep.fed.map { UnsafePointer(floats($0.factors)) },
            peepholes: sweep.peepholes.map { UnsafePointer(floats($0)) },
            order: sweep.order.map { UnsafePointer(integers($0)) }, products: nil, flow: nil, above: nil,
            output: output.map { floats($0.buffer) + $0.offset }, output_row: strides.row,
            output_step: strides.step, output_start: strides.start)
    }

    private func run(_ task: UnrollTask, _ arguments: UnrollSweep, on sweep: RecurrentSweep) {
        let work = sweep.rows.range(sweep.part).count * sweep.hidden * sweep.hidden * sweep.cell.gates / 16
        sweep.rows.starts.withUnsafeBufferPointer { starts in
            var arguments = arguments
            arguments.starts = starts.baseAddress
            run(task, arguments, work: work)
        }
    }

    private func cellKernels(_ cell: Cell) -> UnrollCellKernels {
        guard let found = cells.first(where: { $0.name == cell.kernels })?.kernels else {
            fatalError("recurrence: the micro-kernels have no cell '\(cell.kernels)'")
        }
        require(
            (Int(found.gates), Int(found.saved), Int(found.states)) == (cell.gates, cell.saved, cell.states),
            "recurrence: counts of '\(cell.name)' differ between Cell.swift and kernels.h")
        return found
    }

    // MARK: Stages

    package func forward(_ stage: SweepStage, of sweep: RecurrentSweep, at step: Int) {
        let reading = sweep.constants + sweep.stages!.constants
        let others = [sweep.output?.buffer, sweep.fed?.h].compactMap { $0 }
        guard begins(reading: reading, writing: [sweep.saved] + sweep.states + sweep.stages!.written + others) else {
            return
        }
        var arguments = self.arguments(sweep, output: sweep.output)
        arguments.options = sweep.kernelOptions(hasOutput: sweep.output != nil)
        var stages = self.arguments(sweep, arguments, at: step, made: sweep.madeRows(step))
        if stage == .settle { stages.from = UnsafePointer(floats(sweep.settlingRows(step))) }
        let cell = cellKernels(sweep.cell)
        switch stage {
        case .reset: run(cell.reset!, stages, on: sweep)
        case .units: run(cell.units, stages, on: sweep)
        case .settle: run(kernels.pointee.settle, stages, on: sweep)
        }
    }

    package func backward(
        _ stage: SweepStage, of sweep: RecurrentSweep, at step: Int, _ gradients: SweepGradients
    ) {
        let own = gradients.stages!
        let reading = sweep.constants + sweep.stages!.constants + sweep.states + gradients.constants
        guard begins(reading: reading, writing: [sweep.saved] + gradients.written + sweep.stages!.written) else {
            return
        }
        let arguments = self.arguments(sweep, gradients)
        var stages = self.arguments(sweep, arguments, at: step, made: sweep.madeRows(step, own))
        stages.gains = own.gains.map(floats)
        let cell = cellKernels(sweep.cell)
        switch stage {
        case .settle:
            (stages.from, stages.to) = (UnsafePointer(floats(own.through)), floats(sweep.settlingRows(step, own)))
            run(kernels.pointee.unsettle, stages, on: sweep)
        case .units:
            stages.from = UnsafePointer(floats(own.through))
            run(cell.units_backward, stages, on: sweep)
        case .reset:
            stages.from = sweep.resetRows(step, own).map { UnsafePointer(floats($0)) }
            run(cell.reset_backward!, stages, on: sweep)
        }
    }

    private func floats(_ rows: Matrix) -> UnsafeMutablePointer<Float> { floats(rows.buffer) + rows.offset }

    private func arguments(
        _ sweep: RecurrentSweep, _ arguments: UnrollSweep, at step: Int, made: Matrix
    ) -> UnrollStage {
        let (stages, read) = (sweep.stages!, { (buffer: Buffer) in UnsafePointer(self.floats(buffer)) })
        return UnrollStage(
            sweep: arguments, step: step, x: stages.x.map(floats), q: floats(sweep.productRows(step)),
            v: stages.v.map(floats), memory: stages.memory.map(floats), m: floats(made),
            input_bias: read(stages.inputBias), bias: read(sweep.recurrentBias),
            input_gain: stages.norm.map { read($0.inputGain) },
            recurrent_gain: stages.norm.map { read($0.recurrentGain) },
            memory_gain: stages.norm?.memory.map { read($0.gain) },
            memory_bias: stages.norm?.memory.map { read($0.bias) }, gains: nil, from: nil, to: nil)
    }

    private func run(_ task: UnrollTask, _ stage: UnrollStage, on sweep: RecurrentSweep) {
        let work = sweep.rows.count(max(0, stage.step)) * sweep.hidden * sweep.cell.gates
        sweep.rows.starts.withUnsafeBufferPointer { starts in
            var stage = stage
            stage.sweep.starts = starts.baseAddress
            run(task, stage, work: work)
        }
    }

    // MARK: Packed weights

    /// Units in whole vectors, each gate's or, backward, of the sums over all gates: what panels take however they are cut.
    private func unitsInVectors(_ hidden: Int) -> Int {
        let vector = kernels.pointee.vector
        return (hidden + vector - 1) / vector * vector
    }

    /// Floats of a packed recurrent weight. The bias, forward, follows it.
    private func packedCount(_ hidden: Int, _ cell: UnrollCellKernels) -> Int {
        unitsInVectors(hidden) * Int(cell.gates) * hidden
    }

    /// The weight packed for a pass, from the cache or made now; nil when there is no memory for it.
    private func packed(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass, _ cell: UnrollCellKernels) -> Buffer? {
        let form = PackedForm.sweep(cell: sweep.cell.kernels, pass)
        if let buffer = sweep.recurrentWeight.packed(as: form, sweep.recurrentBias) { return buffer }
        let count = packedCount(sweep.hidden, cell)
        let biasCount = pass == .forward ? unitsInVectors(sweep.hidden) * Int(cell.gates) : 0
        let buffer = makeBuffer(.float32, count: count + biasCount, for: "a packed weight")
        guard begins(reading: [], writing: [buffer]) else { return nil }
        let arguments = UnrollSweepPacking(
            hidden: sweep.hidden, weight: floats(sweep.recurrentWeight), bias: floats(sweep.recurrentBias),
            packed: floats(buffer), packed_bias: pass == .forward ? floats(buffer) + count : nil)
        run(pass == .forward ? cell.pack_forward! : cell.pack_backward!, arguments, work: count)
        sweep.recurrentWeight.keep(buffer, as: form, sweep.recurrentBias)
        return buffer
    }
}
