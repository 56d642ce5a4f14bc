public import UnrollData

/// What the two sides of a pair are cut into.
public enum SequenceUnit: String, Sendable, CaseIterable {
    /// Unicode scalars.
    case letters
    /// Words and marks.
    case words

    /// The token that comes before a text's first, and after its last. It is the first of a target's vocabulary.
    package static let end: Int32 = 0

    /// An encoding for texts like these: tokens that are not among them are unknown ones.
    /// - Parameters:
    ///   - limit: how many words there may be.
    ///   - minimum: how often a word must be there to be known.
    ///   - hasEnd: whether it is for what is written.
    func encoding(
        of texts: [String], limit: Int?, minimum: Int, lowercase: Bool, hasEnd: Bool
    ) -> TextEncoding {
        let specials = (hasEnd ? [Vocabulary.Special.end] : []) + [Vocabulary.Special.unknown]
        switch self {
        case .letters:
            let letters = texts.lazy.flatMap { $0.unicodeScalars.lazy.map { String($0) } }
            return .characters(Vocabulary(counting: letters, specials: specials))
        case .words:
            let splitter = WordSplitter(lowercase: lowercase)
            let words = texts.lazy.flatMap { splitter.words(in: $0) }
            return .words(
                splitter,
                Vocabulary(counting: words, limit: limit, minimum: minimum, specials: specials))
        }
    }
}

extension TextEncoding {
    /// The tokens of a text as they are, known or not.
    func pieces(of text: String) -> [String] {
        switch self {
        case .characters: text.unicodeScalars.map { String($0) }
        case .words(let splitter, _): splitter.words(in: text)
        case .bytePairs(let pairs): pairs.encode(text).map { pairs.tokenText($0) }
        }
    }

    /// Those of indices.
    func pieces(of indices: [Int32]) -> [String] { indices.map { tokenText($0) } }

    /// Whether it can write: whether its first token is the end.
    var hasEnd: Bool {
        switch self {
        case .characters(let vocabulary), .words(_, let vocabulary):
            vocabulary.specials.first == Vocabulary.Special.end
        case .bytePairs: false
        }
    }
}
