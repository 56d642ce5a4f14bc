import ArgumentParser
import Unroll

/// `unroll vectors evaluate`
struct EvaluateVectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Says how well word vectors answer analogies and agree with people.",
        discussion: """
            Upper and lower case are the same here. Questions and pairs with a word that has no vector are left out and \
            counted.
            """)

    @OptionGroup var file: VectorsOption
    @Option(help: ArgumentHelp("Questions 'a b c d' in sections ': name', as questions-words.txt.", valueName: "file"))
    var analogies: String?
    @Option(
        help: ArgumentHelp("Pairs of words with how similar people find them, as WordSim-353.", valueName: "file"))
    var similarities: String?
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func validate() throws {
        if analogies == nil, similarities == nil {
            throw ValidationError("nothing to evaluate by: give --analogies or --similarities, or both")
        }
    }

    func run() throws {
        let questions = try analogies.map { try AnalogyQuestions(reading: $0) }
        let judgements = try similarities.map { try SimilarityPairs(reading: $0) }
        let vectors = try file.loaded()
        let (answers, agreement) = (questions.map { vectors.evaluate($0) }, judgements.map { vectors.evaluate($0) })
        if json {
            let report: JSON = ["analogies": answers?.json ?? .null, "similarities": agreement?.json ?? .null]
            return Terminal.line(report.description)
        }
        if let answers { show(answers) }
        if answers != nil, agreement != nil { Terminal.line() }
        if let agreement {
            Terminal.line(
                "similarities: Spearman \(agreement.spearman.fixed(4)), Pearson \(agreement.pearson.fixed(4)) over "
                    + "\(agreement.pairs) pairs; \(agreement.skipped) have a word without a vector")
        }
    }

    private func show(_ score: AnalogyScore) {
        let rows = score.sections + [score.total]
        let width = rows.map(\.name.count).max() ?? 0
        let line = { (name: String, cells: [String]) in
            Terminal.line(name.padded(width) + cells.map { $0.padded(10, left: true) }.joined())
        }
        line("analogies", ["correct", "of", "accuracy", "left out"])
        for row in rows {
            let accuracy = row.accuracy.map { $0.fixed(4) } ?? "-"
            line(row.name, ["\(row.correct)", "\(row.answered)", accuracy, "\(row.skipped)"])
        }
    }
}

extension AnalogyScore {
    fileprivate var json: JSON {
        let members = { (section: Section) in
            [
                JSON.Member("accuracy", .optional(section.accuracy)),
                .init("correct", .integer(section.correct)), .init("answered", .integer(section.answered)),
                .init("left_out", .integer(section.skipped)),
            ]
        }
        let sections = sections.map { JSON.object([.init("name", .string($0.name))] + members($0)) }
        return .object(members(total) + [.init("sections", .array(sections))])
    }
}

extension SimilarityScore {
    fileprivate var json: JSON {
        [
            "spearman": .number(spearman), "pearson": .number(pearson), "pairs": .integer(pairs),
            "left_out": .integer(skipped), "left_out_share": .number(unknownShare),
        ]
    }
}
