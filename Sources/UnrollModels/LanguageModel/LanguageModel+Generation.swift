import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

extension LanguageModel {
    /// Goes on with a text, character by character.
    /// - Parameters:
    ///   - prompt: what comes before; empty, the text begins as after a line break.
    ///   - length: how many characters to add.
    ///   - stop: strings before which the text ends, sooner than that.
    ///   - each: is given the text as it comes.
    /// - Returns: the text added.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`; `ModelError.badSetting` for an empty `stop`.
    @discardableResult
    public func generate(
        prompt: String = "", length: Int, sampling: Sampling, stop: [String] = [], each: (String) -> Void = { _ in }
    ) throws -> String {
        let vocabulary = configuration.vocabulary
        var inputs = try vocabulary.encode(prompt.unicodeScalars, name: "--prompt")
        if inputs.isEmpty { inputs = [vocabulary.index(of: "\n") ?? 0] }
        var (tokens, text, stops) = (inputs, "", try StopStrings(stop))
        var state: RecurrentState?
        func add(_ part: String) {
            text += part
            if !part.isEmpty { each(part) }
        }
        for position in 0..<max(0, length) {
            let (logits, next) = evaluating { last(inputs, state) }
            let draw = RandomSource(seed: sampling.seed, step: position).uniform(count: 1, site: 0)[0]
            let choice = sampling.choose(from: try logits.floats(), after: tokens, draw)
            tokens.append(choice)
            add(stops.append(vocabulary[Int(choice)]))
            if stops.isMet { break }
            (inputs, state) = ([choice], next)
        }
        add(stops.finish())
        return text
    }

    /// The logits after the last of these characters.
    private func last(_ inputs: [Int32], _ state: RecurrentState?) -> (Tensor, RecurrentState) {
        let x = Tensor(inputs, shape: [1, inputs.count], on: device)
        let (output, state) = recurrent(embedding(x), state)
        return (linear(output.slice((inputs.count - 1)..<inputs.count, along: 1)), state)
    }
}
