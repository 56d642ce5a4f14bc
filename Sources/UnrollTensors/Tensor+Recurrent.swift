package import UnrollCompute

extension Tensor {
    /// A batch of sequences `[batch, steps, inputs]` through a stack of recurrent layers.
    ///
    /// One entry on the tape whatever the number of layers and steps: the backend keeps what the backward pass needs.
    /// The output, every final state and every initial state carry gradient.
    ///
    /// - Parameters:
    ///   - weights: of each direction of each layer.
    ///   - initial: each state of the cell (h, c) as `[layers · directions, batch, hidden]`, or h as wide as it is
    ///     projected; nil is zeros.
    ///   - mask: which steps are there; nil is all.
    ///   - flow: is told the gradient of every h, where one is asked for.
    ///   - draws: what runs over parts of one sequence share; nil where this is all of it.
    /// - Returns: the last layer's h at every step, `[batch, steps, width]` or, of two directions side by side,
    ///   `[batch, steps, 2·width]`, and each state after each row's last step: h `[layers · directions, batch, width]`,
    ///   c `[layers · directions, batch, hidden]`; width is `hidden`, unless h is projected.
    package func recurrent(
        _ stack: RecurrentStack, weights: [RecurrentWeights<Tensor>], initial: [Tensor]? = nil,
        mask: SequenceMask? = nil, flow: GradientFlow? = nil, draws: SequenceDraws? = nil
    ) -> (output: Tensor, final: [Tensor]) {
        check(stack, weights, initial, mask)
        var pass = RecurrentPass(
            batch: shape[0], steps: shape[1], x: buffer, mask: mask, weights: weights.map { $0.map(\.buffer) },
            initial: initial?.map(\.buffer))
        let outputShape = [shape[0], shape[1], stack.outputs]
        let stateShapes = stack.widths.map { [stack.sweeps, shape[0], $0] }
        // Looked for without an array of all operands: a step of a live sequence is all bookkeeping.
        let isRecorded = { (operand: Tensor) in operand.node != nil }
        let isDropping = stack.dropout > 0 && stack.layers > 1
        let tape = isDropping || stack.options.isRandom ? Tape.underWay(on: device) : nil
        guard
            tape != nil || isRecorded(self) || weights.contains(where: { $0.contains(where: isRecorded) })
                || initial?.contains(where: isRecorded) == true
        else {
            let (output, final) = backend.infer(stack, pass)
            return (
                Tensor(output, shape: outputShape, on: device),
                zip(final, stateShapes).map { Tensor($0, shape: $1, on: device) }
            )
        }
        let operands = [self] + weights.flatMap(\.all) + (initial ?? [])
        let keys = SequenceKeys(
            layers: stack.layers, directions: stack.direction.count, dropout: stack.dropout, options: stack.options,
            from: tape, draws)
        (pass.dropoutKeys, pass.keys) = (keys.dropout, keys.sweeps)
        let trace = backend.forward(stack, pass)
        let run = flow?.begin(GradientFlow.Form(stack), steps: pass.steps, on: Tape.common(of: operands))
        let nodes = (x: node, weights: weights.map { $0.map(\.node) }, initial: initial?.map(\.node))
        let results =
            [Tensor(trace.output, shape: outputShape, on: device)]
            + zip(trace.final, stateShapes).map { Tensor($0, shape: $1, on: device) }
        let recorded = Tensor.recorded(results, from: operands) {
            [backend, pass] cotangents, accumulators in
            let gradients = RecurrentGradients(
                output: cotangents[0], final: Array(cotangents.dropFirst()),
                x: accumulators.accumulator(for: nodes.x),
                weights: nodes.weights.map { $0.map { accumulators.accumulator(for: $0) } },
                initial: nodes.initial?.map { accumulators.accumulator(for: $0) }
                    ?? Array(repeating: nil, count: stack.cell.states), flow: run?.observe(trace, on: backend))
            backend.backward(stack, pass, trace, gradients)
        }
        return (recorded[0], Array(recorded.dropFirst()))
    }

    private func check(
        _ stack: RecurrentStack, _ weights: [RecurrentWeights<Tensor>], _ initial: [Tensor]?, _ mask: SequenceMask?
    ) {
        require(
            shape.count == 3 && shape[2] == stack.inputs,
            "recurrent: input shape \(shape) is not [batch, steps, \(stack.inputs)]")
        require(
            weights.count == stack.sweeps,
            "recurrent: \(weights.count) sets of weights for \(stack.sweeps) (layers · directions)")
        if let mask {
            require(
                mask.batch == shape[0] && mask.steps == shape[1],
                "recurrent: a mask of \(mask.batch) rows of \(mask.steps) steps for an input of shape \(shape)")
        }
        check("recurrent", on: device)
        for (index, weights) in weights.enumerated() {
            let layer = index / stack.direction.count
            let (cell, expected) = (stack.cell(of: layer), stack.shapes(of: layer))
            let (inputRows, rows) = (cell.inputGates * stack.hidden, cell.gates * stack.hidden)
            require(
                weights.input.isOf(inputRows, stack.inputs(of: layer)) && weights.recurrent.isOf(rows, stack.width)
                    && weights.inputBias.isOf(inputRows) && weights.recurrentBias.isOf(rows)
                    && (!expected.hasMore && !weights.hasMore || weights.all.map(\.shape) == expected.all),
                "recurrent: weights of layer \(layer) have shapes \(weights.all.map(\.shape)), expected \(expected.all)"
            )
            weights.forEach { $0.check("recurrent", on: device) }
        }
        if let initial {
            require(
                initial.count == stack.cell.states
                    && zip(initial, stack.widths).allSatisfy { $0.isOf(stack.sweeps, shape[0], $1) },
                "recurrent: initial states \(initial.map(\.shape)), expected "
                    + "\(stack.widths.map { [stack.sweeps, shape[0], $0] })")
            for state in initial { state.check("recurrent", on: device) }
        }
    }

    @inline(__always)
    private func isOf(_ extents: Int...) -> Bool { shape == extents }
}
