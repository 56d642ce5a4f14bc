/// Reads a file of columns line by line.
struct ColumnParser {
    private static let names = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]

    private var lines: TextLines
    private let isTabbed: Bool
    private var isCoNLLU = false
    /// As many columns as the first token has.
    private var width: Int?
    private var sentences: [[[String]]] = []
    private var sentence: [[String]] = []
    /// The id of the sentence's last word.
    private var lastID = 0

    init(bytes: [UInt8], name: String) {
        lines = TextLines(bytes, name: name)
        isTabbed = bytes.contains(UInt8(ascii: "\t"))
    }

    mutating func whole() throws -> ColumnFile {
        while let line = lines.next() {
            if line.isBlank {
                endSentence()
            } else {
                try read(line)
            }
        }
        endSentence()
        guard let width, !sentences.isEmpty else {
            throw DataError.malformedText(
                name: lines.name, line: lines.count + 1, column: 1, reason: "the file ends without a sentence")
        }
        return ColumnFile(
            columns: isCoNLLU ? Self.names : (1...width).map(String.init), sentences: sentences, isCoNLLU: isCoNLLU,
            name: lines.name)
    }

    private mutating func endSentence() {
        if sentence.first?.first == "-DOCSTART-" { sentence = [] }
        if !sentence.isEmpty { sentences.append(sentence) }
        (sentence, lastID) = ([], 0)
    }

    private mutating func read(_ line: TextLines.Line) throws {
        let fields = isTabbed ? line.bytes.tabbed : line.bytes.words
        if line.bytes.first == UInt8(ascii: "#") {
            let isToken = !isCoNLLU && fields.count == width && (isTabbed || !sentence.isEmpty)
            if !isToken { return }
        }
        if width == nil {
            width = fields.count
            isCoNLLU = isTabbed && fields.count == 10 && ID(fields[0]) != nil
        }
        guard fields.count == width else {
            let columns = fields.count == 1 ? "1 column" : "\(fields.count) columns"
            let hint = isTabbed ? "between tabs, " : ""
            throw lines.failure(
                "\(columns) \(hint)where the first token has \(width ?? 0)", in: line,
                at: fields.count > width ?? 0 ? fields[width ?? 0].startIndex : line.bytes.endIndex)
        }
        if isCoNLLU, try !isWord(fields[0], of: line) { return }
        sentence.append(try fields.map(lines.string))
    }

    /// An id of CoNLL-U.
    private enum ID {
        case word(Int)
        /// Several words, or an empty one.
        case other

        init?(_ text: ArraySlice<UInt8>) {
            if let number = text.integer, number >= 0 {
                self = .word(number)
                return
            }
            let isOther = [UInt8(ascii: "-"), UInt8(ascii: ".")].contains { separator in
                let parts = text.split(separator: separator, omittingEmptySubsequences: false)
                return parts.count == 2 && parts.allSatisfy { ($0.integer ?? -1) >= 0 }
            }
            guard isOther else { return nil }
            self = .other
        }
    }

    private mutating func isWord(_ id: ArraySlice<UInt8>, of line: TextLines.Line) throws -> Bool {
        switch ID(id) {
        case .word(let number) where number == lastID + 1:
            lastID = number
            return true
        case .word(let number):
            let hint = number == 1 ? "; a blank line is missing between sentences" : ""
            throw lines.failure("id \(number) where \(lastID + 1) is expected\(hint)", in: line)
        case .other: return false
        case nil: throw lines.failure("\(id.quoted) is no id of CoNLL-U", in: line)
        }
    }
}
