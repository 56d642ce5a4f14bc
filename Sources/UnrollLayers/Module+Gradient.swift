public import UnrollCompute
public import UnrollTensors

extension Module {
    /// The value of a loss and its gradient with respect to every parameter of this module that is trained.
    ///
    ///     let (loss, gradients) = model.valueWithGradient { model(x).crossEntropy(targets) }
    ///
    /// Nothing here waits for the device: read the value when you need it.
    ///
    /// - Parameters:
    ///   - random: where dropout draws from; give every training step its own. Needed only if something is dropped, as by
    ///     every layer with dropout that is called meanwhile, but for what is within `evaluating`.
    ///   - loss: computes a tensor of one element from the parameters.
    /// - Returns: the loss, detached, and the gradients.
    public func valueWithGradient(
        random: RandomSource? = nil, _ loss: () throws -> Tensor
    ) rethrows -> (value: Tensor, gradients: Gradients) {
        let (value, gradients, _) = try valueWithGradient(random: random) { (try loss(), ()) }
        return (value, gradients)
    }

    /// The same for a loss computed together with something else, such as the state carried to the next batch. Detach
    /// tensors among it: after the call those on the tape can be read but not computed with.
    public func valueWithGradient<Auxiliary>(
        random: RandomSource? = nil, _ loss: () throws -> (Tensor, Auxiliary)
    ) rethrows -> (value: Tensor, gradients: Gradients, auxiliary: Auxiliary) {
        try valueWithGradient(random: random, cotangent: nil, loss)
    }

    /// The same from any cotangent of a tensor of any shape: `Σ cotangent · ∂value/∂parameter`.
    package func valueWithGradient<Auxiliary>(
        random: RandomSource? = nil, cotangent: Tensor?, _ loss: () throws -> (Tensor, Auxiliary)
    ) rethrows -> (value: Tensor, gradients: Gradients, auxiliary: Auxiliary) {
        let parameters = parameters.map(\.parameter).filter(\.isTrained)
        guard let device = parameters.first?.value.device else {
            fatalError("valueWithGradient: \(Self.self) has no parameters to train")
        }
        let tape = Tape(on: device, random: random)
        let nodes = parameters.map { parameter -> Node? in
            require(
                parameter.value.node == nil, "valueWithGradient cannot be nested: gradients are of first order")
            guard !parameter.isFrozen else { return nil }
            let node = tape.leaf(count: parameter.value.count)
            parameter.value.node = node
            return node
        }
        defer {
            for parameter in parameters { parameter.value.node = nil }
            tape.end()
        }
        let (value, auxiliary) = try tape.whileUnderWay(loss)
        let cotangents = tape.play(from: value, cotangent: cotangent)
        let gradients = Gradients(
            zip(parameters, nodes).map { parameter, node in
                (parameter, node.flatMap { cotangents.take($0.index) })
            }, on: device)
        return (value.detached(), gradients, auxiliary)
    }
}
