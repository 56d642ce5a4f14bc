import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How likely a model thinks a sentence.
public struct SentenceScore: Sendable, Equatable {
    /// The sentence.
    public let sentence: String
    /// ln p of all its tokens, as after a line break.
    public let logProbability: Double
    /// How many tokens it has.
    public let tokens: Int
    /// How many of these the model does not know, which makes them one and the same to it.
    public let unknown: Int
    /// The same as a part of all.
    public var unknownShare: Double { Double(unknown) / Double(max(1, tokens)) }

    /// What the model hesitates between, at every token on the average: exp of −ln p a token.
    public var perplexity: Double { exp(-logProbability / Double(max(1, tokens))) }
}

extension LanguageModel {
    /// How likely sentences are as they stand, as after a line break.
    /// - Returns: in the order of the sentences; an empty one has probability 1.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`.
    public func scores(of sentences: [String], name: String = "--sentence") throws -> [SentenceScore] {
        let start = try start(with: "", name: name)
        let unknown = configuration.encoding.unknown
        let rows = try sentences.map { try configuration.encoding.encode($0, name: name) }
        let logs = try logProbabilities(of: rows.map { start + $0 })
        return sentences.indices.map { index in
            let own = logs[index].dropFirst(start.count - 1)
            return SentenceScore(
                sentence: sentences[index], logProbability: own.reduce(0, +), tokens: rows[index].count,
                unknown: rows[index].count { $0 == unknown })
        }
    }

    /// ln p of every token but the first of each row, given those before it. Rows of one length are computed together.
    package func logProbabilities(of rows: [[Int32]]) throws -> [[Double]] {
        var result = [[Double]](repeating: [], count: rows.count)
        let batches = LengthBatches(lengths: rows.map(\.count), size: 64, order: .equalLengths, seed: 0)
        for batch in batches.batches(epoch: 0) {
            let steps = rows[batch[0]].count - 1
            guard steps > 0 else { continue }
            // Logits of so many steps at a time, with the state carried on, as memory allows.
            let width = configuration.encoding.count
            let stride = max(1, min(steps, (1 << 24) / (batch.count * width)))
            var state: RecurrentState?
            for first in Swift.stride(from: 0, to: steps, by: stride) {
                let count = min(stride, steps - first)
                let inputs = Tensor(
                    batch.flatMap { rows[$0][first..<first + count] }, shape: [batch.count, count], on: device)
                let (output, next) = evaluating { self(inputs, state) }
                state = next
                let logits = try output.floats()
                for (place, row) in batch.enumerated() {
                    result[row] += (0..<count).map { step in
                        let start = (place * count + step) * width
                        return logSoftmax(logits[start..<start + width], at: Int(rows[row][first + step + 1]))
                    }
                }
            }
        }
        return result
    }
}

/// `x[i] − ln Σ exp x`, in Double.
func logSoftmax(_ logits: ArraySlice<Float>, at index: Int) -> Double {
    Double(logits[logits.startIndex + index]) - logSumExp(logits)
}

/// `ln Σ exp x`, in Double.
func logSumExp(_ logits: ArraySlice<Float>) -> Double {
    let greatest = Double(logits.max() ?? 0)
    return greatest + log(logits.reduce(0.0) { $0 + exp(Double($1) - greatest) })
}
