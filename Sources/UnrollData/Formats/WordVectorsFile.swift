/// Words with their vectors, in the formats that they are given away in. The format is found out:
///
/// * GloVe (Pennington et al., 2014): a line a word, the word and its numbers;
/// * word2vec's text (Mikolov et al., 2013) and fastText's `.vec`: the same under a line of two numbers, how many words
///   and how many dimensions;
/// * word2vec's binary: that line, then each word, a space, and its numbers as little-endian float32, with an end of
///   line after them (as word2vec writes it) or without (as gensim does).
public struct WordVectorsFile: ParsedFile, Equatable {
    /// What a file of vectors can look like.
    public enum Format: Sendable, Equatable {
        /// A line a word.
        case glove
        /// The same, with the numbers of words and dimensions above; fastText's `.vec` too.
        case text
        /// The numbers as the machine has them.
        case binary
    }

    /// In the file's order, each once.
    public let words: [String]
    /// How many numbers a vector has.
    public let dimensions: Int
    /// `[words, dimensions]`, row-major.
    public let values: [Float]
    /// How many vectors were left out as their word had one already. Words that are not UTF-8 are repaired, which can
    /// make two the same.
    public let duplicates: Int
    /// What the file was; text for vectors that come from none.
    public let format: Format

    /// Vectors to be written.
    /// - Parameters:
    ///   - words: each once.
    ///   - values: `[words, dimensions]`, row-major.
    /// - Precondition: there are `words.count · dimensions` values.
    public init(words: [String], dimensions: Int, values: [Float]) {
        precondition(
            dimensions > 0 && values.count == words.count * dimensions,
            "word vectors: \(values.count) values for \(words.count) words of \(dimensions) dimensions")
        self.init(words: words, dimensions: dimensions, values: values, duplicates: 0, format: .text)
    }

    init(words: [String], dimensions: Int, values: [Float], duplicates: Int, format: Format) {
        (self.words, self.dimensions, self.values) = (words, dimensions, values)
        (self.duplicates, self.format) = (duplicates, format)
    }

    /// Reads the bytes of a file.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` with line and column (text) or `.malformed` with the byte (binary): fewer or
    ///   more words than the file says, a vector of other dimensions, a number that is none or not finite.
    public init(parsing bytes: [UInt8], name: String) throws {
        var parser = WordVectorsParser(bytes: bytes, name: name)
        self = try parser.whole()
    }
}

extension WordVectorsFile {
    /// The bytes of a file with these vectors.
    /// - Parameters:
    ///   - format: text has the digits that give the same Float back.
    ///   - name: what the file will be, for errors: a path.
    /// - Throws: `DataError.unfit` for a word with a space or an end of line, which no such format holds.
    public func encoded(_ format: Format, name: String) throws -> [UInt8] {
        var bytes = format == .glove ? [] : Array("\(words.count) \(dimensions)\n".utf8)
        for (place, word) in words.enumerated() {
            guard !word.isEmpty, !word.utf8.contains(where: { $0.isBlank || $0 == 0x0A || $0 == 0x0D }) else {
                let shown = Array(word.utf8)[...].quoted
                throw DataError.unfit(name: name, reason: "the word \(shown) is empty or has a space; no such file can")
            }
            bytes += word.utf8
            let vector = values[(place * dimensions)..<((place + 1) * dimensions)]
            if format == .binary {
                bytes.append(0x20)
                for value in vector {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
                }
            } else {
                for value in vector { bytes += " \(value)".utf8 }
            }
            bytes.append(0x0A)
        }
        return bytes
    }
}
