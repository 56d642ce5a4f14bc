public import UnrollCompute
public import UnrollLayers
package import UnrollTensors

/// Tells the class of a sequence: a text, a series, an image row by row.
///
///     embedding, or the numbers of a step → recurrent layers → one vector → dropout → linear → logits
///
/// with what `ModelOptions` turns on. Its parameters have PyTorch's names: `embedding.weight`, `recurrent.weight_ih_l0`, …,
/// `recurrent.weight_ih_l0_reverse`, `linear.weight`, `linear.bias`, and of attention `attention.key.weight`,
/// `attention.key.bias`, `attention.score.weight`.
public final class SequenceClassifier: Module {
    /// What it is made of.
    public let configuration: ClassifierConfiguration
    /// A vector for each token; nil where numbers are read.
    public let embedding: Embedding?
    /// What reads.
    public let recurrent: Recurrent
    /// What weighs the steps; nil for other poolings.
    public let attention: AttentionPooling?
    /// Before the output layer; PyTorch's dropout between layers is inside `recurrent`.
    public let dropout: Dropout
    /// Before the recurrent layers, and behind them.
    public let lockedDropout: LockedDropout
    /// From what stands for the sequence to a number for each class.
    public let linear: Linear

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: ClassifierConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        let options = configuration.options
        self.configuration = configuration
        embedding =
            configuration.tokens == 0
            ? nil
            : Embedding(
                count: configuration.tokens, size: configuration.embedding, dropout: options.embeddingDropout,
                initializer)
        recurrent = Recurrent(
            configuration.cell, inputs: configuration.stepInputs, hidden: configuration.hidden,
            layers: configuration.layers, direction: configuration.direction, options: options.recurrence,
            dropout: configuration.dropout, initializer)
        attention =
            configuration.pooling == .attention
            ? AttentionPooling(inputs: configuration.pooled, hidden: configuration.hidden, initializer) : nil
        dropout = Dropout(configuration.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
        linear = Linear(inputs: configuration.pooled, outputs: configuration.classes.count, initializer)
    }

    /// `[rows, classes]`: logits. A row without a step has what the biases give.
    package func callAsFunction(_ batch: SequenceBatch) -> Tensor {
        let read = embedding.map { $0(batch.values) } ?? batch.values
        let (output, state) = recurrent(lockedDropout(read), mask: batch.mask)
        return linear(dropout(pooled(output, state, batch.mask)))
    }

    /// `[rows, directions · hidden]`
    private func pooled(_ output: Tensor, _ state: RecurrentState, _ mask: SequenceMask) -> Tensor {
        switch configuration.pooling {
        case .mean: return lockedDropout(output).pooled(.mean, mask: mask)
        case .max: return lockedDropout(output).pooled(.max, mask: mask)
        case .attention:
            guard let attention else { preconditionFailure("SequenceClassifier: there is no attention") }
            return attention(lockedDropout(output), mask: mask)
        case .last:
            // h of the last layer's directions, `[layers · directions, batch, hidden]`.
            let (h, directions) = (state.tensors[0], configuration.direction.count)
            let ends = (h.shape[0] - directions..<h.shape[0]).map {
                h.slice($0..<$0 + 1, along: 0).reshaped([h.shape[1], h.shape[2]])
            }
            let width = directions * h.shape[2]
            let end = directions == 1 ? ends[0] : Tensor.concatenated(ends, along: 1)
            return lockedDropout(end.reshaped([h.shape[1], 1, width])).reshaped([h.shape[1], width])
        }
    }
}

/// A mean of a sequence's steps whose weights are learnt.   (Yang et al. 2016)
///
///     weights = softmax over the steps that are there of v·tanh(W·x + b)        Σ weights·x
public final class AttentionPooling: Module {
    /// W and b.
    public let key: Linear
    /// v
    public let score: Linear

    /// For steps of `inputs` numbers, with v of `hidden`.
    public init(inputs: Int, hidden: Int, _ initializer: Initializer) {
        key = Linear(inputs: inputs, outputs: hidden, initializer)
        score = Linear(inputs: hidden, outputs: 1, bias: false, initializer)
    }

    /// `[batch, steps, inputs]` to `[batch, inputs]`.
    package func callAsFunction(_ x: Tensor, mask: SequenceMask) -> Tensor {
        let (batch, steps, inputs) = (x.shape[0], x.shape[1], x.shape[2])
        let scores = score(key(x).tanh()).reshaped([batch, 1, steps])
        return scores.softmax(over: mask).matmul(x).reshaped([batch, inputs])
    }
}
