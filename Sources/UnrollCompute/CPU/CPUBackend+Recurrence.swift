import CUnrollMicroKernels

extension CPUBackend {
    /// 2 MB of saved rows of an lstm of 256 units, and few enough that the input weights stay packed.
    package var rowsAtOnce: Int { Self.fewRows }

    package func forward(_ sweep: RecurrentSweep) {
        let output = sweep.output?.buffer ?? sweep.saved
        guard begins(reading: [sweep.recurrentWeight, sweep.recurrentBias], writing: [sweep.saved, output]),
            begins(reading: [], writing: sweep.states)
        else { return }
        let cell = cellKernels(sweep.cell)
        guard let weight = packed(sweep, .forward, cell) else { return }
        var arguments = self.arguments(sweep, weight, output: sweep.output)
        arguments.packed_bias = UnsafePointer(floats(weight) + packedCount(sweep.hidden, cell))
        run(cell.forward, arguments, work: work(sweep))
        withExtendedLifetime(weight) {}
    }

    package func backward(_ sweep: RecurrentSweep, outputGradient: Matrix?, carry: [Buffer]) {
        let reading =
            [sweep.recurrentWeight, sweep.recurrentBias] + sweep.states + (outputGradient.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [sweep.saved] + carry) else { return }
        let cell = cellKernels(sweep.cell)
        guard let weight = packed(sweep, .backward, cell) else { return }
        var arguments = self.arguments(sweep, weight, output: outputGradient)
        arguments.carry.0 = floats(carry[0])
        if carry.count > 1 { arguments.carry.1 = floats(carry[1]) }
        run(cell.backward, arguments, work: work(sweep))
        withExtendedLifetime(weight) {}
    }

    private func arguments(_ sweep: RecurrentSweep, _ weight: Buffer, output: Matrix?) -> UnrollSweep {
        let second = sweep.states.count > 1 ? floats(sweep.states[1]) : nil
        return UnrollSweep(
            batch: sweep.batch, steps: sweep.steps, first: sweep.part.lowerBound, last: sweep.part.upperBound,
            hidden: sweep.hidden, flags: sweep.cell.flags,
            packed: floats(weight), packed_bias: nil, saved: floats(sweep.saved),
            states: (floats(sweep.states[0]), second), carry: (nil, nil),
            output: output.map { floats($0.buffer) + $0.offset }, output_batch: output?.batchStride ?? 0,
            output_step: output?.rowStride ?? 0)
    }

    private func work(_ sweep: RecurrentSweep) -> Int {
        sweep.part.count * sweep.batch * sweep.hidden * sweep.hidden * sweep.cell.gates / 16
    }

    private func cellKernels(_ cell: Cell) -> UnrollCellKernels {
        guard let found = cells.first(where: { $0.equations == cell.equations })?.kernels else {
            fatalError("recurrence: the micro-kernels have no cell '\(cell.equations)'")
        }
        require(
            (Int(found.gates), Int(found.saved), Int(found.states)) == (cell.gates, cell.saved, cell.states),
            "recurrence: counts of '\(cell.name)' differ between Cell.swift and kernels.h")
        return found
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
        let form = PackedForm.sweep(equations: sweep.cell.equations, pass)
        if let buffer = sweep.recurrentWeight.packed(as: form, sweep.recurrentBias) { return buffer }
        let count = packedCount(sweep.hidden, cell)
        let biasCount = pass == .forward ? unitsInVectors(sweep.hidden) * Int(cell.gates) : 0
        let buffer = makeBuffer(.float32, count: count + biasCount, for: "a packed weight")
        guard begins(reading: [], writing: [buffer]) else { return nil }
        let arguments = UnrollSweepPacking(
            hidden: sweep.hidden, weight: floats(sweep.recurrentWeight), bias: floats(sweep.recurrentBias),
            packed: floats(buffer), packed_bias: pass == .forward ? floats(buffer) + count : nil)
        run(pass == .forward ? cell.pack_forward : cell.pack_backward, arguments, work: count)
        sweep.recurrentWeight.keep(buffer, as: form, sweep.recurrentBias)
        return buffer
    }
}
