/// What a character is in a text.
enum ScalarKind {
    case letter, mark, number, space, newline
    /// Symbols, punctuation, and what has no meaning yet.
    case symbol
    /// Controls and format characters: nothing to see.
    case invisible

    init(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x61...0x7A, 0x41...0x5A: self = .letter
        case 0x30...0x39: self = .number
        case 0x20, 0x09: self = .space
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: self = .newline
        case 0x21...0x7E: self = .symbol
        default: self = ScalarKind(category: scalar.properties.generalCategory, of: scalar)
        }
    }

    private init(category: Unicode.GeneralCategory, of scalar: Unicode.Scalar) {
        switch category {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
        case .nonspacingMark, .spacingMark, .enclosingMark: self = .mark
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        case .spaceSeparator: self = .space
        case .control, .format: self = .invisible
        default: self = .symbol
        }
    }

    /// Part of a word.
    var isWord: Bool { self == .letter || self == .mark || self == .number }
}
