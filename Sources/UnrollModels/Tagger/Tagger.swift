public import UnrollCompute
import UnrollData
public import UnrollLayers
package import UnrollTensors

/// A model of sentences that gives every word a tag.
///
///     letters → embedding → recurrent layer both ways → last h of both ┐
///     word → embedding ────────────────────────────────────────────────┴→ recurrent layers both ways → linear → tags
///
/// with dropout before and behind the recurrent layers. The word is in lower case; its letters are as written, so that
/// capitals, endings and words never seen are of use.   (Plank, Søgaard & Goldberg 2016; Lample et al. 2016)
public final class Tagger: Module {
    /// What it is made of.
    public let configuration: TaggerConfiguration
    /// A vector for each word.
    public let embedding: Embedding
    /// A vector for each letter; nil where letters are not read.
    public let letterEmbedding: Embedding?
    /// What reads a word's letters, both ways.
    public let letters: Recurrent?
    /// What reads a sentence, both ways.
    public let recurrent: Recurrent
    /// Before and behind that; PyTorch's dropout between layers is inside of it.
    public let dropout: Dropout
    /// The same a sentence long.
    public let lockedDropout: LockedDropout
    /// From both directions' hidden numbers to a score for each tag.
    public let linear: Linear
    /// What tags follow one another, if that is to count.
    public let crf: CRF?

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: TaggerConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        self.configuration = configuration
        let options = configuration.options
        embedding = Embedding(
            count: configuration.words.count, size: configuration.embedding, dropout: options.embeddingDropout,
            initializer)
        if configuration.letters > 0 {
            let reader = configuration.letterReader
            letterEmbedding = Embedding(count: configuration.alphabet.count, size: reader.embedding, initializer)
            letters = Recurrent(
                reader.cell, inputs: reader.embedding, hidden: reader.hidden, direction: .bidirectional, initializer)
        } else {
            (letterEmbedding, letters) = (nil, nil)
        }
        recurrent = Recurrent(
            configuration.cell, inputs: configuration.wordWidth, hidden: configuration.hidden,
            layers: configuration.layers, direction: .bidirectional, options: options.recurrence,
            dropout: configuration.dropout, initializer)
        dropout = Dropout(configuration.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
        linear = Linear(inputs: recurrent.outputs, outputs: configuration.tags.count, initializer)
        crf = configuration.hasCRF ? CRF(tags: configuration.tags.count, initializer) : nil
    }

    /// Some sentences, on a device.
    package struct Batch {
        /// `[batch, steps]`, −1 behind a sentence's end.
        package let words: SequenceBatch
        /// The letters of the different words, `[forms, letters]`; and of each word its form, `[batch, steps]`.
        package let letters: SequenceBatch
        package let forms: Tensor
    }

    /// The score of each tag for each word, `[batch, steps, tags]`.
    package func callAsFunction(_ batch: Batch) -> Tensor {
        let words = embedding(batch.words.values)
        let read = spelling(batch).map { Tensor.concatenated([words, $0], along: 2) } ?? words
        let (output, _) = recurrent(lockedDropout(dropout(read)), mask: batch.words.mask)
        return linear(dropout(lockedDropout(output)))
    }

    /// What is read of each word's letters, `[batch, steps, 2 · letters]`: every different word is read once.
    private func spelling(_ batch: Batch) -> Tensor? {
        guard let letters, let letterEmbedding else { return nil }
        let (_, state) = letters(letterEmbedding(batch.letters.values), mask: batch.letters.mask)
        let (h, size) = (state.tensors[0], letters.hidden)
        let both = (0..<2).map { h.slice($0..<($0 + 1)).reshaped([batch.letters.count, size]) }
        return Tensor.concatenated(both, along: 1).rows(at: batch.forms)
    }

    /// How unlikely the tags are, in nats a word.
    /// - Parameter tags: `[batch, steps]`, −1 behind a sentence's end.
    package func loss(_ batch: Batch, _ tags: Tensor) -> Tensor {
        let scores = self(batch)
        guard let crf else { return scores.crossEntropy(tags) }
        let words = batch.words.mask.counts.reduce(0, +)
        return crf.loss(scores, tags, mask: batch.words.mask).sum() * (1 / Float(max(1, words)))
    }

    /// The likeliest tags of each sentence.
    /// - Throws: `ComputeError`.
    package func tags(_ batch: Batch) throws -> [[Int]] {
        try evaluating {
            let (scores, mask) = (self(batch), batch.words.mask)
            if let crf { return try crf.decode(scores, mask: mask) }
            let best = try scores.bestClasses()
            return mask.counts.enumerated().map { row, length in
                Array(best[(row * mask.steps)..<(row * mask.steps + length)])
            }
        }
    }
}

extension Tagger {
    /// How many sentences are read side by side where nothing is learnt.
    static let sentencesAtOnce = 64

    /// Some sentences for the model.
    /// - Parameter words: of the sentences of `rows`, where they are not the encoded ones.
    func batch(_ sentences: EncodedSentences, _ rows: [Int], words: [[Int32]]? = nil) -> Batch {
        let (device, encoded) = (device, words ?? rows.map { sentences.words[$0] })
        var (places, different): ([Int32: Int32], [[Int32]]) = ([:], [])
        let forms = rows.map { row in
            sentences.forms[row].map { form -> Int32 in
                if let place = places[form] { return place }
                places[form] = Int32(different.count)
                different.append(sentences.letters[Int(form)])
                return Int32(different.count - 1)
            }
        }
        return Batch(
            words: SequenceBatch(encoded, on: device),
            letters: SequenceBatch(different.isEmpty ? [[]] : different, on: device),
            forms: SequenceBatch(forms, on: device).values)
    }

    /// The tags of all sentences.
    /// - Throws: `ComputeError`.
    func tags(of sentences: EncodedSentences) throws -> [[Int]] {
        var found = Array(repeating: [Int](), count: sentences.words.count)
        for rows in LengthBatches(lengths: sentences.lengths, size: Self.sentencesAtOnce, seed: 0).batches(epoch: 0) {
            for (row, tags) in zip(rows, try tags(batch(sentences, rows))) { found[row] = tags }
        }
        return found
    }
}
