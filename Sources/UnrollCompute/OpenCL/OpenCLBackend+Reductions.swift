extension OpenCLBackend {
    package func reduce(
        _ reduction: Reduction, rowsOf x: Matrix, scale: Float, into y: Matrix, accumulating: Bool
    ) {
        require(
            y.rows == x.batches && y.columns == x.columns && y.rowStride == y.columns && y.columnStride == 1,
            "reduce: \(x.shape) into \(y.shape)")
        let slots = Self.slots(rows: x.rows)
        let partial = makeBuffer(.float32, count: x.batches * slots * x.columns)
        guard begins(reading: [x.buffer], writing: [y.buffer, partial]), y.count > 0 else { return }
        let vector = OpenCLProgram.vector(profile)
        launch(
            "reduce_slots", of: .reduce(profile),
            [
                .int(Int(reduction.rawValue)), .int(x.batches), .int(x.rows), .int(x.columns), .int(slots),
                .buffer(x.buffer), .int(x.offset), .int(x.batchStride), .int(x.rowStride), .int(x.columnStride),
                .buffer(partial),
            ], over: x.batches * ((slots * x.columns + vector - 1) / vector), each: profile == .cpu ? 4 : 64)
        launch(
            "reduce_finish", of: .reduce(profile),
            [
                .int(Int(reduction.rawValue)), .int(accumulating ? 1 : 0), .float(scale), .int(x.batches),
                .int(x.columns), .int(slots), .buffer(partial), .int(y.offset), .buffer(y.buffer),
            ], over: y.count)
    }

    /// How many partial results a column has: about the root of its rows, so that both passes are short.
    private static func slots(rows: Int) -> Int {
        var slots = 1
        while slots * slots * 2 < rows && slots < 1024 { slots *= 2 }
        return slots
    }

    /// Work items a row of the softmax kernels, as `ITEMS` in softmax.cl.
    static let rowItems = 32

    private func launchRows(_ kernel: String, _ arguments: [OpenCLArgument], rows: Int) {
        queue.launch(kernel, of: .softmax, arguments, global: [rows * Self.rowItems], local: [Self.rowItems])
    }

    package func softmax(_ x: Buffer, rows: Int, columns: Int, logarithmic: Bool, into y: Buffer) {
        guard begins(reading: [x], writing: [y]) else { return }
        launchRows(
            "softmax_rows", [.int(columns), .int(logarithmic ? 1 : 0), .buffer(x), .buffer(y)], rows: rows)
    }

    package func softmaxBackward(
        y: Buffer, dy: Buffer, rows: Int, columns: Int, logarithmic: Bool, into dx: Buffer
    ) {
        guard begins(reading: [y, dy], writing: [dx]) else { return }
        launchRows(
            "softmax_rows_backward", [.int(columns), .int(logarithmic ? 1 : 0), .buffer(y), .buffer(dy), .buffer(dx)],
            rows: rows)
    }

    package func crossEntropy(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, into loss: Buffer, logSumExp: Buffer
    ) {
        let rowLoss = makeBuffer(.float32, count: rows)
        guard begins(reading: [x, targets], writing: [rowLoss, loss, logSumExp]) else { return }
        launchRows(
            "cross_entropy_rows", [.int(columns), .buffer(x), .buffer(targets), .buffer(logSumExp), .buffer(rowLoss)],
            rows: rows)
        reduce(
            .sum, rowsOf: Matrix(rowLoss, rows: rows, columns: 1), scale: scale,
            into: Matrix(loss, rows: 1, columns: 1),
            accumulating: false)
    }

    package func crossEntropyBackward(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, logSumExp: Buffer, dLoss: Buffer,
        into dx: Buffer
    ) {
        guard begins(reading: [x, targets, logSumExp, dLoss], writing: [dx]) else { return }
        launchRows(
            "cross_entropy_rows_backward",
            [
                .int(columns), .float(scale), .buffer(x), .buffer(targets), .buffer(logSumExp), .buffer(dLoss),
                .buffer(dx),
            ], rows: rows)
    }

    package func normalize(
        _ x: Buffer, rows: Int, columns: Int, scale: Buffer, shift: Buffer, epsilon: Float, into y: Buffer,
        statistics: Buffer
    ) {
        guard begins(reading: [x, scale, shift], writing: [y, statistics]) else { return }
        launchRows(
            "normalize_rows",
            [
                .int(columns), .float(epsilon), .buffer(x), .buffer(scale), .buffer(shift), .buffer(statistics),
                .buffer(y),
            ], rows: rows)
    }

    package func normalizeBackward(
        _ x: Buffer, dy: Buffer, rows: Int, columns: Int, scale: Buffer, statistics: Buffer, into dx: Buffer?
    ) {
        guard begins(reading: [x, scale, statistics], writing: [dy] + (dx.map { [$0] } ?? [])) else { return }
        // Where there is no dx, nothing is written to what stands in its place.
        launchRows(
            "normalize_rows_backward",
            [
                .int(columns), .int(dx == nil ? 0 : 1), .buffer(x), .buffer(scale), .buffer(statistics), .buffer(dy),
                .buffer(dx ?? makeBuffer(.float32, count: 1)),
            ], rows: rows)
    }

    package func gather(_ table: Matrix, indices: Buffer, into y: Matrix, accumulating: Bool) {
        guard begins(reading: [table.buffer, indices], writing: [y.buffer]), y.rows > 0 else { return }
        launch(
            "gather", of: .lookup,
            [
                .int(y.columns), .int(accumulating ? 1 : 0), .buffer(table.buffer), .int(table.offset),
                .int(table.rowStride), .buffer(indices), .buffer(y.buffer), .int(y.offset), .int(y.rowStride),
            ], columns: y.columns, rows: y.rows)
    }

    package func scatterAdd(_ dy: Buffer, columns: Int, indices: Buffer, into dTable: Buffer) {
        guard let host = indices.indices else { fatalError("scatterAdd: indices without the host's copy") }
        let (order, segments) = IndexOrder.of(host, rows: dTable.count / max(columns, 1))
        guard !order.isEmpty else { return }
        let (orderBuffer, segmentBuffer) = (makeBuffer(order), makeBuffer(segments))
        guard begins(reading: [dy, indices, orderBuffer, segmentBuffer], writing: [dTable]) else { return }
        launch(
            "scatter_add", of: .lookup,
            [
                .int(columns), .buffer(dy), .buffer(indices), .buffer(orderBuffer), .buffer(segmentBuffer),
                .buffer(dTable),
            ], columns: columns, rows: segments.count - 1)
    }
}
