import Testing
import Unroll

@Suite struct AgreementSentencesTests {
    private static let plural: Set<String> = ["are", "were", "have", "seem", "stay", "look"]

    /// Whether the nouns of a beginning are plural, the subject's first.
    private func numbers(_ beginning: String) -> [Bool] {
        let words = beginning.split(separator: " ").map(String.init)
        let last = words.indices.filter { index in
            index + 1 == words.count
                || ["near", "behind", "beside", "above", "under", "with", "by"].contains(words[index + 1])
        }
        return last.map { words[$0].hasSuffix("s") }
    }

    @Test func whatIsJudgedHasOnlyAttractorsBetween() {
        let sentences = AgreementSentences.judged(count: 31, seed: 7)
        #expect(sentences.count == 4 * 31)
        for sentence in sentences {
            let numbers = numbers(sentence.beginning)
            #expect(numbers.count == sentence.attractors + 1)
            #expect(numbers.dropFirst().allSatisfy { $0 != numbers[0] }, "\(sentence)")
            #expect(Self.plural.contains(sentence.verb) == numbers[0])
            #expect(Self.plural.contains(sentence.wrongVerb) != numbers[0])
        }
        #expect(sentences == AgreementSentences.judged(count: 31, seed: 7))
        #expect(sentences != AgreementSentences.judged(count: 31, seed: 8))
    }

    @Test func verbsOfTheTextAgree() {
        let lines = AgreementSentences.text(sentences: 500, seed: 2).split(separator: "\n")
        #expect(lines.count == 500)
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let verbs = words.indices.filter {
                Self.plural.contains(words[$0]) || ["is", "was", "has", "seems", "stays", "looks"].contains(words[$0])
            }
            #expect(verbs.count == 1)
            let beginning = words[..<(verbs.first ?? 0)].joined(separator: " ")
            #expect(numbers(beginning)[0] == Self.plural.contains(words[verbs.first ?? 0]), "\(line)")
        }
    }

    @Test func filesGiveThemBack() throws {
        let sentences = AgreementSentences.judged(count: 5, seed: 1)
        let text = sentences.map { $0.line + "\n" }.joined()
        #expect(try AgreementSentences.Sentence.parse(text, name: "f.tsv") == sentences)
        for wrong in ["1\ta\tis\tare", "x\ta\tis\tare\tb", "-1\ta\tis\tare\tb", "no tabs"] {
            #expect(throws: DataError.self) { try AgreementSentences.Sentence.parse("\n" + wrong, name: "f.tsv") }
        }
    }
}
