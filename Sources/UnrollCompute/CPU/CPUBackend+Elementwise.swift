import CUnrollMicroKernels

extension CPUBackend {
    package func fill(_ buffer: Buffer, with value: Float) {
        guard begins(reading: [], writing: [buffer]) else { return }
        floats(buffer).update(repeating: value, count: buffer.count)
    }

    package func copy(_ x: Matrix, to y: Matrix, accumulating: Bool) {
        zip(nil, x, x, into: y, accumulating: accumulating)
    }

    package func zip(_ f: BinaryFunction, _ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool) {
        zip(Optional(f), a, b, into: c, accumulating: accumulating)
    }

    /// Without a function, a copy of a.
    private func zip(_ f: BinaryFunction?, _ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool) {
        guard begins(reading: [a.buffer, b.buffer], writing: [c.buffer]) else { return }
        if c.batches == 1 && c.rows == 1 { return runZip(f, a, b, c, accumulating) }
        let views = Matrix.collapsed([a, b, c])
        runZip(f, views[0], views[1], views[2], accumulating)
    }

    private func runZip(_ f: BinaryFunction?, _ a: Matrix, _ b: Matrix, _ c: Matrix, _ accumulating: Bool) {
        let arguments = UnrollZip(
            function: f?.rawValue ?? 0, copies: f == nil, accumulate: accumulating, batches: c.batches, rows: c.rows,
            columns: c.columns, a: view(a), b: view(b), c: view(c))
        run(kernels.pointee.zip, arguments, work: c.count)
    }

    package func map(_ f: UnaryFunction, _ x: Buffer, into y: Buffer) {
        guard begins(reading: [x], writing: [y]) else { return }
        let arguments = UnrollMap(
            function: f.kind.rawValue, alpha: f.alpha, beta: f.beta, count: x.count, x: floats(x), y: nil, dy: nil,
            result: floats(y))
        run(kernels.pointee.map, arguments, work: x.count)
    }

    package func mapBackward(_ f: UnaryFunction, x: Buffer, y: Buffer, dy: Buffer, into dx: Buffer) {
        guard begins(reading: [x, y, dy], writing: [dx]) else { return }
        let arguments = UnrollMap(
            function: f.kind.rawValue, alpha: f.alpha, beta: f.beta, count: x.count, x: floats(x), y: floats(y),
            dy: floats(dy), result: floats(dx))
        run(kernels.pointee.map_backward, arguments, work: x.count)
    }

    package func reduce(
        _ reduction: Reduction, rowsOf x: Matrix, scale: Float, into y: Matrix, accumulating: Bool
    ) {
        require(
            y.rows == x.batches && y.columns == x.columns && y.rowStride == y.columns && y.columnStride == 1,
            "reduce: \(x.shape) into \(y.shape)")
        let blocks = (x.rows + UNROLL_REDUCTION_BLOCK - 1) / UNROLL_REDUCTION_BLOCK
        let partials = makeBuffer(.float32, count: 2 * max(1, x.batches * x.columns * blocks))
        guard begins(reading: [x.buffer, partials], writing: [y.buffer]), y.count > 0 else { return }
        let arguments = UnrollReduce(
            reduction: reduction.rawValue, accumulate: accumulating, scale: scale, batches: x.batches, rows: x.rows,
            columns: x.columns, x: view(x), y: floats(y.buffer) + y.offset,
            partials: UnsafeMutableRawPointer(floats(partials)).assumingMemoryBound(to: Double.self))
        run(kernels.pointee.reduce, arguments, work: x.count)
        withExtendedLifetime(partials) {}
    }

    package func dropout(_ dropout: DropoutMask, _ x: Matrix, into y: Matrix, accumulating: Bool) {
        guard begins(reading: [x.buffer], writing: [y.buffer]) else { return }
        let arguments = UnrollDropout(
            key0: dropout.key.word0, key1: dropout.key.word1, threshold: dropout.threshold, scale: dropout.scale,
            accumulate: accumulating, batches: x.batches, rows: x.rows, columns: x.columns, x: view(x), y: view(y))
        run(kernels.pointee.dropout, arguments, work: 4 * x.count)
    }

    package func update(_ rule: UpdateRule, parameter: Buffer, gradient: Buffer, moments: [Buffer], scale: Buffer?) {
        require(moments.count == rule.moments, "update: \(moments.count) moments for \(rule)")
        let reading = [gradient] + (scale.map { [$0] } ?? [])
        guard begins(reading: reading, writing: [parameter] + moments) else { return }
        var arguments = UnrollUpdate()
        (arguments.rule, arguments.count) = (rule.kind.rawValue, parameter.count)
        (arguments.limit, arguments.moments) = (rule.limit, Int32(rule.moments))
        (arguments.parameter, arguments.gradient) = (floats(parameter), UnsafePointer(floats(gradient)))
        arguments.scale = scale.map { UnsafePointer(floats($0)) }
        withUnsafeMutableBytes(of: &arguments.numbers) { numbers in
            rule.numbers.withUnsafeBytes { numbers.copyMemory(from: $0) }
        }
        let places = [\UnrollUpdate.moment.0, \.moment.1, \.moment.2]
        for (place, moment) in Swift.zip(places, moments) { arguments[keyPath: place] = floats(moment) }
        run(kernels.pointee.update, arguments, work: 4 * parameter.count)
    }
}
