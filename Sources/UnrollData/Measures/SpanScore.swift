/// How many of the spans that tags mark were found, whole and with their type.   (CoNLL 2000's score)
///
/// Tags are `B-TYPE` where a span begins, `I-TYPE` within it and `O` outside; also `E-` where one ends and `S-` for one of
/// a single token. A span whose type changes or that begins with `I-` is taken as one that begins there, so IOB1 and
/// tags that a model made up are read too. The figures are those of seqeval's default mode.
public struct SpanScore: Sendable, Equatable {
    /// Tokens of one type.
    public struct Span: Sendable, Hashable {
        /// What follows the tag's `-`; `_` where nothing does.
        public let type: String
        /// The tokens' places.
        public let tokens: ClosedRange<Int>

        /// A span.
        public init(type: String, tokens: ClosedRange<Int>) { (self.type, self.tokens) = (type, tokens) }
    }

    private struct Counts: Sendable, Equatable { var (right, truth, claimed) = (0, 0, 0) }
    private var counts: [String: Counts] = [:]

    /// Without sentences.
    public init() {}

    /// Of all sentences' tags.
    public init(truth: [[String]], predictions: [[String]]) {
        precondition(
            truth.count == predictions.count, "SpanScore: \(truth.count) sentences and \(predictions.count) predictions"
        )
        for (truth, prediction) in zip(truth, predictions) { add(truth: truth, prediction: prediction) }
    }

    /// Counts one more sentence.
    public mutating func add(truth: [String], prediction: [String]) {
        precondition(
            truth.count == prediction.count, "SpanScore.add: \(truth.count) tags and \(prediction.count) predictions")
        let (truth, claimed) = (Set(Self.spans(in: truth)), Set(Self.spans(in: prediction)))
        for span in truth { counts[span.type, default: Counts()].truth += 1 }
        for span in claimed { counts[span.type, default: Counts()].claimed += 1 }
        for span in truth.intersection(claimed) { counts[span.type, default: Counts()].right += 1 }
    }

    /// The types that occur, ascending.
    public var types: [String] { counts.keys.sorted() }

    /// A type's figures; all zero for one that does not occur.
    public func score(of type: String) -> ConfusionMatrix.Score {
        let counts = counts[type] ?? Counts()
        return .init(right: counts.right, truth: counts.truth, claimed: counts.claimed)
    }

    /// The figures of all spans together.
    public var micro: ConfusionMatrix.Score {
        let sum = { (count: (Counts) -> Int) in counts.values.reduce(0) { $0 + count($1) } }
        return .init(right: sum(\.right), truth: sum(\.truth), claimed: sum(\.claimed))
    }

    /// The mean of F1 over the types, each counting alike; 0 where there are none.
    public var macroF1: Double {
        let types = types
        return types.isEmpty ? 0 : types.reduce(0) { $0 + score(of: $1).f1 } / Double(types.count)
    }

    /// `{"precision", "recall", "f1", "support", "macro_f1", "types": [{"name", "precision", "recall", "f1", "support"}]}`
    public var json: JSON {
        let types = types.map { JSON.object([.init("name", .string($0))] + score(of: $0).json) }
        return .object(micro.json + [.init("macro_f1", .number(macroF1)), .init("types", .array(types))])
    }

    /// The spans that a sentence's tags mark, in order.
    public static func spans(in tags: [String]) -> [Span] {
        var spans: [Span] = []
        var (start, previous) = (0, Tag("O"))
        for (index, tag) in (tags.map(Tag.init) + [Tag("O")]).enumerated() {
            if previous.ends(before: tag) { spans.append(Span(type: previous.type, tokens: start...(index - 1))) }
            if tag.begins(after: previous) { start = index }
            previous = tag
        }
        return spans
    }

    /// A tag, taken apart.
    private struct Tag {
        /// B, I, E, S or O; anything else is treated as I, and only other types part it.
        let kind: Character
        let type: String

        init(_ tag: String) {
            kind = tag.first ?? "O"
            let rest = tag.dropFirst()
            // What follows the first "-" after the letter, or all of the rest where there is none.
            let type = rest.firstIndex(of: "-").map { rest[rest.index(after: $0)...] } ?? rest
            self.type = type.isEmpty ? "_" : String(type)
        }

        private var isOutside: Bool { kind == "O" || kind == "." }

        /// A span that `self` is in does not go on at `next`.
        func ends(before next: Tag) -> Bool {
            switch kind {
            case "E", "S": true
            case "B", "I": "BSO".contains(next.kind) || type != next.type
            default: !isOutside && type != next.type
            }
        }

        /// A span begins at `self`.
        func begins(after previous: Tag) -> Bool {
            switch kind {
            case "B", "S": true
            case "E", "I": "ESO".contains(previous.kind) || type != previous.type
            default: !isOutside && type != previous.type
            }
        }
    }
}
