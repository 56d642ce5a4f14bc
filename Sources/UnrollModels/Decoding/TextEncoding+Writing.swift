package import UnrollData

extension TextEncoding {
    /// The token that comes before a text's first, and after its last. It is the first of a target's vocabulary.
    package static let end: Int32 = 0

    /// The special tokens of what is written.
    static let targetSpecials = [Vocabulary.Special.end, Vocabulary.Special.unknown]

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
