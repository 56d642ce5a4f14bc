import UnrollData
import UnrollTraining

/// How near texts come to their references: edits, exact ones, and BLEU where they are words.
struct WritingScore {
    private let hasBLEU: Bool
    /// Against the nearest reference.
    private var nearest = ErrorRate()
    /// Against each reference.
    private var each = ErrorRate()
    private var bleu = BLEU()

    /// - Parameter hasBLEU: whether the tokens are words.
    init(hasBLEU: Bool) { self.hasBLEU = hasBLEU }

    mutating func add(references: [[String]], written: [String]) {
        nearest.add(references: references, hypothesis: written)
        for reference in references { each.add(reference: reference, hypothesis: written) }
        if hasBLEU { bleu.add(references: references, translation: written) }
    }

    /// How many texts.
    var count: Int { nearest.pairs }

    /// `error_rate`, `exact` and for words `bleu`, against the nearest reference.
    func figures(_ prefix: String) -> [Figure] {
        [Figure(prefix + "error_rate", nearest.rate), Figure(prefix + "exact", nearest.exact)]
            + (hasBLEU ? [Figure(prefix + "bleu", bleu.score)] : [])
    }

    /// Every reference a pair of its own: where some texts have several.
    var pairFigures: [Figure] {
        each.pairs == nearest.pairs
            ? [] : [Figure("test_pair_error_rate", each.rate), Figure("test_pair_exact", each.exact)]
    }

    /// `error rate 0.0740, exact 0.6960, BLEU 41.20`
    var line: String {
        "error rate \(nearest.rate.fixed(4)), exact \(nearest.exact.fixed(4))"
            + (hasBLEU ? ", BLEU \(bleu.score.fixed(2))" : "")
    }
}

extension Report {
    /// How near what a model writes comes to its references, searched as it is set to, and greedily.
    /// - Parameters:
    ///   - subject: what each text is written for: `sources`.
    ///   - references: for each of them, at least one text.
    ///   - write: the best texts by such a search, as many.
    /// - Returns: the report, and what is written.
    static func writing(
        for subject: String, references: [[String]], in encoding: TextEncoding,
        _ settings: BeamSettings, maximum: Int, write: (BeamSearch) throws -> [[Hypothesis]]
    ) throws -> (report: Report, written: [[Int32]]) {
        let pieces = references.map { $0.map { encoding.pieces(of: $0) } }
        let score = { (written: [[Int32]]) in
            var score = WritingScore(hasBLEU: encoding.unit == .words)
            for (references, tokens) in zip(pieces, written) {
                score.add(references: references, written: encoding.pieces(of: tokens))
            }
            return score
        }
        let written = try write(settings.search(maximum: maximum)).map { $0[0].tokens }
        let found = score(written)
        var report = Report(found.figures("test_") + found.pairFigures)
        report.lines = ["\(references.count) \(subject), beam \(settings.width): \(found.line)"]
        if settings.width > 1 {
            let greedy = score(try write(settings.search(width: 1, maximum: maximum)).map { $0[0].tokens })
            report.figures += greedy.figures("test_greedy_")
            report.lines.append("greedy: \(greedy.line)")
        }
        return (report, written)
    }
}

extension Prediction {
    /// The best texts for one input: a line of them with tabs between them.
    init(
        _ hypotheses: ArraySlice<Hypothesis>, of input: (name: String, value: JSON), in encoding: TextEncoding
    ) {
        let texts = hypotheses.map { encoding.decode($0.tokens) }
        let outputs = zip(hypotheses, texts).map { hypothesis, text -> JSON in
            [
                "output": .string(text), "score": .number(hypothesis.score),
                "log_probability": .number(hypothesis.logProbability),
            ]
        }
        self.init(
            texts.joined(separator: "\t"),
            .object([.init(input.name, input.value), .init("outputs", .array(outputs))]))
    }
}
