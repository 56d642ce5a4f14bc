/// Texts with their translations, or whatever a line is to be turned into.
public struct PairsFile: ParsedFile, Equatable {
    /// A text and what it becomes.
    public struct Pair: Sendable, Equatable {
        /// What is given.
        public var source: String
        /// What it is to become.
        public var target: String

        /// A pair.
        public init(source: String, target: String) { (self.source, self.target) = (source, target) }
    }

    /// In the file's order; at least one.
    public let pairs: [Pair]
    /// How many lines were left out as one of their sides is blank.
    public let blanks: Int

    /// Reads the bytes of a file of lines `source<TAB>target`. What follows a second tab is passed over: files of
    /// sentence pairs have their origin there.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` for a line without a tab, `.notText` for bytes that are not UTF-8, `.unfit`
    ///   where there is no pair.
    public init(parsing bytes: [UInt8], name: String) throws {
        var (lines, pairs, blanks) = (TextLines(bytes, name: name), [Pair](), 0)
        while let line = lines.next() {
            if line.isBlank { continue }
            let fields = line.bytes.tabbed
            guard fields.count > 1 else {
                throw lines.failure("there is no tab; a line is a source, a tab and a target", in: line)
            }
            let pair = Pair(source: try lines.string(fields[0].trimmed), target: try lines.string(fields[1].trimmed))
            if pair.source.isEmpty || pair.target.isEmpty { blanks += 1 } else { pairs.append(pair) }
        }
        try self.init(pairs, blanks: blanks, name: name)
    }

    /// Reads two files, of which line n of one belongs to line n of the other.
    /// - Throws: `DataError`: what `Files.read` throws; `.unfit`, which names both, where one has more lines; `.notText`
    ///   for bytes that are not UTF-8.
    public init(source: String, target: String) throws {
        try self.init(
            parsing: (try Files.read(source), try Files.read(target)), names: (source: source, target: target))
    }

    /// Reads the bytes of two such files.
    public init(parsing bytes: (source: [UInt8], target: [UInt8]), names: (source: String, target: String)) throws {
        let sources = try Self.lines(bytes.source, name: names.source)
        let targets = try Self.lines(bytes.target, name: names.target)
        guard sources.count == targets.count else {
            throw DataError.unfit(
                name: names.source,
                reason: "\(sources.count) lines, but \(names.target) has \(targets.count); line n of one belongs to "
                    + "line n of the other")
        }
        let all = zip(sources, targets).map { Pair(source: $0, target: $1) }
        let pairs = all.filter { !$0.source.isEmpty && !$0.target.isEmpty }
        try self.init(pairs, blanks: all.count - pairs.count, name: names.source)
    }

    private init(_ pairs: [Pair], blanks: Int, name: String) throws {
        guard !pairs.isEmpty else { throw DataError.unfit(name: name, reason: "there is no pair in the file") }
        (self.pairs, self.blanks) = (pairs, blanks)
    }

    private static func lines(_ bytes: [UInt8], name: String) throws -> [String] {
        var (lines, texts) = (TextLines(bytes, name: name), [String]())
        while let line = lines.next() { texts.append(try lines.string(line.bytes.trimmed)) }
        return texts
    }
}
