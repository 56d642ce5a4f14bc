/// What can go wrong with files and what is in them, as the user should read it: one line that names the file, the
/// place and the way out.
public enum DataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is nothing at this path.
    case missing(path: String)
    /// A folder where a file is expected.
    case isFolder(path: String)
    /// The file is there and cannot be read; `reason` is the system's.
    case unreadable(path: String, reason: String)
    /// The file could not be written; what was there before is as it was.
    case unwritable(path: String, reason: String)
    /// The bytes are not UTF-8 text from byte `offset` on.
    case notText(name: String, offset: Int)
    /// The byte `offset` is zero, which no text has.
    case zeroByte(name: String, offset: Int)
    /// The bytes do not follow their format from byte `offset` on.
    case malformed(name: String, offset: Int, reason: String)
    /// The text does not follow its format at this place; lines and columns (in characters) count from 1.
    case malformedText(name: String, line: Int, column: Int, reason: String)
    /// What a file has, or the user gives, is well formed but not what is asked of it: a column it does not have, files of
    /// different lengths, parts that are not 100 %.
    case unfit(name: String, reason: String)
    /// A character the vocabulary does not have, `offset` characters into the text.
    case unknownCharacter(Unicode.Scalar, offset: Int, name: String)
    /// A word or other token the vocabulary does not have, after `position` others.
    case unknownToken(String, position: Int, name: String)

    /// One line for the user, whatever characters names and files have.
    public var description: String { text.onOneLine }

    private var text: String {
        switch self {
        case .missing(let path):
            "\(path): no such file"
        case .isFolder(let path):
            "\(path) is a folder; a file is needed"
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)"
        case .unwritable(let path, let reason):
            "\(path) cannot be written: \(reason)"
        case .notText(let name, let offset):
            "\(name) is not UTF-8 text (byte \(offset)); convert it to UTF-8 first"
        case .zeroByte(let name, let offset):
            "\(name): a NUL byte at \(offset): this is not a text file, or one in UTF-16; convert it to UTF-8 first"
        case .malformed(let name, let offset, let reason):
            "\(name) is damaged or of another kind: \(reason) (byte \(offset))"
        case .malformedText(let name, let line, let column, let reason):
            "\(name):\(line):\(column): \(reason)"
        case .unfit(let name, let reason):
            "\(name): \(reason)"
        case .unknownCharacter(let character, let offset, let name):
            "\(name): the character \(character.quoted) at offset \(offset) is not in the model's vocabulary; leave it out, "
                + "or train a model on a text that has it"
        case .unknownToken(let token, let position, let name):
            "\(name): \(JSON.string(token)), number \(position + 1) of its words, is not in the model's vocabulary; leave "
                + "it out, or train a model on a text that has it"
        }
    }
}

extension String {
    /// With what is no character for people as `?`.
    package var onOneLine: String {
        String(unicodeScalars.lazy.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }

    /// The beginning, where it is longer than an error has room for.
    package var shortened: String { unicodeScalars.count > 60 ? String(unicodeScalars.prefix(60)) + "…" : self }
}

extension Unicode.Scalar {
    /// `'é' (U+00E9)`, or only the number where there is nothing to see.
    package var quoted: String {
        let digits = String(value, radix: 16, uppercase: true)
        let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return properties.generalCategory == .control ? number : "'\(self)' (\(number))"
    }
}
