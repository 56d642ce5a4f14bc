package import UnrollCompute

extension Tensor {
    /// A batch of sequences `[batch, steps, inputs]` through a stack of recurrent layers.
    ///
    /// One entry on the tape whatever the number of layers and steps: the backend keeps what the backward pass needs.
    /// The output, every final state and every initial state carry gradient.
    ///
    /// - Parameters:
    ///   - weights: of each layer.
    ///   - initial: each state of the cell (h, c) as `[layers, batch, hidden]`; nil is zeros.
    /// - Returns: the last layer's h at every step, `[batch, steps, hidden]`, and each state after the last step,
    ///   `[layers, batch, hidden]`.
    package func recurrent(
        _ stack: RecurrentStack, weights: [RecurrentWeights<Tensor>], initial: [Tensor]? = nil
    ) -> (output: Tensor, final: [Tensor]) {
        check(stack, weights, initial)
        var pass = RecurrentPass(
            batch: shape[0], steps: shape[1], x: buffer, weights: weights.map { $0.map(\.buffer) },
            initial: initial?.map(\.buffer))
        let outputShape = [shape[0], shape[1], stack.hidden]
        let stateShape = [stack.layers, shape[0], stack.hidden]
        // Looked for without an array of all operands: a step of a live sequence is all bookkeeping.
        let isRecorded = { (operand: Tensor) in operand.node != nil }
        guard
            isRecorded(self) || weights.contains(where: { $0.contains(where: isRecorded) })
                || initial?.contains(where: isRecorded) == true
        else {
            let (output, final) = backend.infer(stack, pass)
            return (
                Tensor(output, shape: outputShape, on: device),
                final.map { Tensor($0, shape: stateShape, on: device) }
            )
        }
        let operands = [self] + weights.flatMap(\.all) + (initial ?? [])
        if stack.dropout > 0 && stack.layers > 1, let tape = Tape.common(of: operands) {
            pass.dropoutKeys = (1..<stack.layers).map { _ in tape.nextKey(for: "recurrent") }
        }
        let trace = backend.forward(stack, pass)
        let nodes = (x: node, weights: weights.map { $0.map(\.node) }, initial: initial?.map(\.node))
        let results =
            [Tensor(trace.output, shape: outputShape, on: device)]
            + trace.final.map { Tensor($0, shape: stateShape, on: device) }
        let recorded = Tensor.recorded(results, from: operands) {
            [backend, pass] cotangents, accumulators in
            let gradients = RecurrentGradients(
                output: cotangents[0], final: Array(cotangents.dropFirst()),
                x: accumulators.accumulator(for: nodes.x),
                weights: nodes.weights.map { $0.map { accumulators.accumulator(for: $0) } },
                initial: nodes.initial?.map { accumulators.accumulator(for: $0) }
                    ?? Array(repeating: nil, count: stack.cell.states))
            backend.backward(stack, pass, trace, gradients)
        }
        return (recorded[0], Array(recorded.dropFirst()))
    }

    private func check(_ stack: RecurrentStack, _ weights: [RecurrentWeights<Tensor>], _ initial: [Tensor]?) {
        let gates = stack.cell.gates * stack.hidden
        require(
            shape.count == 3 && shape[2] == stack.inputs,
            "recurrent: input shape \(shape) is not [batch, steps, \(stack.inputs)]")
        require(
            weights.count == stack.layers, "recurrent: weights of \(weights.count) layers for \(stack.layers) layers")
        check("recurrent", on: device)
        for (layer, weights) in weights.enumerated() {
            let (inputs, hidden) = (stack.inputs(of: layer), stack.hidden)
            require(
                weights.input.isOf(gates, inputs) && weights.recurrent.isOf(gates, hidden)
                    && weights.inputBias.isOf(gates) && weights.recurrentBias.isOf(gates),
                "recurrent: weights of layer \(layer) have shapes \(weights.all.map(\.shape)), expected "
                    + "\([[gates, inputs], [gates, hidden], [gates], [gates]])")
            weights.forEach { $0.check("recurrent", on: device) }
        }
        if let initial {
            require(
                initial.count == stack.cell.states
                    && initial.allSatisfy { $0.isOf(stack.layers, shape[0], stack.hidden) },
                "recurrent: initial states \(initial.map(\.shape)), expected \(stack.cell.states) of "
                    + "\([stack.layers, shape[0], stack.hidden])")
            for state in initial { state.check("recurrent", on: device) }
        }
    }

    @inline(__always)
    private func isOf(_ extents: Int...) -> Bool { shape == extents }
}

extension RecurrentWeights {
    /// In PyTorch's order.
    package var all: [Value] { [input, recurrent, inputBias, recurrentBias] }

    package func forEach(_ body: (Value) -> Void) {
        body(input)
        body(recurrent)
        body(inputBias)
        body(recurrentBias)
    }

    package func contains(where condition: (Value) -> Bool) -> Bool {
        condition(input) || condition(recurrent) || condition(inputBias) || condition(recurrentBias)
    }

    /// Of each weight, what `transform` makes of it.
    package func map<Other>(_ transform: (Value) -> Other) -> RecurrentWeights<Other> {
        RecurrentWeights<Other>(
            input: transform(input), recurrent: transform(recurrent), inputBias: transform(inputBias),
            recurrentBias: transform(recurrentBias))
    }
}
