import UnrollData
import UnrollLayers
import UnrollTensors

extension LanguageModel {
    /// The likeliest continuation of a text that a beam search finds.
    /// - Parameters:
    ///   - prompt: what comes before; empty, the text begins as after a line break.
    ///   - length: how many tokens to add.
    ///   - width: how many hypotheses are kept.
    /// - Returns: the text added; of words, with the space before the first that the prompt has not.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`.
    public func generate(prompt: String = "", length: Int, beam width: Int) throws -> String {
        let inputs = try start(with: prompt, name: "--prompt")
        guard length > 0 else { return "" }
        let state = inputs.count == 1 ? nil : evaluating { self(row(inputs.dropLast())).1 }
        let search = BeamSearch(width: width, end: nil, maximum: length)
        let found = try search(TextContinuation(model: self), state, first: inputs.suffix(1))
        var stream = TextStream(configuration.encoding, after: prompt)
        return (found[0].first?.tokens ?? []).reduce(into: "") { $0 += stream.append($1) } + stream.finish()
    }

    private func row(_ inputs: ArraySlice<Int32>) -> Tensor {
        Tensor(Array(inputs), shape: [1, inputs.count], on: device)
    }
}

/// Going on with texts side by side.
private struct TextContinuation: StepDecoder {
    let model: LanguageModel

    func step(_ tokens: [Int32], _ state: RecurrentState?) -> (logits: Tensor, state: RecurrentState?) {
        let (logits, next) = evaluating { model(Tensor(tokens, shape: [tokens.count, 1], on: model.device), state) }
        return (logits.reshaped([tokens.count, logits.shape[2]]), next)
    }

    func gathered(_ state: RecurrentState?, rows: [Int32]) -> RecurrentState? { state?.gathered(rows) }
}

extension RecurrentState {
    /// The states of other rows of a batch: in place i, that of `rows[i]`.
    func gathered(_ rows: [Int32]) -> RecurrentState {
        RecurrentState(
            tensors.map { tensor in
                let (layers, batch, size) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
                let places = (0..<layers).flatMap { layer in rows.map { Int32(layer * batch) + $0 } }
                let table = tensor.reshaped([layers * batch, size])
                return table.rows(at: Tensor(places, shape: [layers, rows.count], on: tensor.device))
            })
    }
}
