public import UnrollData

/// What a tagger is made of, all but its weights: what it knows of words, and the tags it gives.
public struct TaggerConfiguration: ModelConfiguration {
    /// The recurrent layers, which read both ways, and what stands around them.
    public var architecture: Architecture
    /// The column of the tags.
    public var column: String
    /// The words it knows, in lower case.
    public var words: Vocabulary
    /// The letters it knows.
    public var alphabet: Vocabulary
    /// The tags it gives.
    public var tags: Vocabulary
    /// How many numbers stand for a letter, and for a word's letters in either direction; 0 reads none.
    public var letters: Int
    /// Whether tags are chosen by their neighbours too.
    public var hasCRF: Bool

    /// What reads a word's letters.
    var letterReader: Architecture {
        Architecture(
            cell: architecture.cell.lowest, hidden: max(1, letters), layers: 1, embedding: max(1, letters), dropout: 0)
    }

    /// How many numbers stand for a word and its letters.
    var wordWidth: Int { self.embedding + 2 * letters }

    /// Whether tags mark spans: `B-PER`, `I-PER`, `O`.
    var marksSpans: Bool {
        tags.tokens.allSatisfy { $0 == "O" || $0.isSpanTag } && tags.tokens.contains(where: \.isSpanTag)
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let tags = tags.count
        let reader =
            letters == 0
            ? 0 : alphabet.count * letters + letterReader.recurrentParameters(inputs: letters, directions: 2)
        return words.count * self.embedding + reader
            + architecture.recurrentParameters(inputs: wordWidth, directions: 2) + tags * (2 * self.hidden + 1)
            + (hasCRF ? tags * (tags + 2) : 0)
    }

    /// `lstm, 1 × 128 both ways, 17 tags, 16,654 words`
    public var summary: String {
        "\(architecture.summary) both ways, \(tags.count) tags, \(words.count.grouped) words" + (hasCRF ? ", crf" : "")
    }
    /// ` a word`
    public var perToken: String { " a word" }
}

extension String {
    /// `B-PER`
    fileprivate var isSpanTag: Bool { "BIES".contains(first ?? " ") && dropFirst().first == "-" && count > 2 }
}

extension TaggerConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(Tagger.kind))] + architecture.members + [
                .init("column", .string(column)), .init("letters", .integer(letters)), .init("crf", .bool(hasCRF)),
                .init("tags", tags.json), .init("alphabet", alphabet.json), .init("words", words.json),
            ])
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        func vocabulary(_ key: String) throws -> Vocabulary {
            try Vocabulary(json: try reader.value(key, "a vocabulary") { $0 }, name: name)
        }
        architecture = try Architecture(reader)
        column = try reader.string("column")
        letters = try reader.value("letters", "a size, or 0") {
            $0.integer.flatMap { (0...RunSettings.greatestSize).contains($0) ? $0 : nil }
        }
        hasCRF = try reader.bool("crf")
        (tags, alphabet, words) = (try vocabulary("tags"), try vocabulary("alphabet"), try vocabulary("words"))
        guard tags.count > 0, alphabet.unknown != nil, words.unknown != nil else {
            throw ModelError.unusable(path: name, reason: "its vocabularies lack tags, or what is unknown")
        }
    }
}
