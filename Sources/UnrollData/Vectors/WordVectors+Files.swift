extension WordVectors {
    /// The vectors of a file.
    public init(_ file: WordVectorsFile) {
        self.init(words: file.words, dimensions: file.dimensions, values: file.values)
    }

    /// Reads a file of any of `WordVectorsFile`'s formats, which is found out.
    /// - Throws: `DataError`.
    public init(reading path: String) throws { self.init(try WordVectorsFile(reading: path)) }

    /// Writes a file; one that is there is replaced when the new one is complete.
    /// - Throws: `DataError`, for a word with a space in it too, which no such file can have.
    public func write(to path: String, as format: WordVectorsFile.Format = .text) throws {
        let file = WordVectorsFile(words: words, dimensions: dimensions, values: values)
        try Files.write(try file.encoded(format, name: path), to: path)
    }
}
