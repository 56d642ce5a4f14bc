public import UnrollCompute
public import UnrollLayers
public import UnrollTensors

/// A model of text: after each character, how likely every character is to come next.
///
///     embedding → recurrent layers, dropout between them → dropout → linear → logits
///
/// Its parameters have the names of the PyTorch module that has an `Embedding`, an `LSTM` (or `GRU`, `RNN`) called
/// `recurrent` and a `Linear`: `embedding.weight`, `recurrent.weight_ih_l0`, …, `linear.weight`, `linear.bias`.
public final class LanguageModel: Module {
    /// What it is made of.
    public let configuration: LanguageModelConfiguration
    /// A vector for each character.
    public let embedding: Embedding
    /// What remembers.
    public let recurrent: Recurrent
    /// Before the output layer; PyTorch's dropout between layers is inside `recurrent`.
    public let dropout: Dropout
    /// From hidden to a number for each character.
    public let linear: Linear

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    public init(_ configuration: LanguageModelConfiguration, seed: UInt64, on device: Device) {
        let initializer = Initializer(seed: seed, on: device)
        let characters = configuration.vocabulary.count
        self.configuration = configuration
        embedding = Embedding(count: characters, size: configuration.embedding, initializer)
        recurrent = Recurrent(
            configuration.cell, inputs: configuration.embedding, hidden: configuration.hidden,
            layers: configuration.layers, dropout: configuration.dropout, initializer)
        dropout = Dropout(configuration.dropout)
        linear = Linear(inputs: configuration.hidden, outputs: characters, initializer)
    }

    /// Where it lives.
    public var device: Device { embedding.weight.value.device }

    /// Runs over a batch of texts.
    /// - Parameters:
    ///   - inputs: indices of characters, `[batch, steps]`.
    ///   - state: what was read before; nil for nothing.
    /// - Returns: logits `[batch, steps, characters]` and the state after the last step.
    public func callAsFunction(_ inputs: Tensor, _ state: RecurrentState? = nil) -> (Tensor, RecurrentState) {
        let (output, state) = recurrent(embedding(inputs), state)
        return (linear(dropout(output)), state)
    }

    /// The mean of `−ln p(target)` over a batch of texts, in nats per character.
    /// - Parameter targets: for each input the character after it, `[batch, steps]`.
    public func loss(
        inputs: Tensor, targets: Tensor, state: RecurrentState? = nil
    ) -> (loss: Tensor, state: RecurrentState) {
        let (logits, state) = self(inputs, state)
        return (logits.crossEntropy(targets), state)
    }
}
