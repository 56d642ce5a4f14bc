extension OpenCLBackend {
    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        let reading = [a.buffer, b.buffer] + (bias.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [c.buffer]) else { return }
        MatrixProduct.forEach(a, b, into: c, bias: bias, accumulating: accumulating) { product in
            switch profile {
            case .cpu: multiplyInVectors(product)
            case .gpu: multiplyInTiles(product)
            }
        }
    }

    /// As in matmul_vector.cl.
    private static let (tileRows, tileColumns, span) = (6, 64, 64)

    private func multiplyInVectors(_ p: MatrixProduct) {
        let panels = (p.c.columns + Self.tileColumns - 1) / Self.tileColumns
        let rowTiles = (p.rows + Self.tileRows - 1) / Self.tileRows
        let (program, vector) = (OpenCLProgram.vectorMatmul, OpenCLProgram.vector(.cpu))
        let packedB = makeBuffer(.float32, count: max(1, panels * Self.tileColumns * p.inner), for: "a packed operand")
        queue.launch(
            "pack_b", of: program,
            [
                .int(p.inner), .int(max(p.a.columns, 1)), .int(p.c.columns), .buffer(p.b.buffer), .int(p.b.offset),
                .int(p.b.batchStride), .int(p.b.rowStride), .int(p.b.columnStride), .buffer(packedB),
            ], global: [panels, (p.inner + vector - 1) / vector], local: [1, 1])
        var a = p.a.buffer
        if p.packsA {
            a = makeBuffer(.float32, count: max(1, rowTiles * Self.tileRows * p.inner), for: "a packed operand")
            queue.launch(
                "pack_a", of: program,
                [
                    .int(p.inner), .int(max(p.a.columns, 1)), .int(p.rows), .int(p.a.rows), .buffer(p.a.buffer),
                    .int(p.a.offset), .int(p.a.batchStride), .int(p.a.rowStride), .int(p.a.columnStride), .buffer(a),
                ], global: [rowTiles, (p.inner + Self.span - 1) / Self.span], local: [1, 1])
        }
        let range = range(panels: panels, rowTiles: rowTiles)
        queue.launch(
            "matmul", of: program,
            [
                .int(p.inner), .int(p.rows), .int(p.a.rows), .int(p.c.columns), .int(p.accumulating ? 1 : 0),
                .int(p.bias == nil ? 0 : 1), .int(p.packsA ? 1 : 0), .buffer(a), .int(p.a.offset),
                .int(p.a.batchStride), .int(p.a.rowStride), .buffer(packedB), .buffer(p.bias?.buffer ?? packedB),
                .int(p.bias?.offset ?? 0), .buffer(p.c.buffer), .int(p.c.offset), .int(p.c.batchStride),
                .int(p.c.rowStride),
            ], global: range.global, local: range.local)
    }

    /// The work items of a form in vectors, one a tile. A group has tiles of one panel, whose weights then stay in a core's
    /// cache: all of a panel's, up to 32, as long as there are four groups for every compute unit.
    ///
    /// - Parameter most: tiles of the longest of several launches. All have groups of its size then: to a compiler for
    ///   processors every size is another kernel, which takes it seconds.
    func range(panels: Int, rowTiles: Int, ofAtMost most: Int? = nil) -> (global: [Int], local: [Int]) {
        let divided = { (count: Int, size: Int) in (count + size - 1) / size }
        let most = most ?? rowTiles
        let parts = max(
            1, divided(most, min(32, device.groupSize)), min(most, divided(4 * device.computeUnits, max(1, panels))))
        let tiles = max(1, divided(most, parts))
        return ([panels, divided(rowTiles, tiles) * tiles], [1, tiles])
    }

    private func multiplyInTiles(_ p: MatrixProduct) {
        let shape = tiles.shape(.matmul, rows: p.rows, columns: p.c.columns)
        let range = shape.range(rows: p.rows, columns: p.c.columns)
        queue.launch(
            "matmul", of: .matmul(shape, units),
            [
                .int(p.inner), .int(max(p.a.columns, 1)), .int(p.rows), .int(p.a.rows), .int(p.c.columns),
                .int(p.accumulating ? 1 : 0), .int(p.bias == nil ? 0 : 1), .buffer(p.a.buffer), .int(p.a.offset),
                .int(p.a.batchStride), .int(p.a.rowStride), .int(p.a.columnStride), .buffer(p.b.buffer),
                .int(p.b.offset), .int(p.b.batchStride), .int(p.b.rowStride), .int(p.b.columnStride),
                .buffer(p.bias?.buffer ?? p.b.buffer), .int(p.bias?.offset ?? 0), .buffer(p.c.buffer),
                .int(p.c.offset), .int(p.c.batchStride), .int(p.c.rowStride),
            ], global: range.global, local: range.local)
    }
}
