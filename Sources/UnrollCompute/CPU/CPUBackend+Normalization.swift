import CUnrollMicroKernels

extension CPUBackend {
    package func normalize(
        _ x: Buffer, rows: Int, columns: Int, scale: Buffer, shift: Buffer, epsilon: Float, into y: Buffer,
        statistics: Buffer
    ) {
        guard begins(reading: [x, scale, shift], writing: [y, statistics]) else { return }
        let arguments = UnrollNormalize(
            rows: rows, columns: columns, epsilon: epsilon, x: floats(x), scale: floats(scale), shift: floats(shift),
            statistics: floats(statistics), dy: nil, result: floats(y))
        run(kernels.pointee.normalize, arguments, work: 3 * rows * columns)
    }

    package func normalizeBackward(
        _ x: Buffer, dy: Buffer, rows: Int, columns: Int, scale: Buffer, statistics: Buffer, into dx: Buffer?
    ) {
        guard begins(reading: [x, scale, statistics], writing: [dy] + (dx.map { [$0] } ?? [])) else { return }
        let arguments = UnrollNormalize(
            rows: rows, columns: columns, epsilon: 0, x: floats(x), scale: floats(scale), shift: nil,
            statistics: floats(statistics), dy: floats(dy), result: dx.map(floats))
        run(kernels.pointee.normalize_backward, arguments, work: 4 * rows * columns)
    }
}
