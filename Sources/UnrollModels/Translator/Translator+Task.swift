public import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

extension Translator: TaskModel, BeamSearching {
    /// `translator`
    public static var kind: String { "translator" }

    /// Pairs, from one file or two.
    public static func data(_ files: [ReadFile], _ settings: TranslatorSettings) throws -> TranslationData {
        try TranslationData(files, settings)
    }

    /// A model for the tokens of the pairs that train.
    public static func configuration(
        _ settings: TranslatorSettings, for data: TranslationData
    ) throws -> TranslatorConfiguration {
        // Letters are all known.
        let encoding = { (unit: TextUnit, texts: [String], specials: [String]) in
            TextEncoding(
                fitting: texts, unit: unit, limit: unit == .words ? settings.vocabulary : nil,
                minimum: unit == .words ? settings.minimum : 1, lowercase: settings.lowercase, specials: specials)
        }
        let source = encoding(settings.sourceUnit, data.training.map(\.source), [Vocabulary.Special.unknown])
        let target = encoding(settings.targetUnit, data.training.map(\.target), TextEncoding.targetSpecials)
        let longest = data.training.reduce(1) { max($0, target.pieces(of: $1.target).count) }
        guard source.count > 1, target.count > 2 else {
            throw ModelError.badText(name: data.name, reason: "there is no token to learn")
        }
        guard longest <= RunSettings.greatestSize else {
            throw ModelError.badText(
                name: data.name, reason: "a target of \(longest) tokens; at most \(RunSettings.greatestSize) can be")
        }
        return TranslatorConfiguration(
            architecture: settings.architecture, source: source, target: target, attention: settings.attention,
            longest: longest, beam: settings.beam)
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: TranslatorSettings, _ configuration: TranslatorConfiguration, _ data: TranslationData
    ) throws {
        let architecture = configuration.architecture
        let (hidden, embedding) = (Double(architecture.hidden), Double(architecture.embedding))
        let tokens = Double(configuration.target.count)
        let parts = DataPart.all(
            training: data.training, validation: data.validation, test: data.test, batch: settings.run.rowsPerBatch,
            others: (settings.run.rowsPerBatch, BeamSettings.hypothesesAtOnce))
        for part in parts {
            let encoder = configuration.encoder.recurrentNumbers(keepsAll: part.isLearnt, directions: 2)
            let decoder = architecture.recurrentNumbers(keepsAll: part.isLearnt)
            let read = part.steps { configuration.source.pieces(of: $0.source).count }
            // A search has one step of all its hypotheses.
            let written =
                part.use == .testing
                ? Double(max(BeamSettings.hypothesesAtOnce, settings.beam.width))
                : part.steps { configuration.target.pieces(of: $0.target).count + 1 }
            let looks =
                read * written / Double(part.batch) * (configuration.attention == .additive ? 3 * hidden : 3)
            try MemoryNeed(
                work: part.use.rawValue, parameters: configuration.parameterCount,
                numbers: read * (encoder.perToken + 3 * embedding + 3 * hidden)
                    + written * (decoder.perToken + 3 * embedding + 10 * hidden + 3 * tokens) + looks,
                largest: max(read * encoder.largest, written * max(decoder.largest, tokens), looks / 3),
                lower: "\(part.use == .testing ? "" : "--batch or ")--hidden, or leave out the longest lines"
            ).check()
        }
    }

    /// Writing targets.
    public static func task(
        _ model: Translator, _ data: TranslationData, _ settings: TranslatorSettings
    ) throws -> TranslationTask {
        try TranslationTask(model, data, settings)
    }

    /// How near it comes to the test's targets, with a beam and without.
    public func report(on data: TranslationData, _ settings: TranslatorSettings) throws -> Report {
        if data.test.isEmpty {
            var report = Report()
            report.tell(blanks: data.blanks)
            return report
        }
        return try report(on: data.test, blanks: data.blanks, name: data.name)
    }

    /// How near it comes to other pairs.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        try files.check(roles: Array(TranslationData.roles.prefix(3)), of: Self.kind)
        let (file, name) = try TranslationData.pairs(files)
        return try report(on: file.pairs, blanks: file.blanks, name: name)
    }

    /// The best translations of texts, or of a file's lines; a blank one for one that is blank.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        let texts = try texts(of: input)
        let sources = try texts.map { try configuration.source.encode($0, name: "--input") }
        let found = try evaluating { try hypotheses(for: sources, search(for: input)) }
        return zip(texts, found).map { text, hypotheses in
            // Of nothing there is no translation.
            let isBlank = configuration.source.pieces(of: text).isEmpty
            return Prediction(
                hypotheses.prefix(isBlank ? 0 : input.count ?? 1), of: ("input", .string(text)),
                in: configuration.target)
        }
    }

    /// What it looks at while it writes the best translation of the first text that is not blank.
    public func drawing(for input: PredictionInput) throws -> (any Drawing)? {
        let first = try texts(of: input).first { !configuration.source.pieces(of: $0).isEmpty }
        guard let text = first else { return nil }
        let source = try configuration.source.encode(text, name: "--input")
        let found = try evaluating { try hypotheses(for: [source], search(for: input)) }
        return try attentionChart(text, source, found[0][0].tokens)
    }
}

extension Translator {
    private func texts(of input: PredictionInput) throws -> [String] {
        try input.files.check(roles: ["source"], of: Self.kind)
        return try input.texts + input.files.flatMap { try $0.text().textLines }
    }

    private func search(for input: PredictionInput) -> BeamSearch {
        beam.search(width: max(beam.width, input.count ?? 1), maximum: configuration.longest)
    }

    /// A source with several targets counts once, against the nearest of them.
    private func report(on pairs: [PairsFile.Pair], blanks: Int, name: String) throws -> Report {
        let examples = TranslatedSource.grouped(pairs)
        let sources = try examples.map { try configuration.source.encode($0.source, name: name) }
        var (report, written) = try Report.writing(
            for: "sources", references: examples.map(\.targets), in: configuration.target, beam,
            maximum: configuration.longest
        ) { search in try evaluating { try hypotheses(for: sources, search) } }
        report.tell(blanks: blanks)
        report.lines += [""]
        report.lines += zip(examples, written).prefix(5).map { example, tokens in
            "  \(example.source) → \(configuration.target.decode(tokens))"
        }
        // The first of a handful of tokens that it gets right; else the first.
        let shown =
            sources.indices.first { place in
                (6...24).contains(sources[place].count)
                    && examples[place].targets.contains {
                        configuration.target.pieces(of: $0) == configuration.target.pieces(of: written[place])
                    }
            } ?? 0
        if sources.indices.contains(shown), !sources[shown].isEmpty {
            report.drawing = try attentionChart(examples[shown].source, sources[shown], written[shown])
        }
        return report
    }

    /// What the decoder looks at while it writes.
    private func attentionChart(_ text: String, _ source: [Int32], _ written: [Int32]) throws -> HeatMap {
        HeatMap.attention(
            "Attention", source: configuration.source.pieces(of: text),
            target: configuration.target.pieces(of: written) + ["end"],
            weights: try evaluating { try weights(source: source, target: written) })
    }
}

extension Report {
    /// Adds how many lines were left out.
    fileprivate mutating func tell(blanks: Int) {
        guard blanks > 0 else { return }
        figures.append(Figure("dropped", Double(blanks)))
        lines.append("left out as a side is blank: \(blanks.grouped) lines")
    }
}
