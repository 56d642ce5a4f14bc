import UnrollData

/// What a language model's run learns from: a text, whose end validates.
public struct TrainingCorpus {
    /// For errors: the path.
    let name: String
    let characters: [Unicode.Scalar]
    /// The entropy of the generated text's grammar in nats per character, and that of the text as it turned out; nil
    /// for text from a file.
    public let entropy: (ofGrammar: Double, ofText: Double)?

    /// A text from a file; without one, sentences of `SentenceGrammar.english`, whose entropy is known.
    init(_ file: ReadFile?) throws {
        if let file {
            (name, characters, entropy) = (file.name, try Text.decode(file.bytes, name: file.name), nil)
        } else {
            let grammar = SentenceGrammar.english
            let corpus = grammar.corpus(characters: 300_000, seed: 1)
            (name, characters) = ("the generated text", Array(corpus.text.unicodeScalars))
            entropy = (grammar.entropy, corpus.nats)
        }
    }

    /// The characters of the text, which must suffice for the settings.
    /// - Throws: `ModelError.badText`.
    func vocabulary(for settings: LanguageModelSettings) throws -> Vocabulary {
        if characters.isEmpty { throw ModelError.badText(name: name, reason: "it is empty; there is nothing to learn") }
        let vocabulary = Vocabulary(of: characters)
        if vocabulary.count == 1 {
            let only = vocabulary.characters[0].quoted
            throw ModelError.badText(name: name, reason: "it has no character but \(only); there is nothing to learn")
        }
        try check(settings)
        return vocabulary
    }

    /// Refuses a text that is too short for the settings.
    /// - Throws: `ModelError.badText`.
    func check(_ settings: LanguageModelSettings) throws {
        let needed = settings.charactersNeeded
        if characters.count < needed {
            throw ModelError.badText(
                name: name,
                reason:
                    "\(characters.count) characters are too few: --batch \(settings.batch), --steps \(settings.steps)"
                    + " and --validation \(settings.validation) need at least \(needed)")
        }
    }
}

extension LanguageModelSettings {
    /// How many of a text's characters are trained on; the others, two at least, validate.
    func trainingCharacters(of count: Int) -> Int { count - max(2, Int(Double(count) * Double(validation))) }

    /// The fewest characters that fill one batch besides those that validate.
    var charactersNeeded: Int {
        let training = TextRows.charactersNeeded(batch: self.batch, steps: steps)
        var count = max(training + 2, Int(Double(training) / (1 - Double(validation))) - 1)
        while trainingCharacters(of: count) < training { count += 1 }
        return count
    }
}
