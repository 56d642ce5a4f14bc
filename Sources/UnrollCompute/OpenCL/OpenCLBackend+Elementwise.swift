extension OpenCLBackend {
    /// offset, batch, row, column: how kernels take a view, after its buffer.
    private func strides(_ view: Matrix) -> [OpenCLArgument] {
        [.int(view.offset), .int(view.batchStride), .int(view.rowStride), .int(view.columnStride)]
    }

    package func fill(_ buffer: Buffer, with value: Float) {
        guard begins(reading: [], writing: [buffer]) else { return }
        launch("fill", of: .elementwise, [.int(buffer.count), .float(value), .buffer(buffer)], over: buffer.count)
    }

    package func copy(_ x: Matrix, to y: Matrix, accumulating: Bool) {
        guard begins(reading: [x.buffer], writing: [y.buffer]), y.count > 0 else { return }
        let views = Matrix.collapsed([x, y])
        let shape = views[1]
        let sizes: [OpenCLArgument] = [
            .int(accumulating ? 1 : 0), .int(shape.batches), .int(shape.rows), .int(shape.columns),
        ]
        let arguments = sizes + [.buffer(x.buffer)] + strides(views[0]) + [.buffer(y.buffer)] + strides(shape)
        launch(
            "copy", of: .elementwise, arguments, columns: shape.columns, rows: shape.rows, batches: shape.batches)
    }

    package func copyStates(_ x: [Buffer]?, at from: Int, to y: [Buffer], at to: Int, count: Int) {
        require(y.count == 1 || y.count == 2, "copyStates: \(y.count) states")
        guard begins(reading: x ?? [], writing: y), count > 0 else { return }
        let source = x ?? y
        let sizes: [OpenCLArgument] = [.int(count), .int(x == nil ? 0 : 1), .int(from), .int(to)]
        let buffers = [source[0], source.last!, y[0], y.last!].map { OpenCLArgument.buffer($0) }
        launch("copy_states", of: .elementwise, sizes + buffers, columns: count, rows: y.count)
    }

    package func zip(_ f: BinaryFunction, _ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool) {
        guard begins(reading: [a.buffer, b.buffer], writing: [c.buffer]), c.count > 0 else { return }
        let views = Matrix.collapsed([a, b, c])
        let shape = views[2]
        var arguments: [OpenCLArgument] = [
            .int(Int(f.rawValue)), .int(accumulating ? 1 : 0), .int(shape.batches), .int(shape.rows),
            .int(shape.columns),
        ]
        for view in views { arguments += [.buffer(view.buffer)] + strides(view) }
        launch("zip", of: .elementwise, arguments, columns: shape.columns, rows: shape.rows, batches: shape.batches)
    }

    package func map(_ f: UnaryFunction, _ x: Buffer, into y: Buffer) {
        guard begins(reading: [x], writing: [y]) else { return }
        let arguments: [OpenCLArgument] = [
            .int(Int(f.kind.rawValue)), .float(f.alpha), .float(f.beta), .int(x.count), .buffer(x), .buffer(y),
        ]
        launch("map", of: .elementwise, arguments, over: x.count)
    }

    package func mapBackward(_ f: UnaryFunction, x: Buffer, y: Buffer, dy: Buffer, into dx: Buffer) {
        guard begins(reading: [x, y, dy], writing: [dx]) else { return }
        let arguments: [OpenCLArgument] = [
            .int(Int(f.kind.rawValue)), .float(f.alpha), .int(x.count), .buffer(x), .buffer(y), .buffer(dy),
            .buffer(dx),
        ]
        launch("map_backward", of: .elementwise, arguments, over: x.count)
    }

    package func dropout(_ dropout: DropoutMask, _ x: Matrix, into y: Matrix, accumulating: Bool) {
        guard begins(reading: [x.buffer], writing: [y.buffer]), y.count > 0 else { return }
        let sizes: [OpenCLArgument] = [
            .word(dropout.key.word0), .word(dropout.key.word1), .word(dropout.threshold), .float(dropout.scale),
            .int(accumulating ? 1 : 0), .int(x.columns),
        ]
        let arguments = sizes + [.buffer(x.buffer)] + strides(x) + [.buffer(y.buffer)] + strides(y)
        let units = 4 * OpenCLProgram.vector(profile)
        launch(
            "dropout", of: .random(profile), arguments, columns: (x.columns + units - 1) / units, rows: x.rows,
            batches: x.batches)
    }

    package func update(_ rule: UpdateRule, parameter: Buffer, gradient: Buffer, moments: [Buffer], scale: Buffer?) {
        require(moments.count == rule.moments, "update: \(moments.count) moments for \(rule)")
        guard begins(reading: [gradient] + (scale.map { [$0] } ?? []), writing: [parameter] + moments) else { return }
        let numbers = rule.numbers + Array(repeating: 0, count: 8 - rule.numbers.count)
        let arguments: [OpenCLArgument] =
            [.int(Int(rule.kind.rawValue)), .int(parameter.count), .int(rule.moments)]
            + (numbers + [rule.limit]).map { .float($0) }
            + [.int(scale == nil ? 0 : 1), .buffer(scale ?? gradient), .buffer(parameter), .buffer(gradient)]
        // A moment the rule has none of is any buffer: it is not touched.
        let three = (moments + Array(repeating: parameter, count: 3 - moments.count)).map { OpenCLArgument.buffer($0) }
        launch("update", of: .elementwise, arguments + three, over: parameter.count)
    }
}
