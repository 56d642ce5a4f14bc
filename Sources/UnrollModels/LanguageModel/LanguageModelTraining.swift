public import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
public import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a language model learns from.
public enum TrainingText: Sendable, Equatable {
    /// A UTF-8 file.
    case file(String)
    /// Sentences of `SentenceGrammar.english`, whose entropy is known.
    case generated

    var files: [DataFile] { if case .file(let path) = self { [DataFile("text", path)] } else { [] } }
}

/// A language model's training run.
///
///     let run = try LanguageModelTraining(settings, text: .generated, folder: ModelFolder("runs/first"), on: device)
///     let outcome = try run.run(report: { … }, shouldStop: { … })
///     print(run.best, try run.bestModel().generate(length: 200, sampling: Sampling()))
public typealias LanguageModelTraining = TrainingRun<LanguageModel>

extension TrainingRun<LanguageModel> {
    /// Begins a run and saves it before its first step.
    /// - Parameter folder: a folder without a model in it, made if it is missing; nil saves nothing.
    /// - Throws: `ModelError`, `DataError`, `TrainingError`; nothing is overwritten.
    public convenience init(
        _ settings: LanguageModelSettings, text: TrainingText, folder: ModelFolder?, on device: Device
    ) throws {
        try self.init(settings, from: text.files, folder: folder, on: device)
    }

    /// The entropy of the generated text's grammar in nats per character, and that of the text as it turned out; nil
    /// for text from a file.
    public var entropy: (ofGrammar: Double, ofText: Double)? { data.entropy }
}

extension LanguageModel: TaskModel {
    /// `language-model`
    public static var kind: String { "language-model" }
    /// Generate.
    public static var use: String { "more of it: unroll generate --model" }

    /// The text, or the generated one where there is no file.
    public static func data(_ files: [ReadFile], _ settings: LanguageModelSettings) throws -> TrainingCorpus {
        try files.check(roles: ["text"], of: kind)
        return try TrainingCorpus(files.file("text"))
    }

    /// A model for the tokens of the text.
    public static func configuration(
        _ settings: LanguageModelSettings, for corpus: TrainingCorpus
    ) throws -> LanguageModelConfiguration {
        LanguageModelConfiguration(settings.architecture, encoding: try corpus.encoding(for: settings))
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: LanguageModelSettings, _ configuration: LanguageModelConfiguration, _ corpus: TrainingCorpus
    ) throws {
        try settings.checkMemory(configuration)
    }

    /// Guessing the next token.
    public static func task(
        _ model: LanguageModel, _ corpus: TrainingCorpus, _ settings: LanguageModelSettings
    ) throws -> TextPrediction {
        try TextPrediction(model, corpus, settings)
    }

    /// A sample of what it writes: validation is all there is to measure.
    public func report(on corpus: TrainingCorpus, _ settings: LanguageModelSettings) throws -> Report {
        var report = Report()
        if let entropy = corpus.entropy {
            report.lines = ["true entropy of the generated text: \(entropy.ofGrammar.fixed(4)) nats a character"]
        }
        if configuration.encoding.unknown != nil {
            let tokens = try configuration.encoding.encode(corpus.text, name: corpus.name)
            let held = tokens.dropFirst(settings.trainingTokens(of: tokens.count))
            report.lines += UnknownTokens(among: held, of: configuration.encoding)?.lines(of: " that validate") ?? []
        }
        let sampling = try Sampling(temperature: 0.8, seed: UInt64(settings.seed))
        let sample = try generate(length: 400, sampling: sampling)
        report.lines += ["", "A sample:", ""]
        report.lines += sample.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
        return report
    }

    /// How well it foresees a text.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        try files.check(roles: ["text"], of: Self.kind)
        guard let file = files.file("text") else {
            throw ModelError.badSetting(flag: "--text", value: "missing", expected: "a UTF-8 file")
        }
        let tokens = try tokens(of: try file.text(), name: file.name)
        let nats = try evaluate(tokens)
        let perplexity = exp(nats)
        var report = Report([
            Figure("nats", nats), Figure("bits", nats.inBits), Figure("perplexity", perplexity),
        ])
        report.lines = [
            "\(nats.fixed(4)) nats = \(nats.inBits.fixed(4)) bits\(configuration.perToken), perplexity \(perplexity.fixed(2))"
        ]
        if let unknown = UnknownTokens(among: tokens, of: configuration.encoding) {
            report.figures.append(Figure("unknown", unknown.share))
            report.lines += unknown.lines()
        }
        return report
    }

    /// A language model goes on with a text instead.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        throw ModelError.badSetting(
            flag: "predict", value: "with a language model", expected: "unroll generate or unroll suggest")
    }
}
