import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How characters are chosen from what the model thinks likely.
public struct Sampling: Sendable, Equatable {
    /// Below 1 the likely becomes likelier; 0 always takes the likeliest.
    public var temperature: Float
    /// Only so many of the likeliest characters are considered; nil for all.
    public var topK: Int?
    /// The same seed gives the same text.
    public var seed: UInt64

    /// - Throws: `ModelError.badSetting`.
    public init(temperature: Float = 1, topK: Int? = nil, seed: UInt64 = 1) throws {
        guard temperature.isFinite, temperature >= 0 else {
            throw ModelError.badSetting(
                flag: "--temperature", value: "\(temperature)", expected: "a number not below zero")
        }
        if let topK, topK < 1 {
            throw ModelError.badSetting(flag: "--top-k", value: "\(topK)", expected: "a number from 1")
        }
        (self.temperature, self.topK, self.seed) = (temperature, topK, seed)
    }
}

extension LanguageModel {
    /// Goes on with a text, character by character.
    /// - Parameters:
    ///   - prompt: what comes before; empty, the text begins as after a line break.
    ///   - length: how many characters to add.
    ///   - each: is given every character as it is chosen.
    /// - Returns: the characters added.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`.
    @discardableResult
    public func generate(
        prompt: String = "", length: Int, sampling: Sampling, each: (Unicode.Scalar) -> Void = { _ in }
    ) throws -> String {
        let vocabulary = configuration.vocabulary
        var inputs = try vocabulary.encode(prompt.unicodeScalars, name: "--prompt")
        if inputs.isEmpty { inputs = [vocabulary.index(of: "\n") ?? 0] }
        var (generated, state): ([Int32], RecurrentState?) = ([], nil)
        for position in 0..<max(0, length) {
            let (logits, next) = evaluating { last(inputs, state) }
            let draw = RandomSource(seed: sampling.seed, step: position).uniform(count: 1, site: 0)[0]
            let choice = sampling.choose(from: try logits.floats(), draw)
            generated.append(choice)
            each(vocabulary.characters[Int(choice)])
            (inputs, state) = ([choice], next)
        }
        return vocabulary.decode(generated)
    }

    /// The logits after the last of these characters.
    private func last(_ inputs: [Int32], _ state: RecurrentState?) -> (Tensor, RecurrentState) {
        let x = Tensor(inputs, shape: [1, inputs.count], on: device)
        let (output, state) = recurrent(embedding(x), state)
        return (linear(output.slice((inputs.count - 1)..<inputs.count, along: 1)), state)
    }
}

extension Sampling {
    /// The character whose share of the probability the draw in [0, 1) falls into.
    package func choose(from logits: [Float], _ draw: Float) -> Int32 {
        // Likeliest first; among equals the first in the vocabulary.
        let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
        guard temperature > 0 else { return Int32(order[0]) }
        let kept = order.prefix(topK ?? order.count)
        let weights = kept.map { exp(Double(logits[$0] - logits[order[0]]) / Double(temperature)) }
        var rest = Double(draw) * weights.reduce(0, +)
        for (index, weight) in zip(kept, weights) {
            rest -= weight
            if rest < 0 { return Int32(index) }
        }
        return Int32(kept.last!)
    }
}
