/// Questions of the form *a is to b as c is to d*, in sections (Mikolov et al., 2013).
///
/// ```
/// : capital-common-countries
/// Athens Greece Baghdad Iraq
/// ```
public struct AnalogyQuestions: ParsedFile, Equatable {
    /// One question; its answer is `d`.
    public struct Question: Sendable, Equatable {
        /// What is given.
        public var a: String, b: String, c: String
        /// What is asked for.
        public var d: String

        /// A question.
        public init(a: String, b: String, c: String, d: String) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }
    }

    /// Questions of one kind.
    public struct Section: Sendable, Equatable {
        /// Without the colon; empty for questions above the first section.
        public var name: String
        /// In the file's order.
        public var questions: [Question]

        /// A section.
        public init(name: String, questions: [Question]) { (self.name, self.questions) = (name, questions) }
    }

    /// In the file's order; there is at least one question.
    public let sections: [Section]

    /// How many questions there are.
    public var count: Int { sections.reduce(0) { $0 + $1.questions.count } }

    /// Reads the bytes of a file. Blank lines and those that begin with `//` are passed over.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` for a line that has not four words, `.notText` for bytes that are not UTF-8,
    ///   `.unfit` where there is no question.
    public init(parsing bytes: [UInt8], name: String) throws {
        var (lines, sections) = (TextLines(bytes, name: name), [Section]())
        while let line = lines.next() {
            let text = line.bytes.trimmed
            if text.isEmpty || text.starts(with: "//".utf8) { continue }
            if text.first == UInt8(ascii: ":") {
                sections.append(Section(name: try lines.string(text.dropFirst().trimmed), questions: []))
                continue
            }
            let words = try text.words.map(lines.string)
            guard words.count == 4 else {
                let reason = "\(words.count) words; a question has four, and a section's name a colon before it"
                throw lines.failure(reason, in: line)
            }
            if sections.isEmpty { sections.append(Section(name: "", questions: [])) }
            sections[sections.count - 1].questions.append(Question(a: words[0], b: words[1], c: words[2], d: words[3]))
        }
        guard sections.contains(where: { !$0.questions.isEmpty }) else {
            throw DataError.unfit(name: name, reason: "there is no question in the file")
        }
        self.sections = sections
    }
}
