import UnrollData

/// What a language model's run learns from: a text, whose end validates.
public struct TrainingCorpus {
    /// For errors: the path.
    let name: String
    let text: String
    /// The entropy of the generated text's grammar in nats per character, and that of the text as it turned out; nil
    /// for text from a file.
    public let entropy: (ofGrammar: Double, ofText: Double)?

    /// A text from a file; without one, sentences of `SentenceGrammar.english`, whose entropy is known.
    init(_ file: ReadFile?) throws {
        if let file {
            (name, text, entropy) = (file.name, try file.text(), nil)
        } else {
            let grammar = SentenceGrammar.english
            let corpus = grammar.corpus(characters: 300_000, seed: 1)
            (name, text, entropy) = ("the generated text", corpus.text, (grammar.entropy, corpus.nats))
        }
    }

    /// How the text becomes indices. Characters are those of the whole text; words are counted, and byte pairs learnt, in
    /// what trains.
    /// - Throws: `ModelError.badText`, where there is nothing to learn.
    func encoding(for settings: LanguageModelSettings) throws -> TextEncoding {
        if text.isEmpty { throw ModelError.badText(name: name, reason: "it is empty; there is nothing to learn") }
        let scalars = text.unicodeScalars
        // A character that is not known is an error, where a word is `<unk>`: so characters are those of the end, too.
        let encoding =
            settings.unit == .characters
            ? .characters(Vocabulary(of: scalars))
            : TextEncoding(
                fitting: [String(scalars.prefix(settings.trainingTokens(of: scalars.count)))], unit: settings.unit,
                limit: settings.vocabulary, minimum: settings.minimum, lowercase: settings.lowercase,
                keepNewlines: true)
        switch encoding {
        case .characters(let vocabulary) where vocabulary.count == 1:
            let only = vocabulary.characters[0].quoted
            throw ModelError.badText(name: name, reason: "it has no character but \(only); there is nothing to learn")
        case .words(_, let vocabulary) where vocabulary.count < 3:
            let known = vocabulary.count == 1 ? "no word is known" : "only one word is known"
            let reason = settings.minimum > 1 ? " with --minimum \(settings.minimum); lower it" : "; two are needed"
            throw ModelError.badText(name: name, reason: known + reason)
        default: break
        }
        if settings.unit == .characters { try check(settings, scalars.count, .characters) }
        return encoding
    }

    /// Refuses a text of fewer tokens than the settings need.
    /// - Throws: `ModelError.badText`.
    func check(_ settings: LanguageModelSettings, _ count: Int, _ unit: TextUnit) throws {
        let needed = settings.tokensNeeded
        if count < needed {
            throw ModelError.badText(
                name: name,
                reason: "\(count) \(unit.noun)s are too few: --batch \(settings.batch), --steps \(settings.steps)"
                    + " and --validation \(settings.validation) need at least \(needed)")
        }
    }
}

extension LanguageModelSettings {
    /// How many of a text's tokens are trained on; the others, two at least, validate.
    func trainingTokens(of count: Int) -> Int { max(0, count - max(2, Int(Double(count) * Double(validation)))) }

    /// The fewest tokens that fill one batch besides those that validate.
    var tokensNeeded: Int {
        let training = TextRows.tokensNeeded(batch: self.batch, steps: steps)
        var count = max(training + 2, Int(Double(training) / (1 - Double(validation))) - 1)
        while trainingTokens(of: count) < training { count += 1 }
        return count
    }
}
