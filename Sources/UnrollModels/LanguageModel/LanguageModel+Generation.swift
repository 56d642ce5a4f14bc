import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

extension LanguageModel {
    /// Goes on with a text, token by token.
    /// - Parameters:
    ///   - prompt: what comes before; empty, the text begins as after a line break.
    ///   - length: how many tokens to add.
    ///   - stop: strings before which the text ends, sooner than that.
    ///   - each: is given the text as it comes.
    /// - Returns: the text added; of words, with the space before the first that the prompt has not.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`; `ModelError.badSetting` for an empty `stop`.
    @discardableResult
    public func generate(
        prompt: String = "", length: Int, sampling: Sampling, stop: [String] = [], each: (String) -> Void = { _ in }
    ) throws -> String {
        var inputs = try start(with: prompt, name: "--prompt")
        var (text, stream, state) = ("", TextStream(configuration.encoding, after: prompt), nil as RecurrentState?)
        var (tokens, stops) = (inputs, try StopStrings(stop))
        func add(_ part: String) {
            text += part
            if !part.isEmpty { each(part) }
        }
        for position in 0..<max(0, length) {
            let (logits, next) = evaluating { last(inputs, state) }
            let draw = RandomSource(seed: sampling.seed, step: position).uniform(count: 1, site: 0)[0]
            let choice = sampling.choose(from: try logits.floats(), after: tokens, draw)
            tokens.append(choice)
            add(stops.append(stream.append(choice)))
            if stops.isMet { break }
            (inputs, state) = ([choice], next)
        }
        add(stops.append(stream.finish()))
        add(stops.finish())
        return text
    }

    /// The tokens of a text to go on with; of an empty one those of a line break, or the first there is.
    func start(with prompt: String, name: String) throws -> [Int32] {
        let tokens = try configuration.encoding.encode(prompt, name: name)
        guard tokens.isEmpty else { return tokens }
        let lineBreak = (try? configuration.encoding.encode("\n", name: name)) ?? []
        return lineBreak.isEmpty ? [0] : lineBreak
    }

    /// The logits after the last of these tokens.
    func last(_ inputs: [Int32], _ state: RecurrentState?) -> (Tensor, RecurrentState) {
        let x = Tensor(inputs, shape: [1, inputs.count], on: device)
        let (output, state) = recurrent(embedding(x), state)
        return (linear(output.slice((inputs.count - 1)..<inputs.count, along: 1)), state)
    }
}
