extension OpenCLBackend {
    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        require(
            a.columns == b.rows && a.rows == c.rows && b.columns == c.columns && a.batches == b.batches
                && a.batches == c.batches && c.columnStride == 1,
            "multiply: \(a.shape) by \(b.shape) into \(c.shape)")
        let reading = [a.buffer, b.buffer] + (bias.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [c.buffer]), c.count > 0 else { return }
        let product = { (a: Matrix, b: Matrix, c: Matrix, outer: Int, innerOuter: Int) in
            let product = Product(
                a: a, b: b, c: c, bias: bias, outer: outer, innerOuter: innerOuter, accumulating: accumulating)
            switch self.profile {
            case .cpu: self.multiplyInVectors(product)
            case .gpu: self.multiplyInTiles(product)
            }
        }
        if a.batches == 1 || c.batchStride == 0 {
            product(a, b, c, 1, a.batches)
        } else if b.batchStride == 0 {
            product(a, b, c, a.batches, 1)
        } else {
            for batch in 0..<a.batches { product(a.batch(batch), b.batch(batch), c.batch(batch), 1, 1) }
        }
    }

    /// One product: batches are folded into rows (`outer` runs) or into the inner dimension (`innerOuter` runs).
    private struct Product {
        var a: Matrix
        var b: Matrix
        var c: Matrix
        var bias: Matrix?
        var outer: Int
        var innerOuter: Int
        var accumulating: Bool

        var rows: Int { outer * a.rows }
        var inner: Int { innerOuter * a.columns }
        /// Rows of A are read as they lie when they are contiguous.
        var packsA: Bool { innerOuter > 1 || (a.columnStride != 1 && a.columns > 1) }
    }

    /// As in matmul_vector.cl.
    private static let (tileRows, tileColumns, span) = (6, 64, 64)

    private func multiplyInVectors(_ p: Product) {
        let panels = (p.c.columns + Self.tileColumns - 1) / Self.tileColumns
        let rowTiles = (p.rows + Self.tileRows - 1) / Self.tileRows
        let program = OpenCLProgram.matmul(.cpu)
        let packedB = makeBuffer(.float32, count: max(1, panels * Self.tileColumns * p.inner))
        queue.launch(
            "pack_b", of: program,
            [
                .int(p.inner), .int(max(p.a.columns, 1)), .int(p.c.columns), .buffer(p.b.buffer), .int(p.b.offset),
                .int(p.b.batchStride), .int(p.b.rowStride), .int(p.b.columnStride), .buffer(packedB),
            ], global: [panels, (p.inner + 63) / 64 * 64], local: [1, 64])
        var a = p.a.buffer
        if p.packsA {
            a = makeBuffer(.float32, count: max(1, rowTiles * Self.tileRows * p.inner))
            queue.launch(
                "pack_a", of: program,
                [
                    .int(p.inner), .int(max(p.a.columns, 1)), .int(p.rows), .int(p.a.rows), .buffer(p.a.buffer),
                    .int(p.a.offset), .int(p.a.batchStride), .int(p.a.rowStride), .int(p.a.columnStride), .buffer(a),
                ], global: [rowTiles, (p.inner + Self.span - 1) / Self.span], local: [1, 1])
        }
        let local = min(8, rowTiles)
        queue.launch(
            "matmul", of: program,
            [
                .int(p.inner), .int(p.rows), .int(p.a.rows), .int(p.c.columns), .int(p.accumulating ? 1 : 0),
                .int(p.bias == nil ? 0 : 1), .int(p.packsA ? 1 : 0), .buffer(a), .int(p.a.offset),
                .int(p.a.batchStride), .int(p.a.rowStride), .buffer(packedB), .buffer(p.bias?.buffer ?? packedB),
                .int(p.bias?.offset ?? 0), .buffer(p.c.buffer), .int(p.c.offset), .int(p.c.batchStride),
                .int(p.c.rowStride),
            ], global: [panels, (rowTiles + local - 1) / local * local], local: [1, local])
    }

    /// As in matmul_tile.cl: items a side of the work-group, and elements a side of the tile.
    private static let (group, tile) = (8, 32)

    private func multiplyInTiles(_ p: Product) {
        let groups = { (count: Int) in (count + Self.tile - 1) / Self.tile * Self.group }
        queue.launch(
            "matmul", of: .matmul(.gpu),
            [
                .int(p.inner), .int(max(p.a.columns, 1)), .int(p.rows), .int(p.a.rows), .int(p.c.columns),
                .int(p.accumulating ? 1 : 0), .int(p.bias == nil ? 0 : 1), .buffer(p.a.buffer), .int(p.a.offset),
                .int(p.a.batchStride), .int(p.a.rowStride), .int(p.a.columnStride), .buffer(p.b.buffer),
                .int(p.b.offset), .int(p.b.batchStride), .int(p.b.rowStride), .int(p.b.columnStride),
                .buffer(p.bias?.buffer ?? p.b.buffer), .int(p.bias?.offset ?? 0), .buffer(p.c.buffer),
                .int(p.c.offset), .int(p.c.batchStride), .int(p.c.rowStride),
            ], global: [groups(p.c.columns), groups(p.rows)], local: [Self.group, Self.group])
    }
}
