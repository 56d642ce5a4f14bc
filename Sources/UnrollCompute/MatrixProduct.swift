/// One product `C ← A·B (+ C) (+ bias)` as a kernel runs it: without batches, which are folded into its rows (`outer` runs of
/// them) or into the inner dimension (`innerOuter` runs), or have become products of their own.
struct MatrixProduct {
    var a: Matrix
    var b: Matrix
    var c: Matrix
    var bias: Matrix?
    var outer = 1
    var innerOuter = 1
    var accumulating: Bool

    /// Rows of C, and the length of its sums.
    var rows: Int { outer * a.rows }
    var inner: Int { innerOuter * a.columns }
    /// Rows of A are read as they lie when they are contiguous; columns, or several runs, are packed first.
    var packsA: Bool { innerOuter > 1 || (a.columnStride != 1 && a.columns > 1) }

    /// What a call of `multiply` comes to: one product when C sums over batches or B is shared by them, else one a batch.
    @inline(__always)
    static func forEach(
        _ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool, _ run: (MatrixProduct) -> Void
    ) {
        require(
            a.columns == b.rows && a.rows == c.rows && b.columns == c.columns && a.batches == b.batches
                && a.batches == c.batches && c.columnStride == 1,
            "multiply: \(a.shape) by \(b.shape) into \(c.shape)")
        if c.count == 0 { return }
        var product = MatrixProduct(a: a, b: b, c: c, bias: bias, accumulating: accumulating)
        if a.batches == 1 { return run(product) }
        if c.batchStride == 0 {
            product.innerOuter = a.batches
            return run(product)
        }
        if b.batchStride == 0 {
            product.outer = a.batches
            return run(product)
        }
        for batch in 0..<a.batches {
            (product.a, product.b, product.c) = (a.batch(batch), b.batch(batch), c.batch(batch))
            run(product)
        }
    }
}
