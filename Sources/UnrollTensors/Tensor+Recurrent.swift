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
        let operands = [self] + weights.flatMap(\.all) + (initial ?? [])
        var pass = RecurrentPass(
            batch: shape[0], steps: shape[1], x: buffer, weights: weights.map { $0.map(\.buffer) },
            initial: initial?.map(\.buffer))
        let results = { (output: Buffer, final: [Buffer]) in
            [Tensor(output, shape: [pass.batch, pass.steps, stack.hidden], on: device)]
                + final.map { Tensor($0, shape: [stack.layers, pass.batch, stack.hidden], on: device) }
        }
        guard let tape = Tape.common(of: operands) else {
            let (output, final) = backend.infer(stack, pass)
            let inferred = results(output, final)
            return (inferred[0], Array(inferred.dropFirst()))
        }
        if stack.dropout > 0 && stack.layers > 1 {
            pass.dropoutKeys = (1..<stack.layers).map { _ in tape.nextKey(for: "recurrent") }
        }
        let trace = backend.forward(stack, pass)
        let nodes = (x: node, weights: weights.map { $0.map(\.node) }, initial: initial?.map(\.node))
        let recorded = Tensor.recorded(results(trace.output, trace.final), from: operands) {
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
        for (layer, weights) in weights.enumerated() {
            let shapes = [[gates, stack.inputs(of: layer)], [gates, stack.hidden], [gates], [gates]]
            require(
                weights.all.map(\.shape) == shapes,
                "recurrent: weights of layer \(layer) have shapes \(weights.all.map(\.shape)), expected \(shapes)")
            weights.all.forEach { Tensor.check("recurrent", self, $0) }
        }
        if let initial {
            let expected = [stack.layers, shape[0], stack.hidden]
            require(
                initial.count == stack.cell.states && initial.allSatisfy { $0.shape == expected },
                "recurrent: initial states \(initial.map(\.shape)), expected \(stack.cell.states) of \(expected)")
            initial.forEach { Tensor.check("recurrent", self, $0) }
        }
    }
}

extension RecurrentWeights {
    /// In PyTorch's order.
    package var all: [Value] { [input, recurrent, inputBias, recurrentBias] }

    /// Of each weight, what `transform` makes of it.
    package func map<Other>(_ transform: (Value) -> Other) -> RecurrentWeights<Other> {
        RecurrentWeights<Other>(
            input: transform(input), recurrent: transform(recurrent), inputBias: transform(inputBias),
            recurrentBias: transform(recurrentBias))
    }
}
