public import UnrollCompute
import UnrollData
public import UnrollLayers
public import UnrollTensors

/// A model that says in words what numbers show: one to many.   (after Vinyals et al. 2015)
///
///     z = tanh(W·x + b)                         x: an image's numbers, or a vector of features
///     h₀, c₀ = tanh(U·z + d)                    of every layer
///     hᵢ = decoder([yᵢ₋₁; z], hᵢ₋₁)             every step sees z beside the word before
///     p(yᵢ) = softmax(V·hᵢ)
public final class Captioner: Module {
    /// What it is made of.
    public let configuration: CaptionerConfiguration
    /// How it searches.
    public var beam: BeamSettings
    /// W.
    public let summary: Linear
    /// U.
    public let start: Linear
    /// A vector for each word.
    public let target: Embedding
    /// What writes.
    public let decoder: Recurrent
    /// V.
    public let linear: Linear
    private let dropout: Dropout
    private let lockedDropout: LockedDropout

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: CaptionerConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        let (architecture, options) = (configuration.architecture, configuration.architecture.options)
        let (hidden, size) = (architecture.hidden, architecture.embedding)
        (self.configuration, beam) = (configuration, configuration.beam)
        summary = Linear(inputs: configuration.inputs, outputs: hidden, initializer)
        start = Linear(
            inputs: hidden, outputs: architecture.cell.states * architecture.layers * hidden, initializer)
        target = Embedding(
            count: configuration.target.count, size: size, dropout: options.embeddingDropout, initializer)
        decoder = Recurrent(
            architecture.cell, inputs: size + hidden, hidden: hidden, layers: architecture.layers,
            options: options.recurrence, dropout: architecture.dropout, initializer)
        linear = Linear(inputs: hidden, outputs: configuration.target.count, initializer)
        dropout = Dropout(architecture.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
    }

    /// What has been seen, and the decoder's state: of each hypothesis.
    public struct Writing {
        /// z, `[rows, hidden]`.
        var summary: Tensor
        var state: RecurrentState
    }

    /// Looks at rows of `inputs` numbers each, as they are in the file.
    func look(at rows: [ArraySlice<Float>]) -> Writing {
        let (mean, scale) = (configuration.mean, 1 / configuration.deviation)
        let values = rows.flatMap { row in row.map { ($0 - mean) * scale } }
        let x = Tensor(values, shape: [rows.count, configuration.inputs], on: device)
        let z = dropout(summary(x).tanh())
        let (architecture, starts) = (configuration.architecture, start(z).tanh())
        let states = (0..<architecture.cell.states).map { state in
            let layers = (0..<architecture.layers).map { layer -> Tensor in
                let first = (state * architecture.layers + layer) * architecture.hidden
                return starts.slice(first..<first + architecture.hidden, along: 1)
            }
            return Tensor.concatenated(layers).reshaped([architecture.layers, rows.count, architecture.hidden])
        }
        return Writing(summary: z, state: RecurrentState(states))
    }

    /// Says what comes next after every word of `[rows, steps]`: logits `[rows, steps, words]`, and the state after the
    /// last.
    func write(_ inputs: Tensor, _ writing: Writing) -> (logits: Tensor, state: RecurrentState) {
        let (rows, steps, hidden) = (inputs.shape[0], inputs.shape[1], configuration.architecture.hidden)
        // At every step the same.
        let places = (0..<rows).flatMap { row in (0..<steps).map { _ in Int32(row) } }
        let seen = writing.summary.rows(at: Tensor(places, shape: [rows, steps], on: device))
        let x = Tensor.concatenated([target(inputs), seen.reshaped([rows, steps, hidden])], along: 2)
        let (output, state) = decoder(lockedDropout(x), writing.state)
        return (linear(lockedDropout(dropout(output))), state)
    }

    /// The mean of `−ln p` over the words of captions and their ends.
    package func loss(rows: [ArraySlice<Float>], captions: [[Int32]]) -> Tensor {
        let inputs = SequenceBatch(captions.map { [TextEncoding.end] + $0 }, on: device)
        let wanted = SequenceBatch(captions.map { $0 + [TextEncoding.end] }, on: device)
        return write(inputs.values, look(at: rows)).logits.crossEntropy(wanted.values)
    }
}

// MARK: Searching

extension Captioner: StepDecoder {
    /// One more word of every hypothesis.
    public func step(_ tokens: [Int32], _ writing: Writing) -> (logits: Tensor, state: Writing) {
        let (logits, state) = write(Tensor(tokens, shape: [tokens.count, 1], on: device), writing)
        return (
            logits.reshaped([tokens.count, configuration.target.count]),
            Writing(summary: writing.summary, state: state)
        )
    }

    /// The hypotheses in other places.
    public func gathered(_ writing: Writing, rows: [Int32]) -> Writing {
        Writing(
            summary: writing.summary.rows(at: Tensor(rows, on: device)), state: writing.state.gathered(rows))
    }

    /// The best captions of rows, in their order.
    /// - Parameter search: how to look for them.
    /// - Throws: `ComputeError`.
    package func hypotheses(for rows: [ArraySlice<Float>], _ search: BeamSearch) throws -> [[Hypothesis]] {
        let size = BeamSettings.inputsAtOnce(width: search.width)
        return try stride(from: 0, to: rows.count, by: size).flatMap { first in
            let part = Array(rows[first..<min(first + size, rows.count)])
            return try search(self, look(at: part), first: part.map { _ in TextEncoding.end })
        }
    }
}
