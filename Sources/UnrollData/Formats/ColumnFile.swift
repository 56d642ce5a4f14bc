/// Sentences with a token a line and its properties in columns: what taggers learn from.
///
/// ```
/// # sent_id = 1                                    John lives O
/// 1   Dogs   dog   NOUN   NNS   …                  in    IN   O
/// 2   bark   bark  VERB   VBP   …                  York  NNP  B-LOC
/// ```
///
/// A blank line ends a sentence. A file whose first token has ten columns between tabs, the first of them an id, is
/// CoNLL-U (https://universaldependencies.org/format.html): its columns have names, and tokens of several words (`1-2`)
/// and empty ones (`1.1`) are passed over. Of any other file the columns are called `1`, `2`, … and stand between
/// tabs, or between spaces where no tab is in the file; its sentences `-DOCSTART-` are passed over.
///
/// A line that begins with `#` is a comment, unless it is as a token would be: with the columns of the others, between
/// tabs or within a sentence.
public struct ColumnFile: ParsedFile, Equatable {
    /// The columns' names.
    public let columns: [String]
    /// Of each sentence, of each token, its columns.
    public let sentences: [[[String]]]
    /// Whether the file is CoNLL-U.
    public let isCoNLLU: Bool
    /// What the file is, for errors: a path.
    public let name: String

    init(columns: [String], sentences: [[[String]]], isCoNLLU: Bool, name: String) {
        (self.columns, self.sentences, self.isCoNLLU, self.name) = (columns, sentences, isCoNLLU, name)
    }

    /// How many tokens there are.
    public var tokenCount: Int { sentences.reduce(0) { $0 + $1.count } }

    /// Reads the bytes of a file.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` with line and column, `.notText` for bytes that are not UTF-8.
    public init(parsing bytes: [UInt8], name: String) throws {
        var parser = ColumnParser(bytes: bytes, name: name)
        self = try parser.whole()
    }

    /// The place of a column, by its name (`upos`) or its number from 1.
    /// - Throws: `DataError.unfit`, which lists the columns there are.
    public func index(of column: String) throws -> Int {
        if let index = columns.firstIndex(of: column.lowercased()) { return index }
        if let number = Int(column), (1...columns.count).contains(number) { return number - 1 }
        let shown = columns.joined(separator: ", ")
        throw DataError.unfit(name: name, reason: "there is no column '\(column)'; the columns are \(shown)")
    }

    /// Of each sentence, a column of its tokens.
    /// - Throws: `DataError.unfit` where there is no such column.
    public func column(_ column: String) throws -> [[String]] {
        let index = try index(of: column)
        return sentences.map { $0.map { $0[index] } }
    }
}
