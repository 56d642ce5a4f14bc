/// Sentences whose verb must agree with a noun that other nouns may stand between: what a model has to remember, and how
/// far.   (Linzen, Dupoux & Goldberg 2016)
///
///     the key near the cabinets | is | are | here
///
/// The nouns between are attractors where their number is not the subject's. They stand in phrases that a subject may
/// have up to `greatestAttractors` of; in text to learn from, other nouns have either number.
public enum AgreementSentences {
    /// One sentence, cut at its verb.
    public struct Sentence: Sendable, Equatable {
        /// What stands before the verb.
        public var beginning: String
        /// The verb that agrees, and that of the other number.
        public var verb, wrongVerb: String
        /// What stands behind it.
        public var end: String
        /// How many nouns of the other number stand between subject and verb; all nouns between are such.
        public var attractors: Int

        /// The sentence as it should be.
        public var text: String { "\(beginning) \(verb) \(end)" }
    }

    /// The most nouns between a subject and its verb.
    public static let greatestAttractors = 3

    private static let nouns = words(
        "key cabinet letter farmer teacher garden book picture window doctor painter river road tree house bird sailor table "
            + "bridge king")
    private static let links = words("near behind beside above under with by")
    private static let adjectives = words("old small red new quiet heavy young strange")
    private static let verbs: [(one: String, many: String)] = [
        ("is", "are"), ("was", "were"), ("has", "have"), ("seems", "seem"), ("stays", "stay"), ("looks", "look"),
    ]
    private static let ends: [String: [String]] = [
        "is": ["here", "old", "very quiet"], "was": ["there", "lost", "beautiful"],
        "has": ["no name", "a new colour", "to go"], "seems": ["strange", "to be old"],
        "stays": ["here", "where we left it"], "looks": ["new", "very old"],
    ]

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    /// Sentences to judge by, as many with each number of attractors from 0 to 3, half of the subjects plural.
    /// - Returns: `count` of each, fewest attractors first: a pure function of the seed.
    public static func judged(count: Int, seed: UInt64) -> [Sentence] {
        var random = SplitMix(seed: seed, stream: 1)
        return (0...greatestAttractors).flatMap { attractors in
            (0..<count).map { index in
                let isPlural = index % 2 == 1
                return sentence(isPlural, between: Array(repeating: !isPlural, count: attractors), &random)
            }
        }
    }

    /// Text to learn from, a sentence a line. As in what people write, most sentences have nothing between subject and
    /// verb, and what stands between has any number.
    public static func text(sentences: Int, seed: UInt64) -> String {
        var random = SplitMix(seed: seed, stream: 0)
        var text = ""
        for _ in 0..<sentences {
            let draw = random.uniform()
            let count = draw < 0.6 ? 0 : draw < 0.85 ? 1 : draw < 0.95 ? 2 : 3
            let isPlural = random.uniform() < 0.5
            let between = (0..<count).map { _ in random.uniform() < 0.5 }
            text += sentence(isPlural, between: between, &random).text + "\n"
        }
        return text
    }

    /// A sentence of a subject and nouns between it and the verb, each plural or not.
    private static func sentence(_ isPlural: Bool, between: [Bool], _ random: inout SplitMix) -> Sentence {
        func pick<Element>(_ all: [Element]) -> Element { all[random.next(below: all.count)] }
        func noun(_ isPlural: Bool) -> String {
            let adjective = random.uniform() < 0.3 ? pick(adjectives) + " " : ""
            return "the " + adjective + pick(nouns) + (isPlural ? "s" : "")
        }
        let beginning = ([noun(isPlural)] + between.map { "\(pick(links)) \(noun($0))" }).joined(separator: " ")
        let (one, many) = pick(verbs)
        let end = pick(ends[one] ?? ["here"])
        return Sentence(
            beginning: beginning, verb: isPlural ? many : one, wrongVerb: isPlural ? one : many, end: end,
            attractors: between.filter { $0 != isPlural }.count)
    }

}

// MARK: Files

extension AgreementSentences.Sentence {
    /// A line of a file: attractors, beginning, verb, wrong verb, end, with tabs between.
    public var line: String { [String(attractors), beginning, verb, wrongVerb, end].joined(separator: "\t") }

    /// Reads the lines of a file.
    /// - Throws: `DataError.malformedText` with line and column.
    public static func parse(_ text: String, name: String) throws -> [Self] {
        try text.textLines.enumerated().compactMap { number, line in
            if line.allSatisfy(\.isWhitespace) { return nil }
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            // A return within a line would end it where it is written again.
            guard parts.count == 5, let attractors = Int(parts[0]), (0...1000).contains(attractors),
                !line.utf8.contains(0x0D)
            else {
                throw DataError.malformedText(
                    name: name, line: number + 1, column: 1,
                    reason: "attractors, beginning, verb, wrong verb and end with tabs between are needed")
            }
            return Self(
                beginning: parts[1], verb: parts[2], wrongVerb: parts[3], end: parts[4], attractors: attractors)
        }
    }
}
