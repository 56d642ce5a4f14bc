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
        try evaluate(tokens(of: text, name: name), batch: batch, steps: steps)
    }

    /// The same for indices of tokens.
    package func evaluate(_ indices: [Int32], batch: Int = 32, steps: Int = 64) throws -> Double {
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
        TextRows(try tokens(of: text, name: name), atMost: batch, steps: steps)
    }

    /// The tokens of a text of at least two.
    /// - Throws: `DataError.unknownCharacter`, `ModelError.badText`.
    func tokens(of text: String, name: String) throws -> [Int32] {
        let indices = try configuration.encoding.encode(text, name: name)
        guard indices.count > 1 else {
            throw ModelError.badText(
                name: name, reason: "a text of at least two \(configuration.encoding.unit.noun)s is needed")
        }
        return indices
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

/// How many tokens of a text a model does not know. To it they are one and the same token, often a likely one: where there
/// are many, a loss says little about the text.
struct UnknownTokens {
    private let count: Int
    private let total: Int
    private let noun: String

    /// Nil where nothing can be unknown.
    init?(among indices: some Collection<Int32>, of encoding: TextEncoding) {
        guard let unknown = encoding.unknown else { return nil }
        (count, total, noun) = (indices.count { $0 == unknown }, indices.count, encoding.unit.noun)
    }

    /// Of all tokens.
    var share: Double { Double(count) / Double(max(1, total)) }

    /// What a person reads: nothing where all are known.
    /// - Parameter part: what the tokens are of, behind a space, if it is not all there is.
    func lines(of part: String = "") -> [String] {
        if count == 0 { return [] }
        return ["\(count.grouped) of \(total.grouped) \(noun)s\(part) are unknown to the model"]
    }
}

extension TextRows {
    fileprivate init(_ indices: [Int32], atMost batch: Int, steps: Int) {
        self.init(indices, batch: min(batch, max(1, (indices.count - 1) / steps)))
    }
}
