extension OpenCLBackend {
    /// A group of items for each row of the batch.
    private func launchRows(_ kernel: String, _ arguments: [OpenCLArgument], rows: Int) {
        queue.launch(kernel, of: .sequences, arguments, global: [rows * Self.rowItems], local: [Self.rowItems])
    }

    package func crf(_ chains: TagChains, targets: Buffer, into losses: Buffer, gradients: TagChainGradients?) {
        let (batch, steps, tags) = (chains.batch, chains.steps, chains.tags)
        let kept = gradients == nil ? 2 : steps
        let alpha = makeBuffer(.float32, count: batch * kept * (1 + tags), for: "the paths of a CRF")
        guard begins(reading: chains.operands + [targets], writing: [losses, alpha]) else { return }
        let places: [OpenCLArgument] = [.int(chains.places.stride), .buffer(chains.places.buffer)]
        launchRows(
            "crf_forward",
            [.int(steps), .int(tags), .int(kept)] + places + [
                .buffer(chains.emissions), .buffer(chains.transitions), .buffer(chains.start), .buffer(chains.end),
                .buffer(targets), .buffer(alpha), .buffer(losses),
            ], rows: batch)
        guard let gradients else { return }
        let transposed = makeBuffer(.float32, count: tags * tags)
        let beta = makeBuffer(.float32, count: batch * 2 * tags)
        let onward = makeBuffer(.float32, count: batch * steps * tags, for: "the paths of a CRF")
        copy(
            Matrix(chains.transitions, rows: tags, columns: tags).transposed,
            to: Matrix(transposed, rows: tags, columns: tags), accumulating: false)
        for buffer in [gradients.emissions, gradients.start, gradients.end] { fill(buffer, with: 0) }
        guard begins(reading: [transposed], writing: [beta, onward] + gradients.all) else { return }
        launchRows(
            "crf_backward",
            [.int(steps), .int(tags)] + places + [
                .buffer(chains.emissions), .buffer(transposed), .buffer(chains.end), .buffer(targets), .buffer(alpha),
                .buffer(beta), .buffer(onward), .buffer(gradients.emissions), .buffer(gradients.start),
                .buffer(gradients.end),
            ], rows: batch)
        launch(
            "crf_pairs", of: .sequences,
            [.int(steps), .int(tags)] + places + [
                .buffer(chains.transitions), .buffer(targets), .buffer(alpha), .buffer(onward),
                .buffer(gradients.transitions),
            ], columns: tags, rows: tags, batches: batch)
    }

    package func viterbi(_ chains: TagChains, into path: Buffer) {
        let (batch, steps, tags) = (chains.batch, chains.steps, chains.tags)
        let best = makeBuffer(.float32, count: batch * 2 * tags)
        let origins = makeBuffer(.int32, count: batch * steps * tags, for: "the paths of Viterbi's search")
        guard begins(reading: chains.operands, writing: [best, origins, path]) else { return }
        launchRows(
            "viterbi",
            [
                .int(steps), .int(tags), .int(chains.places.stride), .buffer(chains.places.buffer),
                .buffer(chains.emissions), .buffer(chains.transitions), .buffer(chains.start), .buffer(chains.end),
                .buffer(best), .buffer(origins), .buffer(path),
            ], rows: batch)
    }

    package func ctc(_ alignments: Alignments, into losses: Buffer, gradient: Buffer?) {
        let (batch, steps, width) = (alignments.batch, alignments.steps, alignments.mostStates)
        let kept = gradient == nil ? 2 : steps
        let (places, labels) = (alignments.places, alignments.labels)
        let alpha = makeBuffer(.float32, count: batch * kept * width, for: "the alignments of CTC")
        guard begins(reading: alignments.operands, writing: [losses, alpha]) else { return }
        launchRows(
            "ctc_forward",
            [
                .int(steps), .int(alignments.classes), .int(alignments.blank),
                .int(alignments.zeroInfinity ? 1 : 0), .int(kept), .int(width), .int(places.stride),
                .int(labels.stride), .buffer(places.buffer), .buffer(labels.buffer),
                .buffer(alignments.logProbabilities), .buffer(alpha), .buffer(losses),
            ], rows: batch)
        guard let gradient else { return }
        // Labels that occur several times in a string are added up in order.
        let orders = labels.lists.map { IndexOrder.of($0.map(Int32.init), rows: alignments.classes) }
        let order = IntegerLists(orders.map { $0.order.map(Int.init) }, on: self)
        let segments = IntegerLists(orders.map { $0.segments.map(Int.init) }, on: self)
        let beta = makeBuffer(.float32, count: batch * 2 * width)
        fill(gradient, with: 0)
        guard begins(reading: [order.buffer, segments.buffer], writing: [beta, gradient]) else { return }
        launchRows(
            "ctc_backward",
            [
                .int(steps), .int(alignments.classes), .int(alignments.blank), .int(width), .int(places.stride),
                .int(labels.stride), .int(segments.stride), .buffer(places.buffer), .buffer(labels.buffer),
                .buffer(order.buffer), .buffer(segments.buffer), .buffer(alignments.logProbabilities),
                .buffer(alpha), .buffer(beta), .buffer(gradient),
            ], rows: batch)
    }
}

// MARK: Scan

extension OpenCLBackend {
    package func scan(_ scan: Scan, into y: Buffer, final: Buffer) {
        let carried = carried(scan)
        guard begins(reading: scan.operands, writing: [y, final, carried]) else { return }
        let arguments = arguments(scan)
        if scan.blocks > 1 {
            launchChains("scan_passages", arguments + [.buffer(carried)], scan)
            launchStarts(scan, from: scan.initial, backward: false, carried)
        }
        launchChains("scan_forward", arguments + [.buffer(carried), .buffer(y), .buffer(final)], scan)
    }

    package func scanBackward(
        _ scan: Scan, y: Buffer, dy: Buffer?, dFinal: Buffer?, into dx: Buffer, dWeight: Buffer?, dInitial: Buffer?,
        flow: Buffer?
    ) {
        let carried = carried(scan)
        let dRows = scan.kind.hasWeight ? makeBuffer(.float32, count: scan.batch * scan.hidden) : nil
        let reading = scan.operands + [y] + [dy, dFinal].compactMap { $0 }
        let writing = [dx, carried] + [dInitial, dRows, flow].compactMap { $0 }
        guard begins(reading: reading, writing: writing) else { return }
        let arguments = arguments(scan) + optional(dy, else: y)
        if scan.blocks > 1 {
            launchChains("scan_passages_backward", arguments + [.buffer(carried)], scan)
            launchStarts(scan, from: dFinal, backward: true, carried)
        }
        launchChains(
            "scan_backward",
            arguments + optional(dFinal, else: y) + [
                .buffer(carried), .buffer(y), .buffer(dx), .buffer(dRows ?? carried),
            ] + optional(dInitial, else: carried) + optional(flow, else: carried), scan)
        addRows(dRows, of: scan, to: dWeight)
    }

    /// Room for what a block makes of a state, and for the state it begins with.
    private func carried(_ scan: Scan) -> Buffer {
        makeBuffer(.float32, count: scan.blocks == 1 ? 1 : 2 * scan.batch * scan.blocks * scan.hidden)
    }

    /// Whether there is one, and it or something in its place.
    private func optional(_ buffer: Buffer?, else other: Buffer) -> [OpenCLArgument] {
        [.int(buffer == nil ? 0 : 1), .buffer(buffer ?? other)]
    }

    private func arguments(_ scan: Scan) -> [OpenCLArgument] {
        [
            .int(Int(scan.kind.rawValue)), .int(scan.reverse ? 1 : 0), .int(scan.batch), .int(scan.steps),
            .int(scan.hidden), .int(scan.block), .int(scan.before == nil ? 0 : 1), .int(scan.initial == nil ? 0 : 1),
            .buffer(scan.x), .buffer(scan.weight ?? scan.x), .buffer(scan.before ?? scan.x),
            .buffer(scan.initial ?? scan.x), .options(scan.kernelOptions),
        ]
    }

    /// Items of a row: as many vectors as its units are.
    private func strips(_ scan: Scan) -> Int {
        let vector = OpenCLProgram.vector(profile)
        return (scan.hidden + vector - 1) / vector
    }

    private func launchChains(_ kernel: String, _ arguments: [OpenCLArgument], _ scan: Scan) {
        launch(
            kernel, of: .scan(scan.kernelOptions, profile), arguments, columns: strips(scan), rows: scan.blocks,
            batches: scan.batch)
    }

    private func launchStarts(_ scan: Scan, from start: Buffer?, backward: Bool, _ carried: Buffer) {
        launch(
            "scan_starts", of: .scan(scan.kernelOptions, profile),
            [.int(scan.batch), .int(scan.hidden), .int(scan.blocks), .int(backward ? 1 : 0)]
                + optional(start, else: scan.x) + [.buffer(carried)], columns: strips(scan), rows: scan.batch)
    }
}
