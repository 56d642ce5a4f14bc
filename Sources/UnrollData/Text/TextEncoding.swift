/// What a text is cut into.
public enum TextUnit: String, Sendable, CaseIterable {
    /// Unicode scalars: the letters of a word, all characters of a text.
    case characters
    /// Words and marks.
    case words
    /// Byte pairs.
    case bytePairs = "byte-pairs"
}

/// How a text becomes indices and indices a text: what a model of text saves with itself.
public enum TextEncoding: Sendable, Equatable {
    case characters(Vocabulary)
    case words(WordSplitter, Vocabulary)
    case bytePairs(BytePairEncoding)

    /// How many tokens there are of byte pairs where nothing else is said.
    public static let usualPairs = 2000

    /// Learns tokens from texts, which should be the training part only.
    /// - Parameters:
    ///   - limit: how many tokens there may be; nil for all, or `usualPairs`. Of byte pairs there are never fewer than
    ///     the 256 bytes.
    ///   - minimum: how often a character or a word must be there.
    ///   - lowercase: whether words are in lower case.
    ///   - keepNewlines: whether line breaks are words too.
    ///   - specials: tokens that come before characters or words: without `Vocabulary.Special.unknown`, what is not
    ///     known is an error.
    public init(
        fitting texts: some Sequence<String>, unit: TextUnit, limit: Int? = nil, minimum: Int = 1,
        lowercase: Bool = false, keepNewlines: Bool = false, specials: [String] = [Vocabulary.Special.unknown]
    ) {
        switch unit {
        case .characters:
            let characters = texts.lazy.flatMap { $0.unicodeScalars.lazy.map { String($0) } }
            self = .characters(Vocabulary(counting: characters, limit: limit, minimum: minimum, specials: specials))
        case .words:
            let splitter = WordSplitter(lowercase: lowercase, keepNewlines: keepNewlines)
            let words = texts.lazy.flatMap { splitter.words(in: $0) }
            self = .words(splitter, Vocabulary(counting: words, limit: limit, minimum: minimum, specials: specials))
        case .bytePairs:
            let text = texts.joined(separator: "\n")
            self = .bytePairs(BytePairEncoding(training: text, size: max(256, limit ?? Self.usualPairs)))
        }
    }

    /// What it cuts a text into.
    public var unit: TextUnit {
        switch self {
        case .characters: .characters
        case .words: .words
        case .bytePairs: .bytePairs
        }
    }

    /// How many different tokens there are.
    public var count: Int {
        switch self {
        case .characters(let vocabulary), .words(_, let vocabulary): vocabulary.count
        case .bytePairs(let pairs): pairs.count
        }
    }

    /// The index of all that is not known; nil where everything is, or it is an error.
    package var unknown: Int32? {
        switch self {
        case .characters(let vocabulary), .words(_, let vocabulary): vocabulary.unknown
        case .bytePairs: nil
        }
    }

    /// The indices of a text.
    /// - Parameter name: where the text comes from, for errors.
    /// - Throws: `DataError.unknownCharacter` or `.unknownToken` where a vocabulary has no unknown token.
    public func encode(_ text: String, name: String) throws -> [Int32] {
        switch self {
        case .characters(let vocabulary): try vocabulary.encode(text.unicodeScalars, name: name)
        case .words(let splitter, let vocabulary): try vocabulary.encode(splitter.words(in: text), name: name)
        case .bytePairs(let pairs): pairs.encode(text)
        }
    }

    /// The text of indices.
    public func decode(_ indices: some Sequence<Int32>) -> String {
        switch self {
        case .characters(let vocabulary): vocabulary.decode(indices)
        case .words(let splitter, let vocabulary): splitter.text(of: vocabulary.tokens(of: indices))
        case .bytePairs(let pairs): pairs.decode(indices)
        }
    }

    /// One token for people to read.
    public func tokenText(_ index: Int32) -> String {
        switch self {
        case .characters(let vocabulary), .words(_, let vocabulary): vocabulary[Int(index)]
        case .bytePairs(let pairs): pairs.tokenText(index)
        }
    }
}

// MARK: Saving

extension TextEncoding {
    /// As it is saved with a model.
    public var json: JSON {
        switch self {
        case .characters(let vocabulary):
            ["unit": .string(unit.rawValue), "vocabulary": vocabulary.json]
        case .words(let splitter, let vocabulary):
            ["unit": .string(unit.rawValue), "splitter": splitter.json, "vocabulary": vocabulary.json]
        case .bytePairs(let pairs):
            ["unit": .string(unit.rawValue), "pairs": pairs.json]
        }
    }

    /// From what was saved.
    /// - Parameter name: where it comes from, for errors: a path.
    /// - Throws: `DataError.unfit` naming what is missing or makes no sense.
    public init(json: JSON, name: String) throws {
        let units = TextUnit.allCases.map(\.rawValue).joined(separator: ", ")
        let unit = try json.value("unit", "one of \(units)", name: name) {
            $0.string.flatMap { TextUnit(rawValue: $0) }
        }
        let object = { (key: String) in try json.value(key, "an object", name: name) { $0.members == nil ? nil : $0 } }
        switch unit {
        case .characters:
            let vocabulary = try Vocabulary(json: try object("vocabulary"), name: name)
            let words = vocabulary.tokens.dropFirst(vocabulary.specialCount)
            if let word = words.first(where: { $0.unicodeScalars.count != 1 }) {
                throw DataError.unfit(
                    name: name, reason: "\(JSON.string(word)) in the vocabulary is not one character")
            }
            self = .characters(vocabulary)
        case .words:
            let splitter = try WordSplitter(json: try object("splitter"), name: name)
            self = .words(splitter, try Vocabulary(json: try object("vocabulary"), name: name))
        case .bytePairs:
            self = .bytePairs(try BytePairEncoding(json: try object("pairs"), name: name))
        }
    }
}
