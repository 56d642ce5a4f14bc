import UnrollData

/// Sentences of words with a tag each, from a file of columns.
public struct TaggedSentences: Sendable {
    /// For errors: the path.
    let name: String
    /// Of each sentence, as they stand.
    let words: [[String]]
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
    let training: TaggedSentences
    /// To choose the best weights by.
    let validation: TaggedSentences?
    /// To report on.
    let test: TaggedSentences?
    /// Vectors of words to begin with.
    let vectors: PretrainedVectors?

    init(_ files: [ReadFile], column: String) throws {
        try files.check(roles: ["train", "validation", "test", "vectors"], of: Tagger.kind)
        guard let train = files.file("train") else {
            throw ModelError.badSetting(
                flag: "--train", value: "missing", expected: "a file of sentences, CoNLL-U or in columns,")
        }
        training = try TaggedSentences(train, column: column)
        validation = try files.file("validation").map { try TaggedSentences($0, column: column) }
        test = try files.file("test").map { try TaggedSentences($0, column: column) }
        vectors = try PretrainedVectors(files)
        guard training.count > 0 else {
            throw ModelError.badText(name: training.name, reason: "it has no words; there is nothing to learn")
        }
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
