#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How tokens are chosen from what a model thinks likely.
///
///     p(token) = softmax(logits / temperature)
///
/// among the `topK` likeliest, and of these among the fewest whose probabilities come to `topP` together (nucleus
/// sampling: Holtzman et al. 2020). Before all that, the logit x of a token that the text has already becomes x / r
/// where it is above 0 and x · r where it is below, r the repetition penalty (Keskar et al. 2019).
public struct Sampling: Sendable, Equatable {
    /// Below 1 the likely becomes likelier; 0 always takes the likeliest.
    public var temperature: Float
    /// Only so many of the likeliest tokens are considered; nil for all.
    public var topK: Int?
    /// Only the likeliest tokens are considered that come to this probability together; nil for all.
    public var topP: Float?
    /// Above 1, what the text has already becomes less likely; 1 changes nothing.
    public var repetitionPenalty: Float
    /// The same seed gives the same text.
    public var seed: UInt64

    /// - Throws: `ModelError.badSetting`.
    public init(
        temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, repetitionPenalty: Float = 1, seed: UInt64 = 1
    ) throws {
        if let topK, topK < 1 {
            throw ModelError.badSetting(flag: "--top-k", value: "\(topK)", expected: "a number from 1")
        }
        let share = topP ?? 1
        try ModelError.check([
            ("--temperature", temperature, temperature.isFinite && temperature >= 0, "a number not below zero"),
            ("--top-p", share, share > 0 && share <= 1, "a number above 0 and up to 1"),
            (
                "--repetition-penalty", repetitionPenalty, repetitionPenalty > 0 && repetitionPenalty.isFinite,
                "a number above 0"
            ),
        ])
        (self.temperature, self.topK, self.topP) = (temperature, topK, topP)
        (self.repetitionPenalty, self.seed) = (repetitionPenalty, seed)
    }
}

extension Sampling {
    /// The token whose share of the probability the draw in [0, 1) falls into.
    /// - Parameter text: the tokens before it, for the repetition penalty.
    package func choose(from logits: [Float], after text: [Int32] = [], _ draw: Float) -> Int32 {
        let logits = penalized(logits, text)
        // Likeliest first; among equals the first in the vocabulary.
        let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
        guard temperature > 0 else { return Int32(order[0]) }
        var kept = order.prefix(topK ?? order.count)
        var weights = kept.map { exp(Double(logits[$0] - logits[order[0]]) / Double(temperature)) }
        if let topP {
            var missing = Double(topP) * weights.reduce(0, +)
            // The token that completes the share belongs to it.
            let count = weights.firstIndex { weight in
                missing -= weight
                return missing <= 0
            }
            weights = Array(weights.prefix((count ?? weights.count - 1) + 1))
            kept = kept.prefix(weights.count)
        }
        var rest = Double(draw) * weights.reduce(0, +)
        for (index, weight) in zip(kept, weights) {
            rest -= weight
            if rest < 0 { return Int32(index) }
        }
        return Int32(kept[kept.endIndex - 1])
    }

    private func penalized(_ logits: [Float], _ text: [Int32]) -> [Float] {
        guard repetitionPenalty != 1 else { return logits }
        var (result, seen) = (logits, [Bool](repeating: false, count: logits.count))
        for token in text { seen[Int(token)] = true }
        for index in result.indices where seen[index] {
            result[index] = logits[index] > 0 ? logits[index] / repetitionPenalty : logits[index] * repetitionPenalty
        }
        return result
    }
}
