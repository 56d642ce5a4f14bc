import CUnrollMicroKernels

extension CPUBackend {
    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        require(
            a.columns == b.rows && a.rows == c.rows && b.columns == c.columns && a.batches == b.batches
                && a.batches == c.batches && c.columnStride == 1,
            "multiply: \(a.shape) by \(b.shape) into \(c.shape)")
        let reading = [a.buffer, b.buffer] + (bias.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [c.buffer]), c.count > 0 else { return }
        let row = bias.map { UnsafePointer(floats($0.buffer) + $0.offset) }
        if a.batches == 1 || c.batchStride == 0 {
            multiply(view(a), view(b), view(c), row, a, c, outer: 1, innerOuter: a.batches, accumulating)
        } else if b.batchStride == 0 {
            multiply(view(a), view(b), view(c), row, a, c, outer: a.batches, innerOuter: 1, accumulating)
        } else {
            for batch in 0..<a.batches {
                let (a, b, c) = (a.batch(batch), b.batch(batch), c.batch(batch))
                multiply(view(a), view(b), view(c), row, a, c, outer: 1, innerOuter: 1, accumulating)
            }
        }
    }

    /// One product: batches are gone, folded into rows or into the inner dimension.
    private func multiply(
        _ a: UnrollView, _ b: UnrollView, _ c: UnrollView, _ bias: UnsafePointer<Float>?, _ aShape: Matrix,
        _ cShape: Matrix, outer: Int, innerOuter: Int, _ accumulating: Bool
    ) {
        let table = kernels.pointee
        let (rows, inner, columns) = (aShape.rows, aShape.columns, cShape.columns)
        let block = min(table.inner_block, max(1, inner * innerOuter))
        let roundUp = { (count: Int, unit: Int) in (count + unit - 1) / unit * unit }
        // Rows of A are read as they lie when they are contiguous; columns, or several runs, are packed.
        let packsA = innerOuter > 1 || (aShape.columnStride != 1 && inner > 1)
        let sizeA = packsA ? roundUp(outer * rows, table.tile_rows) * block : 0
        let sizeB = roundUp(columns, table.tile_columns) * block
        withScratch(count: sizeA + sizeB) { scratch in
            let arguments = UnrollMatmul(
                a: a, b: b, c: c, bias: bias, outer: outer, rows: rows, inner_outer: innerOuter, inner: max(inner, 1),
                columns: columns, accumulate: accumulating, packed_a: packsA ? scratch + sizeB : nil, packed_b: scratch)
            run(table.matmul, arguments, work: outer * rows * columns * inner * innerOuter / 16)
        }
    }
}
