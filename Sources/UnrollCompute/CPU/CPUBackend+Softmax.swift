import CUnrollMicroKernels

extension CPUBackend {
    package func softmax(_ x: Buffer, rows: Int, columns: Int, logarithmic: Bool, into y: Buffer) {
        guard begins(reading: [x], writing: [y]) else { return }
        let arguments = UnrollSoftmax(
            logarithmic: logarithmic, rows: rows, columns: columns, x: floats(x), dy: nil, result: floats(y))
        run(kernels.pointee.softmax, arguments, work: 4 * rows * columns)
    }

    package func softmaxBackward(
        y: Buffer, dy: Buffer, rows: Int, columns: Int, logarithmic: Bool, into dx: Buffer
    ) {
        guard begins(reading: [y, dy], writing: [dx]) else { return }
        let arguments = UnrollSoftmax(
            logarithmic: logarithmic, rows: rows, columns: columns, x: floats(y), dy: floats(dy), result: floats(dx))
        run(kernels.pointee.softmax_backward, arguments, work: 2 * rows * columns)
    }

    package func crossEntropy(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, into loss: Buffer, logSumExp: Buffer
    ) {
        guard begins(reading: [x, targets], writing: [loss, logSumExp]) else { return }
        let arguments = UnrollCrossEntropy(
            rows: rows, columns: columns, x: floats(x), targets: integers(targets), scale: scale,
            log_sum_exp: floats(logSumExp), loss: floats(loss), dloss: nil, dx: nil)
        run(kernels.pointee.cross_entropy, arguments, work: 4 * rows * columns)
    }

    package func crossEntropyBackward(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, logSumExp: Buffer, dLoss: Buffer,
        into dx: Buffer
    ) {
        guard begins(reading: [x, targets, logSumExp, dLoss], writing: [dx]) else { return }
        let arguments = UnrollCrossEntropy(
            rows: rows, columns: columns, x: floats(x), targets: integers(targets), scale: scale,
            log_sum_exp: floats(logSumExp), loss: nil, dloss: floats(dLoss), dx: floats(dx))
        run(kernels.pointee.cross_entropy_backward, arguments, work: 4 * rows * columns)
    }
}
