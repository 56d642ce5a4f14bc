/// What a file of one format holds.
public protocol ParsedFile: Sendable {
    /// Reads the bytes of a file.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError`, which names the place that is wrong.
    init(parsing bytes: [UInt8], name: String) throws
}

extension ParsedFile {
    /// Reads a file.
    /// - Throws: `DataError`: what `Files.read` throws, and what `init(parsing:name:)` does.
    public init(reading path: String) throws { try self.init(parsing: try Files.read(path), name: path) }
}
