import UnrollData

/// Sentences of words with a tag each, from a file of columns.
public struct TaggedSentences: Sendable {
    /// For errors: the path.
    let name: String
    /// Of each sentence, as they stand.
    package let words: [[String]]
    /// Of each sentence, one for each word.
    let tags: [[String]]

    /// Reads CoNLL-U, whose words are its forms, or any other file of columns, whose words are in the first.
    /// - Throws: `DataError`.
    init(_ file: ReadFile, column: String) throws {
        let columns = try ColumnFile(parsing: file.bytes, name: file.name)
        name = file.name
        words = try columns.column(columns.isCoNLLU ? "form" : "1")
        tags = try columns.column(column)
    }

    private init(name: String, words: [[String]], tags: [[String]]) {
        (self.name, self.words, self.tags) = (name, words, tags)
    }

    /// Some of the sentences.
    func rows(_ rows: [Int]) -> TaggedSentences {
        TaggedSentences(name: name, words: rows.map { words[$0] }, tags: rows.map { tags[$0] })
    }

    /// How many words there are.
    var count: Int { words.reduce(0) { $0 + $1.count } }

    /// The same sentences as a model's numbers; tags it does not give are −1.
    func encoded(_ configuration: TaggerConfiguration) throws -> EncodedSentences {
        var result = try EncodedSentences(words, configuration, name: name)
        result.tags = tags.map { tags in tags.map { configuration.tags.index(of: $0) ?? -1 } }
        return result
    }
}

/// Sentences as a tagger's numbers.
struct EncodedSentences {
    /// Of each sentence, the words in lower case.
    let words: [[Int32]]
    /// Of each sentence, the words as they are written, as places in `letters`.
    let forms: [[Int32]]
    /// Of each form its letters.
    let letters: [[Int32]]
    /// Of each sentence; none where they are not known.
    var tags: [[Int32]] = []

    /// Longer words are read without their middle: what is so long is no word.
    private static let longest = 32

    init(_ sentences: [[String]], _ configuration: TaggerConfiguration, name: String) throws {
        var (places, letters, indices): ([String: Int32], [[Int32]], [Int32]) = ([:], [], [])
        forms = try sentences.map { sentence in
            try sentence.map { word in
                if let place = places[word] { return place }
                let scalars = Array(word.unicodeScalars)
                let half = Self.longest / 2
                let read =
                    scalars.count <= Self.longest ? scalars : Array(scalars.prefix(half) + scalars.suffix(half))
                places[word] = Int32(letters.count)
                letters.append(try configuration.alphabet.encode(read, name: name))
                indices += try configuration.words.encode([word.lowercased()], name: name)
                return Int32(letters.count - 1)
            }
        }
        self.letters = letters
        words = forms.map { $0.map { [indices] in indices[Int($0)] } }
    }

    /// Of each sentence.
    var lengths: [Int] { words.map(\.count) }
}

/// What a tagger's run learns from.
public struct TaggedText: Sendable {
    /// To learn from.
    package let training: TaggedSentences
    /// To choose the best weights by.
    package let validation: TaggedSentences?
    /// To report on.
    package let test: TaggedSentences?
    /// Vectors of words to begin with.
    let vectors: PretrainedVectors?

    init(_ files: [ReadFile], _ settings: TaggerSettings) throws {
        try files.check(roles: ["train", "validation", "test", "vectors"], of: Tagger.kind)
        guard let train = files.file("train") else {
            throw ModelError.badSetting(
                flag: "--train", value: "missing", expected: "a file of sentences, CoNLL-U or in columns,")
        }
        let all = try TaggedSentences(train, column: settings.column)
        guard all.count > 0 else {
            throw ModelError.badText(name: all.name, reason: "it has no words; there is nothing to learn")
        }
        let others = try ["validation", "test"].map { role in
            try files.file(role).map { try TaggedSentences($0, column: settings.column) }
        }
        vectors = try PretrainedVectors(files)
        let hasOthers = others.contains { $0 != nil }
        let usual = hasOthers ? nil : try Split(parsing: "80/10/10")
        guard let split = settings.split ?? usual else {
            (training, validation, test) = (all, others[0], others[1])
            return
        }
        if hasOthers {
            throw ModelError.badSetting(
                flag: "--split", value: "\(split)", expected: "neither --validation nor --test beside it")
        }
        // The same sentence is in one part alone.
        let keys = all.words.map { $0.joined(separator: " ") }
        let parts = try split.rows(keys: keys, seed: UInt64(settings.run.seed))
        guard !parts.training.isEmpty else {
            throw ModelError.badText(
                name: all.name,
                reason: "\(Set(keys).count) different sentences at \(split) leave none to learn from; "
                    + "--split 100/0/0 learns from all")
        }
        training = all.rows(parts.training)
        (validation, test) = (Self.part(of: all, parts.validation), Self.part(of: all, parts.test))
    }

    private static func part(of all: TaggedSentences, _ rows: [Int]) -> TaggedSentences? {
        rows.isEmpty ? nil : all.rows(rows)
    }

    /// What a model of these settings is made of.
    func configuration(_ settings: TaggerSettings) -> TaggerConfiguration {
        let forms = training.words.joined()
        let unknown = [Vocabulary.Special.unknown]
        // A tag that is in the validation part alone has to have a place.
        let tags = Set((training.tags + (validation?.tags ?? [])).joined()).sorted()
        var scalars: Set<Unicode.Scalar> = []
        for form in forms { scalars.formUnion(form.unicodeScalars) }
        var architecture = settings.architecture
        architecture.embedding = vectors?.dimensions ?? architecture.embedding
        return TaggerConfiguration(
            architecture: architecture, column: settings.column,
            words: Vocabulary(counting: forms.lazy.map { $0.lowercased() }, specials: unknown),
            alphabet: Vocabulary(tokens: scalars.sorted().map { String($0) }, specials: unknown),
            tags: Vocabulary(tokens: tags), letters: settings.letters, hasCRF: settings.hasCRF)
    }
}
