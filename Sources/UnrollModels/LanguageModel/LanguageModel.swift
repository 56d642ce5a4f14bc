public import UnrollCompute
public import UnrollLayers
public import UnrollTensors

/// A model of text: after each token (character, word or byte pair), how likely every token is to come next.
///
///     embedding → recurrent layers, dropout between them → dropout → linear → logits
///
/// with what `ModelOptions` turns on. Its parameters have the names of the PyTorch module that has an
/// `Embedding`, an `LSTM` (or `GRU`, `RNN`) called `recurrent` and a `Linear`: `embedding.weight`,
/// `recurrent.weight_ih_l0`, …, `linear.weight`, `linear.bias`. Where the output layer is tied to the embedding there is
/// one parameter for both, `embedding.weight`; a file may have it as `linear.weight` besides, as PyTorch's do.
public final class LanguageModel: Module {
    /// What it is made of.
    public let configuration: LanguageModelConfiguration
    /// A vector for each token.
    public let embedding: Embedding
    /// What remembers.
    public let recurrent: Recurrent
    /// Before the output layer; PyTorch's dropout between layers is inside `recurrent`.
    public let dropout: Dropout
    /// Before the recurrent layers, and behind them.
    public let lockedDropout: LockedDropout
    /// From hidden to a number for each token.
    public let linear: Linear

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: LanguageModelConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        let tokens = configuration.encoding.count
        self.configuration = configuration
        let options = configuration.options
        embedding = Embedding(
            count: tokens, size: configuration.embedding, dropout: options.embeddingDropout, initializer)
        recurrent = Recurrent(
            configuration.cell, inputs: configuration.embedding, hidden: configuration.hidden,
            layers: configuration.layers, options: options.recurrence, dropout: configuration.dropout, initializer)
        dropout = Dropout(configuration.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
        linear =
            options.isTied
            ? Linear(tiedTo: embedding, initializer)
            : Linear(inputs: configuration.hidden, outputs: tokens, initializer)
    }

    /// Runs over a batch of texts.
    /// - Parameters:
    ///   - inputs: indices of tokens, `[batch, steps]`.
    ///   - state: what was read before; nil for nothing.
    /// - Returns: logits `[batch, steps, tokens]` and the state after the last step.
    public func callAsFunction(_ inputs: Tensor, _ state: RecurrentState? = nil) -> (Tensor, RecurrentState) {
        let (output, state) = recurrent(lockedDropout(embedding(inputs)), state)
        return (linear(thinned(output)), state)
    }

    /// What the output layer reads.
    private func thinned(_ output: Tensor) -> Tensor { lockedDropout(dropout(output)) }

    /// The mean of `−ln p(target)` over a batch of texts, in nats per token.
    /// - Parameter targets: for each input the token after it, `[batch, steps]`.
    public func loss(
        inputs: Tensor, targets: Tensor, state: RecurrentState? = nil
    ) -> (loss: Tensor, state: RecurrentState) {
        let (logits, state) = self(inputs, state)
        return (logits.crossEntropy(targets), state)
    }

    /// The same where only the last steps have targets, `[batch, fewer steps]`, the state asked for is that after the
    /// first `carry` steps, and penalties count: what training with a `TruncatedSpan` needs.
    package func loss(
        inputs: Tensor, targets: Tensor, state: RecurrentState?, carry: Int,
        penalties: ActivationPenalties = ActivationPenalties()
    ) -> (loss: Tensor, state: RecurrentState) {
        let (batch, steps) = (inputs.shape[0], inputs.shape[1])
        let x = lockedDropout(embedding(inputs))
        var (outputs, state) = ([Tensor](), state)
        let draws = SequenceDraws()
        if carry > 0 {
            let (output, carried) = recurrent(carry == steps ? x : x.slice(0..<carry, along: 1), state, draws: draws)
            (outputs, state) = ([output], carried)
        }
        if carry < steps {
            outputs.append(recurrent(x.slice(carry..<steps, along: 1), state, draws: draws).output)
        }
        let output = outputs.count == 1 ? outputs[0] : Tensor.concatenated(outputs, along: 1)
        let judged = targets.shape[1]
        let last = judged == steps ? output : output.slice(steps - judged..<steps, along: 1)
        let read = thinned(last)
        let (layers, hidden) = (configuration.layers, configuration.hidden)
        return (
            penalties.added(to: linear(read).crossEntropy(targets), read: read, output: last),
            state ?? .zeros(configuration.cell, layers: layers, batch: batch, hidden: hidden, on: device)
        )
    }
}

/// What training adds to a loss, that recurrent layers say little, and change it little from step to step.
/// (Merity, McCann & Socher 2017)
public struct ActivationPenalties: Sendable, Equatable {
    /// α, of the mean square of what the output layer reads.
    public var activation: Float
    /// β, of the mean square of the changes, from step to step, of what that is before anything is dropped.
    public var temporal: Float

    /// None, unless given.
    public init(activation: Float = 0, temporal: Float = 0) {
        (self.activation, self.temporal) = (activation, temporal)
    }

    fileprivate func added(to loss: Tensor, read: Tensor, output: Tensor) -> Tensor {
        var loss = loss
        if activation > 0 { loss = loss + read.activationPenalty(activation) }
        if temporal > 0 { loss = loss + output.temporalActivationPenalty(temporal) }
        return loss
    }
}
