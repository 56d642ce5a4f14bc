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

    /// `pair_error_rate` and `pair_exact`, every reference a pair of its own: where some texts have several.
    func pairFigures(_ prefix: String) -> [Figure] {
        each.pairs == nearest.pairs
            ? [] : [Figure(prefix + "pair_error_rate", each.rate), Figure(prefix + "pair_exact", each.exact)]
    }

    /// `error rate 0.0740, exact 0.6960, BLEU 41.20`
    var line: String {
        "error rate \(nearest.rate.fixed(4)), exact \(nearest.exact.fixed(4))"
            + (hasBLEU ? ", BLEU \(bleu.score.fixed(2))" : "")
    }
}
