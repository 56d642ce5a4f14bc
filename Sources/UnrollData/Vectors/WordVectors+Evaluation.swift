/// How well word vectors answer questions of the form *a is to b as c is to what*.
public struct AnalogyScore: Sendable, Equatable {
    /// Of one section of the questions.
    public struct Section: Sendable, Equatable {
        /// The section's name.
        public var name: String
        /// Questions answered right.
        public var correct: Int
        /// Questions whose words are all known.
        public var answered: Int
        /// Questions with a word that is not known: they are left out.
        public var skipped: Int

        /// The part of the answered ones that is right; nil where there is none.
        public var accuracy: Double? { answered > 0 ? Double(correct) / Double(answered) : nil }
    }

    /// In the file's order.
    public var sections: [Section]

    /// All sections as one.
    public var total: Section {
        let sum = { (count: (Section) -> Int) in sections.reduce(0) { $0 + count($1) } }
        return Section(name: "total", correct: sum(\.correct), answered: sum(\.answered), skipped: sum(\.skipped))
    }
}

/// How well cosines of word vectors go with people's judgements of similarity.
public struct SimilarityScore: Sendable, Equatable {
    /// Spearman's coefficient of correlation; NaN for fewer than two pairs.
    public var spearman: Double
    /// Pearson's.
    public var pearson: Double
    /// Pairs whose words are both known.
    public var pairs: Int
    /// Pairs with a word that is not known: they are left out.
    public var skipped: Int

    /// The part of the pairs that was left out.
    public var unknownShare: Double { Double(skipped) / Double(max(pairs + skipped, 1)) }
}

extension WordVectors {
    /// Answers questions with the nearest word to `b − a + c` that is none of the three, by the rules of gensim's
    /// `evaluate_word_analogies`: upper and lower case are the same, and of words that are then the same the most frequent
    /// counts.
    /// - Parameter limit: only so many words, the first, are known.
    public func evaluate(_ questions: AnalogyQuestions, limit: Int = 300_000) -> AnalogyScore {
        let known = FoldedWords(words.prefix(limit))
        return AnalogyScore(
            sections: questions.sections.map { section in
                let asked = section.questions.compactMap { known.numbers(of: [$0.a, $0.b, $0.c, $0.d]) }
                var score = AnalogyScore.Section(
                    name: section.name, correct: 0, answered: asked.count,
                    skipped: section.questions.count - asked.count)
                let queries = asked.map { unitSum([($0[1], 1), ($0[2], 1), ($0[0], -1)]) }
                // Five, for those that are one of the three in another case.
                let nearest = nearest(
                    to: queries, among: min(limit, words.count), count: 5, leavingOut: asked.map { Array($0.prefix(3)) }
                )
                for (question, neighbours) in zip(asked, nearest) {
                    let answers = neighbours.map { known.number(ofPlace: $0.index) }
                    let answer = answers.first { !question.prefix(3).contains($0) } ?? answers.last
                    if answer == question[3] { score.correct += 1 }
                }
                return score
            })
    }

    /// Compares cosines with judgements, by the rules of gensim's `evaluate_word_pairs`: case as for analogies.
    /// - Parameter limit: only so many words, the first, are known.
    public func evaluate(_ judgements: SimilarityPairs, limit: Int = 300_000) -> SimilarityScore {
        let known = FoldedWords(words.prefix(limit))
        let scored = judgements.pairs.compactMap { pair -> (Double, Double)? in
            guard let numbers = known.numbers(of: [pair.first, pair.second]),
                let cosine = similarity(words[numbers[0]], words[numbers[1]])
            else { return nil }
            return (pair.score, Double(cosine))
        }
        let (judged, found) = (scored.map(\.0), scored.map(\.1))
        return SimilarityScore(
            spearman: Ranking.spearman(judged, found), pearson: Ranking.pearson(judged, found), pairs: scored.count,
            skipped: judgements.pairs.count - scored.count)
    }
}

/// Words in upper case, each standing for the first that is written so.
private struct FoldedWords {
    private var numbers: [TokenKey: Int] = [:]
    private var first: [Int] = []

    init(_ words: ArraySlice<String>) {
        for (place, word) in words.enumerated() {
            let key = TokenKey(word.uppercased())
            first.append(numbers[key] ?? place)
            if numbers[key] == nil { numbers[key] = place }
        }
    }

    /// The numbers of all; nil where one is not known.
    func numbers(of words: [String]) -> [Int]? {
        let found = words.compactMap { numbers[TokenKey($0.uppercased())] }
        return found.count == words.count ? found : nil
    }

    /// The number of the word that a word of this place is the same as.
    func number(ofPlace place: Int) -> Int { first[place] }
}
