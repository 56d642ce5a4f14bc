import CUnrollMicroKernels

extension CPUBackend {
    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        let products = MatrixProduct.all(a, b, into: c, bias: bias, accumulating: accumulating)
        let reading = [a.buffer, b.buffer] + (bias.map { [$0.buffer] } ?? [])
        guard begins(reading: reading, writing: [c.buffer]) else { return }
        for product in products { multiply(product) }
    }

    private func multiply(_ p: MatrixProduct) {
        let table = kernels.pointee
        let block = min(table.inner_block, max(1, p.inner))
        let roundUp = { (count: Int, unit: Int) in (count + unit - 1) / unit * unit }
        let sizeA = p.packsA ? roundUp(p.rows, table.tile_rows) * block : 0
        let sizeB = roundUp(p.c.columns, table.tile_columns) * block
        withScratch(count: sizeA + sizeB) { scratch in
            let arguments = UnrollMatmul(
                a: view(p.a), b: view(p.b), c: view(p.c),
                bias: p.bias.map { UnsafePointer(floats($0.buffer) + $0.offset) }, outer: p.outer, rows: p.a.rows,
                inner_outer: p.innerOuter, inner: p.a.columns, columns: p.c.columns,
                accumulate: p.accumulating, packed_a: p.packsA ? scratch + sizeB : nil, packed_b: scratch)
            run(table.matmul, arguments, work: p.rows * p.c.columns * p.inner / 16)
        }
    }
}
