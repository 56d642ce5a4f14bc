import UnrollCompute
import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The text of a run, and how a run that goes on knows it again.
struct TrainingCorpus {
    /// For errors: the path.
    let name: String
    let characters: [Unicode.Scalar]
    let entropy: (ofGrammar: Double, ofText: Double)?
    private let path: String?
    private let digest: String

    init(_ text: TrainingText) throws {
        switch text {
        case .file(let path):
            let bytes = try Files.read(path)
            characters = try Text.decode(bytes, name: path)
            (name, entropy, digest) = (path, nil, SHA256.hexadecimal(bytes))
            // The run may go on from another folder.
            self.path = absolute(path)
        case .generated:
            let grammar = SentenceGrammar.english
            let corpus = grammar.corpus(characters: 300_000, seed: 1)
            characters = Array(corpus.text.unicodeScalars)
            (name, entropy) = ("the generated text", (grammar.entropy, corpus.nats))
            (path, digest) = (nil, SHA256.hexadecimal(Array(corpus.text.utf8)))
        }
    }

    /// The text a run was started with.
    /// - Throws: `ModelError.textChanged`, `DataError`.
    init(resuming settings: JSON, name: String) throws {
        guard let digest = settings["sha256"]?.string, let text = settings["text"] else {
            throw ModelError.unusable(path: name, reason: "its settings do not say which text it learns")
        }
        try self.init(text.string.map { .file($0) } ?? .generated)
        guard digest == self.digest else { throw ModelError.textChanged(name: self.name) }
    }

    /// What `init(resuming:)` needs, beside the settings.
    var identity: [JSON.Member] {
        [.init("text", path.map { .string($0) } ?? .null), .init("sha256", .string(digest))]
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
        let needed = settings.charactersNeeded
        if characters.count < needed {
            throw ModelError.badText(
                name: name,
                reason:
                    "\(characters.count) characters are too few: --batch \(settings.batch), --steps \(settings.steps)"
                    + " and --validation \(settings.validation) need at least \(needed)")
        }
        return vocabulary
    }
}

/// The path from the root, where the file is there to ask.
private func absolute(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
}

extension LanguageModelSettings {
    /// How many of a text's characters are trained on; the others, two at least, validate.
    func trainingCharacters(of count: Int) -> Int { count - max(2, Int(Double(count) * Double(validation))) }

    /// The fewest characters that fill one batch besides those that validate.
    var charactersNeeded: Int {
        let training = TextRows.charactersNeeded(batch: batch, steps: steps)
        var count = max(training + 2, Int(Double(training) / (1 - Double(validation))) - 1)
        while trainingCharacters(of: count) < training { count += 1 }
        return count
    }

    /// Refuses a run that would only run out of memory.
    /// - Throws: `ModelError.tooLarge`.
    func checkMemory(_ configuration: LanguageModelConfiguration) throws {
        let lower = "--hidden, --layers, --batch" + (span == nil ? " or --steps" : ", --steps or --span")
        // Weights, gradients, two moments and copies for saving.
        let window = batch / optimization.accumulate * (span ?? steps)
        try configuration.checkMemory(of: "training", tokens: window, copies: 7, lower: lower)
        // Nothing is kept for a backward pass, but a batch is not computed in parts.
        try configuration.checkMemory(
            of: "validation", tokens: batch * steps, keepsAll: false, copies: 7, lower: lower)
    }
}

extension LanguageModelConfiguration {
    /// Refuses what would only run out of memory, roughly.
    /// - Parameters:
    ///   - tokens: characters of a batch.
    ///   - keepsAll: whether gates, states and their gradients of every step are there for a backward pass.
    ///   - copies: how often there are numbers for every weight.
    ///   - lower: the flags that make it less.
    /// - Throws: `ModelError.tooLarge`.
    func checkMemory(of what: String, tokens: Int, keepsAll: Bool = true, copies: Int, lower: String) throws {
        let (tokens, characters) = (Double(tokens), Double(vocabulary.count))
        let (hidden, embedding) = (Double(hidden), Double(embedding))
        let (saved, gates) = (Double(cell.saved) * hidden, Double(cell.inputGates) * hidden)
        let perToken =
            keepsAll
            ? 3 * characters + 3 * embedding + Double(layers) * (saved + 6 * hidden)
            : characters + embedding + saved + 2 * hidden
        let bytes = 4 * (Double(copies) * Double(parameterCount) + tokens * perToken)
        let memory = Double(CPUInfo.memory)
        guard bytes < memory else {
            throw ModelError.tooLarge(what: what, bytes: bytes, available: memory, lower: lower)
        }
        // Elements of a buffer are counted in 32 bits on devices.
        let largest = max(
            tokens * saved, tokens * embedding, tokens * characters, gates * max(hidden, embedding),
            characters * max(hidden, embedding))
        let limit = Double(Int32.max)
        guard largest < limit else {
            throw ModelError.tooLarge(
                what: "a single array of \(what)", bytes: 4 * largest, available: 4 * limit, lower: lower)
        }
    }
}
