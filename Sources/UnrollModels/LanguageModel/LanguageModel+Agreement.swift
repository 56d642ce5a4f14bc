import UnrollCompute
public import UnrollData

extension LanguageModel {
    /// How often a model finds the verb that agrees likelier than the one that does not.
    public struct Agreement: Sendable, Equatable {
        /// How many nouns of the other number stand between subject and verb.
        public let attractors: Int
        /// The share of sentences.
        public let accuracy: Double
        /// How many sentences there are.
        public let count: Int
    }

    /// Compares p(verb | beginning) of either number, after a few lines: the sentences that follow, as they should be; after
    /// the last comes the first again. A model
    /// that has carried its state on in training has hardly met an empty one, and what it makes of the words right behind
    /// says little.
    /// - Returns: by the number of attractors, ascending.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`; `ModelError.badText` where a verb is not known.
    public func agreement(over sentences: [AgreementSentences.Sentence], name: String) throws -> [Agreement] {
        let encoding = configuration.encoding
        try checkVerbs(of: sentences, name: name)
        let start = try start(with: "", name: name)
        // Never the sentence itself.
        let near = min(3, sentences.count - 1)
        let lines = try sentences.indices.map { index in
            let others = (0..<near).map { sentences[(index + 1 + $0) % sentences.count].text + "\n" }
            return start + (try encoding.encode(others.joined(), name: name))
        }
        let rows = try zip(lines, sentences).flatMap { lines, sentence in
            try [sentence.verb, sentence.wrongVerb].map { verb in
                // What ends the verb belongs to it: without it, "seem" would be part of "seems".
                lines + (try encoding.encode("\(sentence.beginning) \(verb) ", name: name))
            }
        }
        let shared = try zip(lines, sentences).map { lines, sentence in
            lines.count + (try encoding.encode(sentence.beginning, name: name)).count
        }
        let logs = try logProbabilities(of: rows).enumerated().map { row, logs in
            logs.dropFirst(shared[row / 2] - 1).reduce(0, +)
        }
        var found: [Int: (right: Int, count: Int)] = [:]
        for (index, sentence) in sentences.enumerated() {
            let isRight = logs[2 * index] > logs[2 * index + 1]
            let (right, count) = found[sentence.attractors] ?? (0, 0)
            found[sentence.attractors] = (right + (isRight ? 1 : 0), count + 1)
        }
        return found.sorted { $0.key < $1.key }.map { attractors, found in
            Agreement(
                attractors: attractors, accuracy: Double(found.right) / Double(found.count), count: found.count)
        }
    }

    /// Refuses verbs that are all one unknown word to the model: neither number would be likelier.
    private func checkVerbs(of sentences: [AgreementSentences.Sentence], name: String) throws {
        guard let unknown = configuration.encoding.unknown else { return }
        for verb in sentences.flatMap({ [$0.verb, $0.wrongVerb] }) {
            if try configuration.encoding.encode(verb, name: name).contains(unknown) {
                throw ModelError.badText(
                    name: name,
                    reason: "the model does not know the verb '\(verb)'; leave its sentences out, or train on a "
                        + "text that has it")
            }
        }
    }
}
