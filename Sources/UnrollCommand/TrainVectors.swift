import ArgumentParser
import Unroll

/// `unroll vectors train`
struct TrainVectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Learns a vector for every word of a text, on the CPU.",
        discussion: """
            Lines are sentences. The same seed gives the same vectors, bit by bit, for any number of threads \
            (UNROLL_THREADS).
            """)

    private static let defaults = WordVectorSettings(.skipGram)
    private static let gloVe = WordVectorSettings(.gloVe)

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("UTF-8 files, read one after the other.", valueName: "file"))
    var text: [String]
    @Option(
        help: ArgumentHelp("Where the vectors go: word2vec's binary for .bin, else its text.", valueName: "file"))
    var output: String
    @Option(
        help: .oneOf("What is learned", defaults.algorithm), transform: WordVectorSettings.Algorithm.named)
    var algorithm: WordVectorSettings.Algorithm?
    @Option(parsing: .unconditional, help: .count("How many numbers a vector has", defaults.dimensions))
    var dimensions: Int?
    @Option(
        parsing: .unconditional,
        help: .count("How far away a word is near", "\(defaults.window), of glove \(gloVe.window)"))
    var window: Int?
    @Option(parsing: .unconditional, help: .count("Noise words for each word, not of glove", defaults.negatives))
    var negatives: Int?
    @Option(
        parsing: .unconditional, help: .count("Words that are there less often are left out", defaults.minimumCount)
    )
    var minimumCount: Int?
    @Option(
        parsing: .unconditional,
        help: .number("Above this part of the text words are dropped at random, not of glove", defaults.subsampling)
    )
    var subsampling: Double?
    @Option(
        parsing: .unconditional,
        help: .count("How often the text is gone through", "\(defaults.epochs), of glove \(gloVe.epochs)"))
    var epochs: Int?
    @Option(
        parsing: .unconditional,
        help: .number("η at the start", "\(defaults.learningRate), of glove \(gloVe.learningRate)"))
    var learningRate: Float?
    @Option(
        parsing: .unconditional, help: .number("Pairs as frequent have glove's full weight", defaults.fullCount))
    var fullCount: Float?
    @Option(parsing: .unconditional, help: .count("What makes one run different from another", defaults.seed))
    var seed: Int?
    @Flag(help: "Upper case and lower case are different words.")
    var keepCase = false
    @Flag(help: "Words are whatever stands between spaces; else runs of letters and numbers by Unicode's rules.")
    var spaces = false
    @Flag(help: "Print one JSON object on the last line.")
    var json = false

    func run() throws {
        let settings = settings
        try checkIdle(settings)
        let training = try WordVectorTraining(settings)
        try Files.checkWritable(output)
        try checkAbsent(output)
        let sentences = try text.flatMap(sentences)
        let corpus = try WordCorpus(
            sentences, minimumCount: settings.minimumCount, name: text.joined(separator: ", "))
        if !json {
            Terminal.line(
                "\(corpus.count.grouped) words, \(corpus.words.count.grouped) of them different; "
                    + "\(settings.algorithm.rawValue), \(settings.dimensions) dimensions")
        }
        let clock = ContinuousClock()
        let start = clock.now
        var last: WordVectorProgress?
        Interruption.begin()
        let learned = try training.vectors(of: corpus) { progress in
            last = progress
            if Terminal.isWatched { Terminal.status(line(progress)) }
        } shouldStop: {
            Interruption.isRequested
        }
        Interruption.end()
        if Terminal.isWatched { Terminal.status(nil) }
        guard let learned else {
            Terminal.error("stopped; nothing is written")
            throw ExitCode(Interruption.status)
        }
        try learned.write(to: output, as: output.hasSuffix(".bin") ? .binary : .text)
        let seconds = (clock.now - start) / .seconds(1)
        let speed = Double(corpus.count * settings.epochs) / seconds
        if json {
            let report: JSON = [
                "algorithm": .string(settings.algorithm.rawValue), "words": .integer(corpus.words.count),
                "dimensions": .integer(settings.dimensions), "tokens": .integer(corpus.count),
                "loss": .optional(last?.loss), "seconds": .number((seconds * 1000).rounded() / 1000),
                "words_per_second": .number(speed.rounded()), "output": .string(output),
            ]
            return Terminal.line(report.description)
        }
        Terminal.line("\(seconds.fixed(1)) s, \(Int(speed).grouped) words/s")
        Terminal.line("neighbours: unroll vectors nearest --vectors \(output) --word \(corpus.words[0])")
    }

    /// Refuses flags that another algorithm reads.
    private func checkIdle(_ settings: WordVectorSettings) throws {
        let isGloVe = settings.algorithm == .gloVe
        let idle: [(flag: String, isIdle: Bool)] = [
            ("--negatives", negatives != nil && isGloVe), ("--subsampling", subsampling != nil && isGloVe),
            ("--full-count", fullCount != nil && !isGloVe),
        ]
        for (flag, isIdle) in idle where isIdle {
            throw ModelError.badSetting(
                flag: flag, value: "with --algorithm \(settings.algorithm.rawValue)",
                expected: isGloVe ? "skip-gram or cbow" : "glove")
        }
    }

    private var settings: WordVectorSettings {
        var settings = WordVectorSettings(algorithm ?? Self.defaults.algorithm)
        settings.dimensions = dimensions ?? settings.dimensions
        settings.window = window ?? settings.window
        settings.negatives = negatives ?? settings.negatives
        settings.minimumCount = minimumCount ?? settings.minimumCount
        settings.subsampling = subsampling ?? settings.subsampling
        settings.epochs = epochs ?? settings.epochs
        settings.learningRate = learningRate ?? settings.learningRate
        settings.fullCount = fullCount ?? settings.fullCount
        settings.seed = seed ?? settings.seed
        return settings
    }

    /// The words of every line of a file; marks are no words.
    private func sentences(of path: String) throws -> [[String]] {
        let splitter = WordSplitter(lowercase: !keepCase)
        return try ReadFile(DataFile("text", path)).text().textLines.map { line in
            if spaces { return line.split(whereSeparator: \.isWhitespace).map(String.init) }
            return splitter.words(in: line).filter { word in
                word.unicodeScalars.contains { $0.properties.isAlphabetic || $0.properties.numericType != nil }
            }
        }
    }

    private func line(_ progress: WordVectorProgress) -> String {
        let text =
            "\((100 * progress.done).fixed(0).padded(3, left: true)) %  loss \(progress.loss.fixed(4))  "
            + "\(Int(progress.wordsPerSecond).grouped) words/s"
        return String(text.prefix(max(0, Terminal.columns - 1)))
    }
}

extension WordVectorSettings.Algorithm: NamedChoice {}
