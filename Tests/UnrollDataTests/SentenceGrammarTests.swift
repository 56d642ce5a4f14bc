import Testing
import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct SentenceGrammarTests {
    let english = SentenceGrammar.english

    @Test func entropyOfAGrammarWorkedByHand() {
        // "a " or "bb " with an x or a y: 2 ln 2 nats in (2 + 3)/2 + 1 characters.
        let grammar = SentenceGrammar(
            top: "s", rules: ["s": [(1, "a<e> "), (1, "bb<e> ")], "e": [(5, "x"), (5, "y")]])
        #expect(abs(grammar.entropy - 2 * log(2.0) / 3.5) < 1e-15)
        let uneven = SentenceGrammar(top: "s", rules: ["s": [(3, "a"), (1, "b")]])
        #expect(abs(uneven.entropy - (0.75 * log(4.0 / 3) + 0.25 * log(4.0))) < 1e-15)
    }

    /// The law of large numbers: the text's own nats come close to the entropy.
    @Test func textHasTheEntropy() {
        let corpus = english.corpus(characters: 300_000, seed: 3)
        #expect(abs(corpus.nats - english.entropy) < 0.01 * english.entropy)
        #expect(corpus.text.unicodeScalars.count >= 300_000)
        #expect(corpus.text.unicodeScalars.count < 300_200)
        #expect(corpus.text.allSatisfy { $0.isASCII })
    }

    @Test func textIsAFunctionOfTheSeed() {
        let text = english.corpus(characters: 5000, seed: 1).text
        #expect(text == english.corpus(characters: 5000, seed: 1).text)
        #expect(text != english.corpus(characters: 5000, seed: 2).text)
        #expect(english.corpus(characters: 50_000, seed: 1).text.hasPrefix(text))
        // The generated text of a run is known by its digest, so it must never change by accident.
        let digest = SHA256.hexadecimal(Array(english.corpus(characters: 300_000, seed: 1).text.utf8))
        #expect(digest == "4859223eecea31367e065f378ddfe1578236684473f6c1f85a8865582b735611")
    }

    /// Counts derivations: with two, choices and text would differ in entropy.
    @Test func everySentenceHasOneDerivation() {
        let text = Array(english.corpus(characters: 60_000, seed: 4).text.unicodeScalars)
        var sentences = 0
        for sentence in text.split(whereSeparator: { [".", "?"].contains($0) }).prefix(400) {
            // What separates sentences belongs to them; a capital at the start does not.
            let stripped = sentence.drop { [" ", "\n"].contains($0) }
            let ends = [". ", ".\n", "? "].map { Array($0.unicodeScalars) }
            let capital = String(String.UnicodeScalarView(stripped))
            let starts = [capital, capital.prefix(1).lowercased() + capital.dropFirst()]
            let counts = starts.map { start in
                ends.map { derivations(of: english.top, Array(start.unicodeScalars) + $0) }.max()!
            }
            #expect(counts.reduce(0, +) == 1, "\(capital)")
            sentences += 1
        }
        #expect(sentences == 400)
    }

    /// In how many ways a rule gives exactly this text.
    private func derivations(of rule: String, _ text: [Unicode.Scalar]) -> Int {
        var known: [String: [Int: [Int: Int]]] = [:]
        /// Where the rule can end when it begins at `start`, each with the number of ways.
        func ends(_ rule: String, _ start: Int) -> [Int: Int] {
            if let found = known[rule]?[start] { return found }
            var result: [Int: Int] = [:]
            for alternative in english.rules[rule]! {
                var places = [start: 1]
                for symbol in alternative.symbols {
                    var next: [Int: Int] = [:]
                    for (place, ways) in places {
                        switch symbol {
                        case .text(let part):
                            if text[place...].starts(with: part.unicodeScalars) {
                                next[place + part.unicodeScalars.count, default: 0] += ways
                            }
                        case .rule(let name):
                            for (end, more) in ends(name, place) { next[end, default: 0] += ways * more }
                        }
                    }
                    places = next
                }
                result.merge(places, uniquingKeysWith: +)
            }
            known[rule, default: [:]][start] = result
            return result
        }
        return ends(rule, 0)[text.count] ?? 0
    }
}
