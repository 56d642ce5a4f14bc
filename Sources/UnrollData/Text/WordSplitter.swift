/// Text as words and marks.
///
/// A word is a run of letters, marks and numbers (Unicode categories L, M and N). Between two of these an apostrophe
/// (don't), a hyphen (well-known), a middle dot, a connector (snake_case) or an invisible format character belongs to
/// the word, and so does a point or comma between two numbers (3.14). Ideographs and Hiragana are words of one
/// character. Any other character that shows is a token of its own, an emoji with all its parts. White space and what
/// else does not show separates.
public struct WordSplitter: Sendable, Equatable {
    private enum Rule: String {
        case unicode, scikit
    }

    private let rule: Rule
    /// Whether words are in lower case.
    public let lowercase: Bool
    /// Whether a line break is a token, `"\n"`: for texts whose lines matter, as in plays.
    public let keepNewlines: Bool

    /// Splits as described above.
    public init(lowercase: Bool = false, keepNewlines: Bool = false) {
        self.init(.unicode, lowercase: lowercase, keepNewlines: keepNewlines)
    }

    private init(_ rule: Rule, lowercase: Bool, keepNewlines: Bool) {
        (self.rule, self.lowercase, self.keepNewlines) = (rule, lowercase, keepNewlines)
    }

    /// What scikit-learn's vectorizers do unless told otherwise: lower case, runs of at least two letters, numbers or
    /// underscores (`\b\w\w+\b`), and nothing else.
    public static let scikit = WordSplitter(.scikit, lowercase: true, keepNewlines: false)

    /// The tokens of a text.
    public func words(in text: String) -> [String] {
        var text = lowercase ? text.lowercased() : text
        text.makeContiguousUTF8()
        switch rule {
        case .unicode: return split(text)
        case .scikit: return runs(text)
        }
    }

    /// Tokens as they are written in a text: spaces between words, none before closing marks and after opening ones.
    /// What `words(in:)` has thrown away, such as two spaces, does not come back.
    public func text(of words: [String]) -> String {
        var joiner = WordJoiner()
        return words.reduce(into: "") { $0 += joiner.append($1) } + joiner.finish()
    }
}

// MARK: Words by Unicode's categories

extension WordSplitter {
    private func split(_ text: String) -> [String] {
        let scalars = text.unicodeScalars
        var words: [String] = []
        var start = scalars.startIndex
        while start < scalars.endIndex {
            var end = scalars.index(after: start)
            switch ScalarKind(scalars[start]) {
            case .letter, .mark, .number:
                // An index after is that of the next character as readers see it: with its marks.
                end = scalars[start].isAlone ? text.index(after: start) : wordEnd(in: scalars, from: end)
                words.append(String(scalars[start..<end]))
            case .symbol:
                end = text.index(after: start)
                words.append(String(scalars[start..<end]))
            case .newline:
                if scalars[start] == "\r", end < scalars.endIndex, scalars[end] == "\n" {
                    end = scalars.index(after: end)
                }
                if keepNewlines { words.append("\n") }
            case .space, .invisible: break
            }
            start = end
        }
        return words
    }

    /// The end of a word whose first character is before `position`.
    private func wordEnd(in scalars: String.UnicodeScalarView, from position: String.Index) -> String.Index {
        var end = position
        while end < scalars.endIndex, !scalars[end].isAlone {
            if ScalarKind(scalars[end]).isWord {
                end = scalars.index(after: end)
                continue
            }
            let next = scalars.index(after: end)
            guard next < scalars.endIndex, !scalars[next].isAlone else { break }
            let (before, after) = (scalars[scalars.index(before: end)], scalars[next])
            guard scalars[end].joins(before, after) else { break }
            end = scalars.index(after: next)
        }
        return end
    }
}

extension Unicode.Scalar {
    /// A word by itself, in scripts that have no spaces.
    fileprivate var isAlone: Bool {
        value >= 0x2E80 && (properties.isIdeographic || (0x3041...0x3096).contains(value))
    }

    /// Whether it makes one word of what is before and after.
    fileprivate func joins(_ before: Unicode.Scalar, _ after: Unicode.Scalar) -> Bool {
        switch self {
        case "'", "\u{2019}", "-", "\u{2010}", "\u{2011}", "\u{B7}", "_": return ScalarKind(after).isWord
        case ".", ",": return ScalarKind(before) == .number && ScalarKind(after) == .number
        default:
            guard value >= 0x80, ScalarKind(after).isWord else { return false }
            let category = properties.generalCategory
            return category == .format || category == .connectorPunctuation
        }
    }
}

// MARK: Words as scikit-learn has them

extension WordSplitter {
    private func runs(_ text: String) -> [String] {
        text.unicodeScalars.split { !$0.isPythonWord }.compactMap { run in
            run.index(after: run.startIndex) < run.endIndex ? String(run) : nil
        }
    }
}

extension Unicode.Scalar {
    /// `\w` of Python's regular expressions: letters, what has a numeric value, and the underscore; no marks.
    fileprivate var isPythonWord: Bool {
        switch ScalarKind(self) {
        case .letter, .number: true
        case .symbol: self == "_"
        default: false
        }
    }
}

// MARK: Saving

extension WordSplitter {
    /// As it is saved with a model.
    public var json: JSON {
        ["rule": .string(rule.rawValue), "lowercase": .bool(lowercase), "newlines": .bool(keepNewlines)]
    }

    /// From what was saved.
    /// - Throws: `DataError.unfit` naming the member that is missing or makes no sense.
    public init(json: JSON, name: String) throws {
        let rule = try json.value("rule", "\"unicode\" or \"scikit\"", name: name) {
            $0.string.flatMap { Rule(rawValue: $0) }
        }
        let lowercase = try json.value("lowercase", "true or false", name: name, \.bool)
        self.init(
            rule, lowercase: lowercase, keepNewlines: try json.value("newlines", "true or false", name: name, \.bool))
    }
}
