import CUnrollMicroKernels

extension CPUBackend {
    private func arguments(_ chains: TagChains) -> UnrollTagChains {
        UnrollTagChains(
            batch: chains.batch, steps: chains.steps, tags: chains.tags, place_stride: chains.places.stride,
            emissions: floats(chains.emissions), transitions: floats(chains.transitions), start: floats(chains.start),
            end: floats(chains.end), places: integers(chains.places.buffer))
    }

    package func crf(_ chains: TagChains, targets: Buffer, into losses: Buffer, gradients: TagChainGradients?) {
        let (batch, tags) = (chains.batch, chains.tags)
        let kept = gradients == nil ? 2 : chains.steps
        let alpha = makeBuffer(.float32, count: batch * kept * (1 + tags), for: "the paths of a CRF")
        let scratch = makeBuffer(.float32, count: batch * 2 * tags)
        let transposed = gradients.map { _ in makeBuffer(.float32, count: tags * tags) }
        if let transposed {
            copy(
                Matrix(chains.transitions, rows: tags, columns: tags).transposed,
                to: Matrix(transposed, rows: tags, columns: tags), accumulating: false)
        }
        let results = [losses, alpha, scratch] + (gradients?.all ?? [])
        guard begins(reading: chains.operands + [targets], writing: results) else { return }
        let arguments = UnrollCRF(
            chains: arguments(chains), targets: integers(targets), transposed: transposed.map { floats($0) },
            kept: kept, alpha: floats(alpha), scratch: floats(scratch), losses: floats(losses),
            dx: gradients.map { floats($0.emissions) }, dtransitions: gradients.map { floats($0.transitions) },
            dstart: gradients.map { floats($0.start) }, dend: gradients.map { floats($0.end) })
        run(kernels.pointee.crf, arguments, work: 4 * batch * chains.steps * tags * tags)
        withExtendedLifetime([alpha, scratch, transposed]) {}
    }

    package func viterbi(_ chains: TagChains, into path: Buffer) {
        let (batch, tags) = (chains.batch, chains.tags)
        let scratch = makeBuffer(.float32, count: batch * 2 * tags)
        let origins = makeBuffer(.int32, count: batch * chains.steps * tags, for: "the paths of Viterbi's search")
        guard begins(reading: chains.operands, writing: [scratch, origins, path]) else { return }
        let arguments = UnrollViterbi(
            chains: arguments(chains), scratch: floats(scratch), origins: integers(origins), path: floats(path))
        run(kernels.pointee.viterbi, arguments, work: batch * chains.steps * tags * tags)
        withExtendedLifetime([scratch, origins]) {}
    }

    package func ctc(_ alignments: Alignments, into losses: Buffer, gradient: Buffer?) {
        let (batch, steps) = (alignments.batch, alignments.steps)
        let kept = gradient == nil ? 2 : steps
        let stride = alignments.mostStates + 2
        let alpha = makeBuffer(.float32, count: batch * kept * stride, for: "the alignments of CTC")
        let scratch = makeBuffer(.float32, count: batch * 3 * stride)
        let results = [losses, alpha, scratch] + (gradient.map { [$0] } ?? [])
        guard begins(reading: alignments.operands, writing: results) else { return }
        let arguments = UnrollCTC(
            batch: batch, steps: steps, classes: alignments.classes, place_stride: alignments.places.stride,
            label_stride: alignments.labels.stride, state_stride: stride, kept: kept, blank: Int32(alignments.blank),
            zero_infinity: alignments.zeroInfinity, x: floats(alignments.logProbabilities),
            places: integers(alignments.places.buffer),
            labels: integers(alignments.labels.buffer), alpha: floats(alpha), scratch: floats(scratch),
            losses: floats(losses), dx: gradient.map { floats($0) })
        run(kernels.pointee.ctc, arguments, work: 16 * batch * steps * stride)
        withExtendedLifetime([alpha, scratch]) {}
    }
}

// MARK: Scan

extension CPUBackend {
    package func scan(_ scan: Scan, into y: Buffer, final: Buffer) {
        let carried = carried(scan)
        guard begins(reading: scan.operands, writing: [y, final, carried]) else { return }
        var arguments = arguments(scan, carried, y)
        arguments.final = floats(final)
        run(kernels.pointee.scan, arguments, work: scan.batch * scan.steps * scan.hidden * 8 * scan.kind.gates)
        withExtendedLifetime(carried) {}
    }

    package func scanBackward(
        _ scan: Scan, y: Buffer, dy: Buffer?, dFinal: Buffer?, into dx: Buffer, dWeight: Buffer?, dInitial: Buffer?,
        flow: Buffer?
    ) {
        let carried = carried(scan)
        let dRows = scan.kind.hasWeight ? makeBuffer(.float32, count: scan.batch * scan.hidden) : nil
        let reading = scan.operands + [y] + [dy, dFinal].compactMap { $0 }
        guard begins(reading: reading, writing: [dx, carried] + [dInitial, dRows, flow].compactMap { $0 })
        else { return }
        var arguments = arguments(scan, carried, y)
        arguments.backward = true
        (arguments.dy, arguments.dfinal) = (dy.map { UnsafePointer(floats($0)) }, dFinal.map { .init(floats($0)) })
        (arguments.dx, arguments.dinitial) = (floats(dx), dInitial.map { floats($0) })
        (arguments.dweight, arguments.flow) = (dRows.map { floats($0) }, flow.map { floats($0) })
        run(kernels.pointee.scan, arguments, work: scan.batch * scan.steps * scan.hidden * 8 * scan.kind.gates)
        withExtendedLifetime(carried) {}
        addRows(dRows, of: scan, to: dWeight)
    }

    /// Room for a state and a passage of every block of every chain.
    private func carried(_ scan: Scan) -> Buffer {
        let vector = kernels.pointee.vector
        let chains = scan.batch * ((scan.hidden + vector - 1) / vector)
        return makeBuffer(.float32, count: scan.blocks == 1 ? 1 : chains * scan.blocks * 2 * vector)
    }

    private func arguments(_ scan: Scan, _ carried: Buffer, _ y: Buffer) -> UnrollScan {
        UnrollScan(
            kind: scan.kind.rawValue, reverse: scan.reverse, backward: false, options: scan.kernelOptions,
            batch: scan.batch, steps: scan.steps, hidden: scan.hidden, block: scan.block, x: floats(scan.x),
            weight: scan.weight.map { UnsafePointer(floats($0)) },
            initial: scan.initial.map { UnsafePointer(floats($0)) },
            before: scan.before.map { UnsafePointer(integers($0)) }, carried: floats(carried), y: floats(y), final: nil,
            dy: nil, dfinal: nil, dx: nil, dinitial: nil, dweight: nil, flow: nil)
    }
}
