import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

extension Captioner: TaskModel, BeamSearching {
    /// `captioner`
    public static var kind: String { "captioner" }

    /// Features and captions.
    public static func data(_ files: [ReadFile], _ settings: CaptionerSettings) throws -> CaptionData {
        try CaptionData(files, settings)
    }

    /// A model for rows of that size and the words of the captions that train.
    public static func configuration(
        _ settings: CaptionerSettings, for data: CaptionData
    ) throws -> CaptionerConfiguration {
        let captions = data.examples(of: data.training).map(\.caption)
        let target = TextEncoding(
            fitting: captions, unit: .words, minimum: settings.minimum, lowercase: settings.lowercase,
            specials: TextEncoding.targetSpecials)
        let longest = captions.reduce(1) { max($0, target.pieces(of: $1).count) }
        guard target.count > 2, longest <= RunSettings.greatestSize else {
            throw ModelError.badText(
                name: data.rows.name,
                reason: target.count > 2
                    ? "a caption of \(longest) words; at most \(RunSettings.greatestSize) can be"
                    : "its captions have no word to learn")
        }
        let (mean, deviation) = data.rows.moments(of: data.training)
        return CaptionerConfiguration(
            architecture: settings.architecture, inputs: data.rows.size, mean: mean, deviation: deviation,
            target: target, longest: longest, beam: settings.beam)
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: CaptionerSettings, _ configuration: CaptionerConfiguration, _ data: CaptionData
    ) throws {
        let architecture = configuration.architecture
        let (hidden, tokens) = (Double(architecture.hidden), Double(configuration.target.count))
        let around = 3 * (Double(architecture.embedding) + hidden) + 3 * hidden + 3 * tokens
        let captions = { (rows: [Int]) in data.examples(of: rows).map(\.caption) }
        let parts = DataPart.all(
            training: captions(data.training), validation: captions(data.validation), test: captions(data.test),
            batch: settings.run.rowsPerBatch, others: (settings.run.rowsPerBatch, BeamSettings.hypothesesAtOnce))
        for part in parts {
            let decoder = architecture.recurrentNumbers(keepsAll: part.isLearnt)
            // A search has one step of all its hypotheses.
            let written =
                part.use == .testing
                ? Double(max(BeamSettings.hypothesesAtOnce, settings.beam.width))
                : part.steps { configuration.target.pieces(of: $0).count + 1 }
            let seen = Double(part.batch) * Double(configuration.inputs)
            try MemoryNeed(
                work: part.use.rawValue, parameters: configuration.parameterCount,
                numbers: 2 * seen + written * (decoder.perToken + around),
                largest: max(
                    written * max(decoder.largest, tokens), seen, hidden * Double(configuration.inputs)),
                lower: "\(part.use == .testing ? "" : "--batch or ")--hidden, or leave out the longest captions"
            ).check()
        }
    }

    /// Writing captions.
    public static func task(
        _ model: Captioner, _ data: CaptionData, _ settings: CaptionerSettings
    ) throws -> CaptionTask {
        // What a run began with another model of.
        try model.checkSize(data.rows)
        return try CaptionTask(model, data, settings)
    }

    /// How near it comes to the test's captions, with a beam and without.
    public func report(on data: CaptionData, _ settings: CaptionerSettings) throws -> Report {
        data.test.isEmpty
            ? Report() : try report(data.rows, data.test, data.test.map { data.captions[$0] })
    }

    /// How near it comes to other captions.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        let (rows, captions) = try CaptionData.read(files)
        try checkSize(rows)
        let captioned = captions.indices.filter { !captions[$0].isEmpty }
        return try report(rows, captioned, captioned.map { captions[$0] })
    }

    /// The best captions of every row of a file of features.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        try input.files.check(roles: ["features"], of: Self.kind)
        guard let file = input.files.file("features"), input.texts.isEmpty else {
            throw ModelError.badSetting(
                flag: "--features", value: "missing, or --input", expected: "an .npy file of features")
        }
        let rows = try FeatureRows(file)
        try checkSize(rows)
        let search = beam.search(width: max(beam.width, input.count ?? 1), maximum: configuration.longest)
        let found = try evaluating { try hypotheses(for: (0..<rows.count).map { rows[$0] }, search) }
        return found.enumerated().map { row, hypotheses in
            let best = hypotheses.prefix(input.count ?? 1)
            return Prediction(best, of: ("row", .integer(row)), in: configuration.target)
        }
    }

    /// Refuses rows that the model was not made for.
    private func checkSize(_ rows: FeatureRows) throws {
        guard rows.size == configuration.inputs else {
            throw ModelError.badText(
                name: rows.name, reason: "rows of \(rows.size) numbers; the model is for \(configuration.inputs)")
        }
    }

    /// A row with several captions counts once, against the nearest of them.
    private func report(_ rows: FeatureRows, _ places: [Int], _ captions: [[String]]) throws -> Report {
        let seen = places.map { rows[$0] }
        var (report, written) = try Report.writing(
            for: "rows", references: captions, in: configuration.target, beam, maximum: configuration.longest
        ) { search in try evaluating { try hypotheses(for: seen, search) } }
        report.lines += [""]
        report.lines += zip(places, written).prefix(5).map { row, tokens in
            "  row \(row): \(configuration.target.decode(tokens))"
        }
        return report
    }
}
