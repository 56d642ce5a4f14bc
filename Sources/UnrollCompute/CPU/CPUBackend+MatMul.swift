import CUnrollMicroKernels

extension CPUBackend {
    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        guard begins(reading: [a.buffer, b.buffer, bias?.buffer ?? a.buffer], writing: [c.buffer]) else { return }
        MatrixProduct.forEach(a, b, into: c, bias: bias, accumulating: accumulating) { multiply($0) }
    }

    /// With more rows than this, packing B is nothing beside the product.
    static let fewRows = 512

    private func multiply(_ p: MatrixProduct) {
        let table = kernels.pointee
        let block = min(table.inner_block, max(1, p.inner))
        let roundUp = { (count: Int, unit: Int) in (count + unit - 1) / unit * unit }
        let rowTiles = roundUp(p.rows, table.tile_rows) / table.tile_rows
        let sizeA = p.packsA ? rowTiles * (table.tile_rows * block + table.a_panel_gap) : 0
        let columns = roundUp(p.c.columns, table.vector)
        let kept = p.rows <= Self.fewRows && p.innerOuter == 1 ? packed(p.b, columns: columns) : nil
        // Packed A, then packed B; nothing of both is the usual case of a small call.
        let sizeB = kept == nil ? columns * block : 0
        let scratch = kept == nil || p.packsA ? makeBuffer(.float32, count: sizeA + sizeB, for: "packed operands") : nil
        guard begins(reading: [scratch ?? p.c.buffer], writing: []) else { return }
        var arguments = self.arguments(p, packedB: kept.map(floats) ?? floats(scratch!) + sizeA)
        arguments.b_is_packed = kept != nil
        if p.packsA { arguments.packed_a = scratch.map(floats) }
        run(table.matmul, arguments, work: p.rows * p.c.columns * p.inner / 16)
        withExtendedLifetime((kept, scratch)) {}
    }

    private func arguments(_ p: MatrixProduct, packedB: UnsafeMutablePointer<Float>) -> UnrollMatmul {
        UnrollMatmul(
            a: view(p.a), b: view(p.b), c: view(p.c),
            bias: p.bias.map { UnsafePointer(floats($0.buffer) + $0.offset) }, outer: p.outer, rows: p.a.rows,
            inner_outer: p.innerOuter, inner: p.a.columns, columns: p.c.columns, accumulate: p.accumulating,
            b_is_packed: false, packed_a: nil, packed_b: packedB)
    }

    /// B as panels, where it has been asked for before and is what it was: a weight in inference.
    private func packed(_ b: Matrix, columns: Int) -> Buffer? {
        let form = PackedForm.operand(
            offset: b.offset, rows: b.rows, columns: b.columns, rowStride: b.rowStride, columnStride: b.columnStride)
        if let buffer = b.buffer.packed(as: form) { return buffer }
        guard b.rows > 0, b.buffer.comesAgain(as: form) else { return nil }
        let buffer = makeBuffer(.float32, count: columns * b.rows, for: "a packed operand")
        guard begins(reading: [], writing: [buffer]) else { return nil }
        let nothing = Matrix(buffer, rows: 0, columns: b.columns)
        let whole = MatrixProduct(a: nothing, b: b, c: nothing, accumulating: false)
        var arguments = self.arguments(whole, packedB: floats(buffer))
        arguments.inner = b.rows
        run(kernels.pointee.pack, arguments, work: buffer.count)
        b.buffer.keep(buffer, as: form)
        return buffer
    }
}
