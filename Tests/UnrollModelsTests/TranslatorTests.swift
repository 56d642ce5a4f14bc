import Testing
import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct TranslatorTests {
    private static let device = TestedBackend.cpu[0].device
    private let temporary = TemporaryFolder()

    /// Words of letters, to be written backwards, every letter twice after an `x`.
    private static func spellings(_ count: Int, seed: UInt64 = 1) -> [(source: String, target: String)] {
        var random = SplitMix(seed: seed)
        return (0..<count).map { _ in
            let letters = (0..<random.next(below: 4) + 2).map { _ in Array("abcdex")[random.next(below: 6)] }
            return (String(letters), String(letters.reversed()))
        }
    }

    /// Sentences of a made-up language: the verb goes to the end, adjectives behind their nouns, names stay.
    private static func sentences(_ count: Int, seed: UInt64) -> [(source: String, target: String)] {
        let nouns = [("dog", "hundo"), ("cat", "kato"), ("horse", "cevalo"), ("bird", "birdo")]
        let adjectives = [("big", "granda"), ("red", "rugxa"), ("old", "malnova")]
        let verbs = [("sees", "vidas"), ("hears", "auxdas"), ("follows", "sekvas")]
        let names = ["Ana", "Ben", "Cleo"]
        var random = SplitMix(seed: seed)
        func phrase() -> (String, String) {
            if random.next(below: 4) == 0 {
                let name = names[random.next(below: names.count)]
                return (name, name)
            }
            let noun = nouns[random.next(below: nouns.count)]
            guard random.next(below: 2) == 0 else { return ("the " + noun.0, "la " + noun.1) }
            let adjective = adjectives[random.next(below: adjectives.count)]
            return ("the \(adjective.0) \(noun.0)", "la \(noun.1) \(adjective.1)")
        }
        return (0..<count).map { _ in
            let (subject, object, verb) = (phrase(), phrase(), verbs[random.next(below: verbs.count)])
            return ("\(subject.0) \(verb.0) \(object.0).", "\(subject.1) \(object.1) \(verb.1).")
        }
    }

    private func file(_ name: String, _ pairs: [(source: String, target: String)]) throws -> DataFile {
        let path = temporary("\(name).tsv")
        try Files.write(Array(pairs.map { "\($0.source)\t\($0.target)\n" }.joined().utf8), to: path)
        return DataFile(name, path)
    }

    private static var small: TranslatorSettings {
        var settings = TranslatorSettings()
        (settings.sourceUnit, settings.targetUnit) = (.characters, .characters)
        (settings.hidden, settings.embedding, settings.batch, settings.epochs) = (10, 7, 9, 3)
        settings.dropout = 0.1
        return settings
    }

    private func contents(_ folder: ModelFolder) throws -> [String: [UInt8]] {
        try Dictionary(
            uniqueKeysWithValues: TemporaryFolder.names(in: folder.path).map {
                ($0, try Files.read("\(folder.path)/\($0)"))
            })
    }

    private func value(_ name: String, of report: Report) throws -> Double {
        try #require(report.figures.first { $0.name == name }, "\(report.figures)").value
    }

    /// Letters backwards: nothing but attention and memory can do that.
    @Test func learnsToSpellBackwards() throws {
        var settings = Self.small
        (settings.hidden, settings.embedding, settings.batch, settings.epochs) = (48, 16, 16, 16)
        (settings.learningRate, settings.dropout, settings.optimization.course) = (0.01, 0, .oneCycle)
        let run = try TrainingRun<Translator>(
            settings, from: [try file("pairs", Self.spellings(900))], folder: nil, on: Self.device)
        #expect(try run.run() == .finished)
        let report = try run.bestModel().report(on: run.data, settings)
        #expect(try value("test_exact", of: report) >= 0.9, "\(report.figures)")
        #expect(try value("test_error_rate", of: report) <= 0.05)
        #expect(
            try value("test_error_rate", of: report) <= value("test_greedy_error_rate", of: report) + 1e-9)
        let chart = try #require(report.drawing)
        #expect(chart.svg.contains("Attention"))
    }

    /// A language from two aligned files: far better than leaving every word as it is.
    @Test func learnsALanguage() throws {
        let pairs = Self.sentences(1000, seed: 4)
        for (role, lines) in [("source", pairs.map(\.source)), ("target", pairs.map(\.target))] {
            try Files.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: temporary(role))
        }
        var settings = TranslatorSettings()
        (settings.hidden, settings.embedding, settings.batch, settings.epochs) = (32, 16, 16, 8)
        (settings.learningRate, settings.attention) = (0.01, .general)
        let files = ["source", "target"].map { DataFile($0, temporary($0)) }
        let run = try TrainingRun<Translator>(settings, from: files, folder: nil, on: Self.device)
        #expect(try run.run() == .finished)
        let model = try run.bestModel()
        let report = try model.report(on: run.data, settings)
        let splitter = WordSplitter()
        let copying = BLEU(
            references: pairs.map { splitter.words(in: $0.target) },
            translations: pairs.map { splitter.words(in: $0.source) }
        ).score
        let bleu = try value("test_bleu", of: report)
        #expect(bleu > 90 && bleu > copying + 50, "BLEU \(bleu), copying \(copying)")
        let predicted = try model.predictions(for: PredictionInput(texts: ["Ana hears the old bird."], count: 2))
        #expect(predicted[0].line.hasPrefix("Ana la birdo malnova auxdas.\t"), "\(predicted)")
        let outputs = try #require(predicted[0].json["outputs"]?.array)
        #expect(outputs.count == 2)
        #expect(try #require(outputs[0]["score"]?.number) >= #require(outputs[1]["score"]?.number))
    }

    /// What a search says of a text is what training computes of it, all steps at once and padded beside others.
    @Test(arguments: TestedBackend.all, AttentionScore.allCases)
    func searchAndTrainingAgree(_ tested: TestedBackend, _ attention: AttentionScore) throws {
        let model = try Self.model(attention, layers: 2, on: tested.device)
        let sources: [[Int32]] = [[1, 2, 3, 4, 5, 6], [3], [2, 2, 1]]
        let search = BeamSearch(width: 3, end: 0, maximum: 9)
        let found = try model.hypotheses(for: sources, search)
        for (source, hypotheses) in zip(sources, found) {
            #expect(hypotheses.count == 3)
            for hypothesis in hypotheses {
                let loss = try model.loss(sources: [source], targets: [hypothesis.tokens]).scalar()
                let length = Double(hypothesis.tokens.count + 1)
                #expect(abs(hypothesis.logProbability + Double(loss) * length) < 1e-4 * length)
                #expect(abs(hypothesis.score + Double(loss)) < 1e-4)
                let weights = try model.weights(source: source, target: hypothesis.tokens)
                #expect(weights.count == hypothesis.tokens.count + 1)
                #expect(weights.allSatisfy { $0.count == source.count && abs($0.reduce(0, +) - 1) < 1e-5 })
            }
        }
        // Rows of a batch do not see one another, nor what fills them up.
        let targets = found.map { $0[0].tokens }
        let together = try model.loss(sources: sources, targets: targets).scalar()
        let counts = targets.map { Float($0.count + 1) }
        let alone = try zip(sources, targets).map { try model.loss(sources: [$0], targets: [$1]).scalar() }
        let mean = zip(alone, counts).reduce(0) { $0 + $1.0 * $1.1 } / counts.reduce(0, +)
        #expect(abs(together - mean) < 1e-4)
    }

    /// Loss and attention of `Fixtures/translator.py`, which goes row by row and step by step.
    @Test(arguments: TestedBackend.allAndReference) func equalsAPlainTranslator(_ tested: TestedBackend) throws {
        let file = try Safetensors(path: fixture("translator.safetensors"))
        let letters = { (count: Int) in Vocabulary(of: "abcdef".unicodeScalars.prefix(count)).tokens }
        let configuration = TranslatorConfiguration(
            architecture: Architecture(cell: .lstm, hidden: 6, layers: 2, embedding: 5, dropout: 0),
            source: .characters(Vocabulary(tokens: letters(6), specials: ["<unk>"])),
            target: .characters(Vocabulary(tokens: letters(6), specials: ["</s>", "<unk>"])),
            attention: .general, longest: 9, beam: BeamSettings())
        let model = Translator(configuration, seed: 1, on: tested.device)
        var weights = file
        for name in ["sources", "targets", "loss", "attention"] { weights.arrays[name] = nil }
        try model.load(weights, name: "fixture")
        let rows = try ["sources", "targets"].map { name -> [[Int32]] in
            let array = try #require(file.arrays[name])
            guard case .int32(let values) = array.values else { throw DataError.missing(path: name) }
            return (0..<array.shape[0]).map { row in
                values[row * array.shape[1]..<(row + 1) * array.shape[1]].filter { $0 >= 0 }
            }
        }
        let expected = try #require(file.arrays["loss"]?.values.floats?[0])
        #expect(abs(try model.loss(sources: rows[0], targets: rows[1]).scalar() - expected) < 1e-5)
        let looks = try model.weights(source: rows[0][0], target: rows[1][0]).flatMap { $0 }
        let attention = try #require(file.arrays["attention"]?.values.floats)
        #expect(looks.count == attention.count && zip(looks, attention).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    private static func model(
        _ attention: AttentionScore, cell: Cell = .lstm, layers: Int = 1, on device: Device
    ) throws -> Translator {
        let letters = Vocabulary(of: "abcdef".unicodeScalars).tokens
        let source = Vocabulary(tokens: letters, specials: ["<unk>"])
        let target = Vocabulary(tokens: letters, specials: ["</s>", "<unk>"])
        let architecture = Architecture(cell: cell, hidden: 14, layers: layers, embedding: 5, dropout: 0)
        let configuration = TranslatorConfiguration(
            architecture: architecture, source: .characters(source), target: .characters(target),
            attention: attention, longest: 9, beam: BeamSettings())
        return Translator(configuration, seed: 3, on: device)
    }

    @Test(arguments: AttentionScore.allCases, [Cell.rnn, .lstm, .gru])
    func countsItsParameters(_ attention: AttentionScore, _ cell: Cell) throws {
        for layers in 1...2 {
            let model = try Self.model(attention, cell: cell, layers: layers, on: Self.device)
            #expect(model.parameterCount == model.configuration.parameterCount)
        }
    }

    /// Stopped anywhere, a run goes on to the same bits as one that was not.
    @Test func resumesToTheSameBits() throws {
        let pairs = try file("pairs", Self.spellings(120))
        var folders: [ModelFolder] = []
        for stop in [nil, nil, 0, 1, 13, 25] as [Int?] {
            let folder = ModelFolder(temporary("run-\(folders.count)"))
            var asked = 0
            _ = try TrainingRun<Translator>(Self.small, from: [pairs], folder: folder, on: Self.device).run(
                shouldStop: {
                    asked += 1
                    return stop.map { asked > $0 } ?? false
                })
            if stop != nil {
                #expect(try TrainingRun<Translator>(resuming: folder, on: Self.device).run() == .finished)
            }
            folders.append(folder)
        }
        let whole = try contents(folders[0])
        for folder in folders.dropFirst() { #expect(try contents(folder) == whole, "\(folder.path)") }
    }

    /// CPU and OpenCL agree, for as long as rounding has not been amplified.
    @Test(arguments: TestedBackend.all) func backendsAgree(_ tested: TestedBackend) throws {
        let pairs = try file("pairs", Self.spellings(150))
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try TrainingRun<Translator>(Self.small, from: [pairs], folder: nil, on: device).run(report: {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation ?? .nan] }
            })
            return losses
        }
        #expect(losses[0].count == 6 && losses[0][0] > losses[0][4])
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    /// A saved model is what was trained, and its report does not depend on what it is read for.
    @Test func aSavedModelIsTheSame() throws {
        let folder = ModelFolder(temporary("saved"))
        let (pairs, test) = (try file("pairs", Self.spellings(80)), try file("test", Self.spellings(30, seed: 7)))
        var settings = Self.small
        (settings.beam.width, settings.beam.lengthPower) = (3, 0.5)
        let run = try TrainingRun<Translator>(settings, from: [pairs, test], folder: folder, on: Self.device)
        #expect(try run.run() == .finished && run.best == nil)
        let model = try run.bestModel()
        let loaded = try #require(try folder.model(on: Self.device) as? Translator)
        #expect(loaded.configuration == model.configuration)
        let reports = [
            try model.report(on: run.data, settings).figures,
            try loaded.evaluate([try ReadFile(DataFile("pairs", test.path))]).figures,
        ]
        #expect(reports[0].map(\.value) == reports[1].map(\.value))
        #expect(reports[0].map(\.name) == reports[1].map(\.name))
        // Searched in another way it is what it is without a beam.
        loaded.beam.width = 1
        let greedy = try loaded.evaluate([try ReadFile(DataFile("pairs", test.path))])
        for name in ["error_rate", "exact"] {
            let found = try value("test_" + name, of: greedy)
            #expect(try found == #require(reports[0].first { $0.name == "test_greedy_" + name }).value)
        }
        #expect(!greedy.figures.contains { $0.name.contains("greedy") })
    }

    /// What the decoder looks at for the first text there is, and what it writes of it.
    @Test func drawsTheFirstInput() throws {
        let model = try Self.model(.general, on: Self.device)
        let texts = ["", "abca", "f"]
        let drawing = try model.drawing(for: PredictionInput(texts: texts))
        let map = try #require(drawing as? HeatMap)
        #expect(map.columns.names == ["a", "b", "c", "a"])
        let written = try model.predictions(for: PredictionInput(texts: texts))[1].line
        #expect(map.rows.names == written.map { String($0) } + ["end"])
        let source = try model.configuration.source.encode("abca", name: "")
        let target = try model.configuration.target.encode(written, name: "")
        let weights = try model.weights(source: source, target: target)
        #expect(map.values == weights.map { $0.map(Double.init) })
        #expect(try model.drawing(for: PredictionInput(texts: ["", ""])) == nil)
    }

    /// All targets of a source are in one part; it counts once, against the nearest.
    @Test func sourcesWithSeveralTargetsCountOnce() throws {
        let pairs = Self.spellings(60).enumerated().flatMap { index, pair in
            ["y", "z"].map { (source: pair.source + "\(index)", target: pair.target + $0) }
        }
        let run = try TrainingRun<Translator>(
            Self.small, from: [try file("pairs", pairs)], folder: nil, on: Self.device)
        let report = try run.model.report(on: run.data, Self.small)
        #expect(report.lines[0].hasPrefix("6 sources"))
        #expect(
            try value("test_error_rate", of: report) <= value("test_pair_error_rate", of: report))
    }

    /// A line without a source or a target is left out, and told.
    @Test func blankSidesAreTold() throws {
        let pairs = Self.spellings(40) + [("", "a"), ("b", "")]
        let run = try TrainingRun<Translator>(
            Self.small, from: [try file("pairs", pairs)], folder: nil, on: Self.device)
        let report = try run.model.report(on: run.data, Self.small)
        #expect(try value("dropped", of: report) == 2)
        #expect(report.lines.contains { $0.contains("a side is blank: 2 lines") })
        let path = try file("whole", Self.spellings(40)).path
        let whole = try run.model.evaluate([try ReadFile(DataFile("pairs", path))])
        #expect(!whole.figures.contains { $0.name == "dropped" })
    }

    @Test func whatIsWrongIsNamed() throws {
        func line(_ files: [DataFile], _ change: (inout TranslatorSettings) -> Void = { _ in }) -> String {
            var settings = Self.small
            change(&settings)
            let error = #expect(throws: (any Error).self) {
                try TrainingRun<Translator>(settings, from: files, folder: nil, on: Self.device)
            }
            let line = error.map { "\($0)" } ?? ""
            #expect(!line.contains("\n"))
            return line
        }
        let pairs = try file("pairs", Self.spellings(40))
        try Files.write(Array("a\tb\nc d\n".utf8), to: temporary("bad"))
        try Files.write(Array("a\nb\nc\n".utf8), to: temporary("three"))
        try Files.write(Array("a\nb\n".utf8), to: temporary("two"))
        let bad = DataFile("pairs", temporary("bad"))
        #expect(line([bad]).contains("\(bad.path)") && line([bad]).contains(":2:"))
        let aligned = [DataFile("source", temporary("three")), DataFile("target", temporary("two"))]
        #expect(line(aligned).contains(temporary("three")) && line(aligned).contains("3 lines"))
        #expect(line([]).contains("--pairs"))
        #expect(line([pairs, aligned[0]]).contains("with --source"))
        #expect(line([aligned[0]]).contains("--target missing") && line([aligned[1]]).contains("--source missing"))
        #expect(line([DataFile("text", pairs.path)]).contains("--text"))
        #expect(line([pairs]) { $0.hidden = 11 }.contains("--hidden"))
        #expect(line([pairs]) { $0.beam.width = 0 }.contains("--beam"))
        #expect(line([pairs]) { $0.beam.lengthPower = .nan }.contains("--length-power"))
        #expect(line([pairs]) { $0.vocabulary = 50 }.contains("--vocabulary"))
        #expect(line([pairs]) { $0.lowercase = true }.contains("--lowercase"))
        #expect(line([pairs]) { $0.split = "80/10" }.contains("--split"))
        let test = try file("test", Self.spellings(5))
        #expect(line([pairs, test]) { $0.split = "80/10/10" }.contains("--test"))
        let long = ["a", "b"].map { (source: String(repeating: $0, count: 500_000), target: "c") }
        let tooLong = try file("pairs", long)
        MemoryNeed.$memory.withValue(1e8) {
            let line = line([tooLong]) { ($0.split, $0.batch) = ("50/0/50", 4096) }
            #expect(line.contains("--batch") && line.contains("longest lines"))
        }
    }
}
