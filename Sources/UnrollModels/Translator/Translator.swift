public import UnrollCompute
import UnrollData
public import UnrollLayers
public import UnrollTensors

/// A model that turns one sequence into another: an encoder reads the source both ways, a decoder writes the target and
/// looks at the source while it does.   (Sutskever, Vinyals & Le 2014; attention: Luong, Pham & Manning 2015)
///
///     sₜ = [→sₜ; ←sₜ]                              the encoder's outputs, `hidden` numbers a step
///     hᵢ = decoder(yᵢ₋₁, hᵢ₋₁)                      h₀: the encoder's last states, both ways side by side
///     cᵢ = Σₜ softmaxₜ(score(hᵢ, sₜ)) · sₜ
///     p(yᵢ) = softmax(V · tanh(W · [cᵢ; hᵢ]))
///
/// In training y is the true target, so that all steps of the decoder, and all attention, are computed at once.
public final class Translator: Module {
    /// What it is made of.
    public let configuration: TranslatorConfiguration
    /// How it searches.
    public var beam: BeamSettings
    /// A vector for each token of sources.
    public let source: Embedding
    /// A vector for each token of targets.
    public let target: Embedding
    /// What reads; both ways.
    public let encoder: Recurrent
    /// What writes.
    public let decoder: Recurrent
    /// What looks.
    public let attention: Attention
    /// W.
    public let combine: Linear
    /// V.
    public let linear: Linear
    private let dropout: Dropout
    private let lockedDropout: LockedDropout

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: TranslatorConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        let (architecture, options) = (configuration.architecture, configuration.architecture.options)
        let (hidden, size) = (architecture.hidden, architecture.embedding)
        (self.configuration, beam) = (configuration, configuration.beam)
        source = Embedding(
            count: configuration.source.count, size: size, dropout: options.embeddingDropout, initializer)
        target = Embedding(
            count: configuration.target.count, size: size, dropout: options.embeddingDropout, initializer)
        encoder = Recurrent(
            architecture.cell, inputs: size, hidden: hidden / 2, layers: architecture.layers,
            direction: .bidirectional, options: options.recurrence, dropout: architecture.dropout, initializer)
        decoder = Recurrent(
            architecture.cell, inputs: size, hidden: hidden, layers: architecture.layers,
            options: options.recurrence, dropout: architecture.dropout, initializer)
        attention = configuration.attention.attention(size: hidden, initializer)
        combine = Linear(inputs: 2 * hidden, outputs: hidden, initializer)
        linear = Linear(inputs: hidden, outputs: configuration.target.count, initializer)
        dropout = Dropout(architecture.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
    }

    /// A source as the decoder needs it.
    struct Reading {
        /// What it looks at.
        var memory: Attention.Memory
        /// What it begins with.
        var state: RecurrentState
    }

    /// Reads sources.
    func read(_ sources: [[Int32]]) -> Reading {
        let batch = SequenceBatch(sources, on: device)
        let mask = batch.mask.isFull ? nil : batch.mask
        let (output, last) = encoder(lockedDropout(source(batch.values)), mask: mask)
        return Reading(memory: attention.memory(output, mask: mask), state: sideBySide(last))
    }

    /// Says what comes next after every token of targets, `[batch, steps]`.
    /// - Returns: logits `[batch, steps, tokens]`, attention `[batch, steps, source's steps]`, and the state after the
    ///   last step.
    func write(
        _ inputs: Tensor, _ reading: Reading
    ) -> (logits: Tensor, weights: Tensor, state: RecurrentState) {
        let (output, state) = decoder(lockedDropout(target(inputs)), reading.state)
        let (logits, weights) = look(output, reading.memory)
        return (logits, weights, state)
    }

    /// From the decoder's outputs `[batch, queries, hidden]` to logits.
    private func look(_ output: Tensor, _ memory: Attention.Memory) -> (logits: Tensor, weights: Tensor) {
        let (context, weights) = attention(output, memory)
        let seen = combine(Tensor.concatenated([context, output], along: 2)).tanh()
        return (linear(lockedDropout(dropout(seen))), weights)
    }

    /// `[2·layers, batch, hidden/2]` to `[layers, batch, hidden]`: of every layer both directions' last states.
    private func sideBySide(_ state: RecurrentState) -> RecurrentState {
        RecurrentState(
            state.tensors.map { tensor in
                let (layers, batch, half) = (tensor.shape[0] / 2, tensor.shape[1], tensor.shape[2])
                let both = tensor.reshaped([layers, 2, batch, half])
                let ways = [both.slice(0..<1, along: 1), both.slice(1..<2, along: 1)]
                return Tensor.concatenated(ways, along: 3).reshaped([layers, batch, 2 * half])
            })
    }

    /// The mean of `−ln p` over the tokens of targets and their ends.
    package func loss(sources: [[Int32]], targets: [[Int32]]) -> Tensor {
        let inputs = SequenceBatch(targets.map { [TextEncoding.end] + $0 }, on: device)
        let wanted = SequenceBatch(targets.map { $0 + [TextEncoding.end] }, on: device)
        return write(inputs.values, read(sources)).logits.crossEntropy(wanted.values)
    }
}

// MARK: Searching

extension Translator: StepDecoder {
    /// The sources that are written from, and the decoder's state for each hypothesis.
    public struct Writing {
        var memory: Attention.Memory
        var state: RecurrentState
        /// How many sources there are.
        var sources: Int
    }

    /// One more token of every hypothesis; those of a source look at it together.
    public func step(_ tokens: [Int32], _ writing: Writing) -> (logits: Tensor, state: Writing) {
        let (rows, hidden) = (tokens.count, configuration.architecture.hidden)
        var writing = writing
        let (output, state) = decoder(target(Tensor(tokens, shape: [rows, 1], on: device)), writing.state)
        let queries = output.reshaped([writing.sources, rows / writing.sources, hidden])
        writing.state = state
        return (look(queries, writing.memory).logits.reshaped([rows, configuration.target.count]), writing)
    }

    /// The hypotheses in other places.
    public func gathered(_ writing: Writing, rows: [Int32]) -> Writing {
        Writing(memory: writing.memory, state: writing.state.gathered(rows), sources: writing.sources)
    }

    /// The best texts for sources, in their order.
    /// - Parameter search: how to look for them.
    /// - Throws: `ComputeError`.
    package func hypotheses(for sources: [[Int32]], _ search: BeamSearch) throws -> [[Hypothesis]] {
        var results = [[Hypothesis]](repeating: [], count: sources.count)
        // Sources of about the same length end at about the same time.
        let order = sources.indices.sorted { (sources[$0].count, $0) < (sources[$1].count, $1) }
        let size = BeamSettings.inputsAtOnce(width: search.width)
        for start in stride(from: 0, to: order.count, by: size) {
            let places = order[start..<min(start + size, order.count)]
            let reading = read(places.map { sources[$0] })
            let writing = Writing(memory: reading.memory, state: reading.state, sources: places.count)
            let found = try search(self, writing, first: places.map { _ in TextEncoding.end })
            for (place, hypotheses) in zip(places, found) { results[place] = hypotheses }
        }
        return results
    }

    /// What the decoder looks at while it writes a text: for each of its tokens, and for the end, the weight of each of
    /// the source's.
    package func weights(source: [Int32], target: [Int32]) throws -> [[Float]] {
        let inputs = Tensor([TextEncoding.end] + target, shape: [1, target.count + 1], on: device)
        let weights = write(inputs, read([source])).weights
        let (steps, width) = (weights.shape[1], weights.shape[2])
        let values = try weights.floats()
        return (0..<steps).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}
