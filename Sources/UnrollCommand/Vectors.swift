import ArgumentParser
import Unroll

/// `unroll vectors`
struct Vectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learns word vectors from a text, and asks those of any file.",
        subcommands: [TrainVectors.self, NearestVectors.self, VectorAnalogy.self, EvaluateVectors.self])
}

/// `--vectors`
struct VectorsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file of word vectors: GloVe's text, word2vec's text or binary, or fastText's .vec.", valueName: "file"))
    var vectors: String

    func loaded() throws -> WordVectors { try WordVectors(reading: vectors) }

    /// What was found, or an error that names the first word that is not known.
    func known<Found>(_ found: Found?, _ words: [String], in vectors: WordVectors) throws -> Found {
        if let found { return found }
        let unknown = words.first { vectors.index(of: $0) == nil } ?? ""
        throw DataError.unfit(
            name: self.vectors,
            reason: "'\(unknown)' is not among its \(vectors.words.count.grouped) words; mind upper and lower case")
    }
}

/// `unroll vectors nearest`
struct NearestVectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nearest", abstract: "Lists the words whose vectors are nearest to that of a word, by cosine.")

    @OptionGroup var file: VectorsOption
    // A list, so that a second one is refused and not taken instead.
    @Option(parsing: .unconditionalSingleValue, help: ArgumentHelp("The word.", valueName: "word"))
    var word: [String]
    @Option(parsing: .unconditional, help: ArgumentHelp("How many words to list.", valueName: "n"))
    var count = 10
    @Option(help: ArgumentHelp("Where to draw them in two dimensions (PCA), as SVG.", valueName: "file"))
    var chart: String?
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        try ModelError.check("--count", count, in: 1...1_000_000)
        try checkDestinations([("--chart", chart)], reading: [file.vectors])
        guard self.word.count == 1, let word = self.word.first else {
            throw ModelError.badSetting(
                flag: "--word", value: self.word.joined(separator: ", "), expected: "one word at a time")
        }
        let vectors = try file.loaded()
        let found = try file.known(vectors.nearest(to: word, count: count), [word], in: vectors)
        if let chart { try draw(found, near: word, of: vectors, to: chart) }
        if json {
            let members: JSON = ["word": .string(word), "neighbours": found.json]
            return Terminal.line(members.description)
        }
        show(found, of: file)
        if let chart { Terminal.line("\nchart: \(chart)") }
    }

    private func draw(
        _ found: [WordVectors.Neighbour], near word: String, of vectors: WordVectors, to path: String
    ) throws {
        let words = [word] + found.map(\.word)
        try Chart.neighbours(
            "Neighbours of \(word)", words: words, vectors: words.compactMap { vectors[$0] },
            groups: words.indices.map { $0 == 0 ? word : "its neighbours" }
        ).write(to: path)
    }
}

/// `unroll vectors analogy`
struct VectorAnalogy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analogy", abstract: "Lists what is to C as B is to A: the words nearest to B − A + C.")

    @OptionGroup var file: VectorsOption
    @Argument(help: "As man in: man is to king as woman is to what?")
    var a: String
    @Argument(help: "As king there.")
    var b: String
    @Argument(help: "As woman there.")
    var c: String
    @Option(parsing: .unconditional, help: ArgumentHelp("How many words to list.", valueName: "n"))
    var count = 5
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        try ModelError.check("--count", count, in: 1...1_000_000)
        let vectors = try file.loaded()
        let found = try file.known(vectors.analogy(a, b, c, count: count), [a, b, c], in: vectors)
        if json {
            let members: JSON = ["a": .string(a), "b": .string(b), "c": .string(c), "answers": found.json]
            return Terminal.line(members.description)
        }
        show(found, of: file)
    }
}

private func show(_ neighbours: [WordVectors.Neighbour], of file: VectorsOption) {
    if neighbours.isEmpty { Terminal.line("there are no neighbours: \(file.vectors) has no other word") }
    let width = neighbours.map(\.word.count).max() ?? 0
    for neighbour in neighbours {
        Terminal.line("\(neighbour.word.padded(width))  \(Double(neighbour.similarity).fixed(4).padded(7, left: true))")
    }
}

extension [WordVectors.Neighbour] {
    fileprivate var json: JSON {
        .array(map { ["word": .string($0.word), "similarity": .number($0.similarity)] as JSON })
    }
}
