import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

extension LanguageModel {
    /// The mean of `−ln p(token)` over a text of at least two tokens, in nats.
    ///
    /// The text is read in up to `batch` rows side by side, `steps` tokens at a time with the state carried on; a
    /// text too short for that in fewer rows, down to one. Of a long text up to `batch − 1` tokens at the end are
    /// left out.
    /// - Throws: `DataError.unknownCharacter`, `ModelError.badText`, `ComputeError`.
    /// - Parameter name: where the text comes from, for errors.
    public func evaluate(
        _ text: String, name: String, batch: Int = 32, steps: Int = 64
    ) throws -> Double {
        try evaluate(rows(of: text, name: name, batch: batch, steps: steps), steps: steps)
    }

    /// The same for indices of tokens.
    package func evaluate(_ indices: [Int32], batch: Int, steps: Int) throws -> Double {
        try evaluate(TextRows(indices, atMost: batch, steps: steps), steps: steps)
    }

    private func evaluate(_ rows: TextRows, steps: Int) throws -> Double {
        var state: RecurrentState?
        var losses = MeanLoss(on: device)
        for start in stride(from: 0, to: rows.length, by: steps) {
            let width = min(steps, rows.length - start)
            let (inputs, targets) = window(of: rows, from: start, steps: width)
            let (loss, next) = evaluating { self.loss(inputs: inputs, targets: targets, state: state) }
            state = next
            try losses.add(loss, weight: width)
        }
        return try losses.mean()
    }

    /// A text of at least two tokens in up to `batch` rows, fewer where it does not fill `steps` tokens of each.
    /// - Throws: `DataError.unknownCharacter`, `ModelError.badText`.
    func rows(of text: String, name: String, batch: Int, steps: Int) throws -> TextRows {
        let indices = try configuration.encoding.encode(text, name: name)
        guard indices.count > 1 else {
            throw ModelError.badText(
                name: name, reason: "a text of at least two \(configuration.encoding.unit.noun)s is needed")
        }
        return TextRows(indices, atMost: batch, steps: steps)
    }

    /// Inputs and targets of some of the rows, or of all, each `[batch, steps]`.
    func window(
        of rows: TextRows, _ part: Range<Int>? = nil, from start: Int, steps: Int
    ) -> (inputs: Tensor, targets: Tensor) {
        let part = part ?? 0..<rows.batch
        let (inputs, targets) = rows.window(part, from: start, steps: steps)
        let shape = [part.count, steps]
        return (Tensor(inputs, shape: shape, on: device), Tensor(targets, shape: shape, on: device))
    }
}

extension TextRows {
    fileprivate init(_ indices: [Int32], atMost batch: Int, steps: Int) {
        self.init(indices, batch: min(batch, max(1, (indices.count - 1) / steps)))
    }
}
