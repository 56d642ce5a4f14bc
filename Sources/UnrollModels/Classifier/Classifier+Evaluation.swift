import UnrollCharts
import UnrollData
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension SequenceClassifier {
    /// What it makes of the test rows, beside linear models of the same texts.
    public func report(on data: ClassifierData, _ settings: ClassifierSettings) throws -> Report {
        var report = Report()
        let counts = [data.training, data.validation, data.test].map { $0.count.grouped }
        report.lines = [
            "examples: \(counts[0]) to train, \(counts[1]) to validate, \(counts[2]) to test"
                + (data.repeated > 0 ? ", \(data.repeated.grouped) repeated and left out" : "")
        ]
        report.tell(missing: [data.training, data.validation, data.test].map(\.missing).reduce(0, +))
        if data.test.count > 0 {
            let (nats, matrix) = try judgement(of: encoded(data.test))
            report.figures = [
                Figure("test_accuracy", matrix.accuracy), Figure("test_macro_f1", matrix.macroF1),
                Figure("test_nats", nats),
            ]
            report.lines += ["the examples to test, by class and what they were taken for:"]
            report.show(matrix)
        }
        if data.validation.count > 0 {
            let accuracy = try judgement(of: encoded(data.validation)).matrix.accuracy
            report.figures.append(Figure("validation_accuracy", accuracy))
            report.lines.append("validation accuracy \(accuracy.fixed(4))")
        }
        if settings.baselines, data.test.count > 0, let baselines = try TextBaselines(data, self, settings) {
            report.figures += baselines.figures
            report.lines += baselines.lines
        }
        if let vectors = data.vectors, case .text(.words(_, let words)) = configuration.input {
            vectors.tell(&report, of: words)
        }
        return report
    }

    /// What it makes of other examples.
    public func evaluate(_ files: [ReadFile]) throws -> Report {
        try files.check(roles: ["data", "labels", "class"], of: Self.kind)
        let examples = try ExampleReader(files, configuration.input).examples("data", columns: columns)
        let (nats, matrix) = try judgement(of: encoded(examples))
        var report = Report([
            Figure("test_accuracy", matrix.accuracy), Figure("test_macro_f1", matrix.macroF1),
            Figure("test_nats", nats),
        ])
        report.show(matrix)
        report.tell(missing: examples.missing)
        report.lines.append("\(nats.fixed(4)) nats an example")
        return report
    }

    /// The most probable classes of texts, series or images.
    public func predictions(for input: PredictionInput) throws -> [Prediction] {
        try input.files.check(roles: ["data"], of: Self.kind)
        var found: [Prediction] = []
        if !input.texts.isEmpty {
            guard case .text = configuration.input else {
                throw ModelError.badSetting(
                    flag: "--input", value: "of text", expected: "--data: the model reads numbers")
            }
            let examples = Examples(
                inputs: .texts(input.texts), labels: input.texts.map { _ in nil }, classes: [], name: "--input")
            found += try predictions(for: examples, names: input.texts, count: input.count)
        }
        let reader = try ExampleReader(input.files, configuration.input)
        if let examples = try reader.inputs(classes: configuration.classes, columns: columns) {
            var names = (1...max(1, examples.count)).map { "\($0)" }
            if case .texts(let texts) = examples.inputs { names = texts }
            found += try predictions(for: examples, names: names, count: input.count)
        }
        return found
    }

    /// The columns of a table that it reads.
    private var columns: [String]? {
        if case .numbers(let numbers) = configuration.input { numbers.table?.columns } else { nil }
    }

    private func predictions(for examples: Examples, names: [String], count: Int?) throws -> [Prediction] {
        let scores = try configuration.input.encode(examples).logProbabilities(on: device) { self($0) }
        return zip(names, scores).map { name, scores in
            let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(count ?? 1)
            let best = order.map { (name: configuration.classes[$0], probability: Double(exp(scores[$0]))) }
            let classes = best.map {
                JSON.object([.init("label", .string($0.name)), .init("p", .number($0.probability))])
            }
            return Prediction(
                best.map { "\($0.name) \($0.probability.fixed(3))" }.joined(separator: "  ") + "\t" + name,
                .object([
                    .init("input", .string(name)), .init("label", .string(best.first?.name ?? "")),
                    .init("classes", .array(classes)),
                ]))
        }
    }
}

extension Report {
    /// Adds what was taken for what.
    fileprivate mutating func show(_ matrix: ConfusionMatrix) {
        details.append(.init("confusion", matrix.json))
        drawing = HeatMap.confusion("What was taken for what", classes: matrix.classes, counts: matrix.counts)
        // A wider table is nothing to look at; the chart and the JSON have it.
        guard matrix.classes.count <= 30 else {
            lines.append(
                "  accuracy \(matrix.accuracy.fixed(4)), macro F1 \(matrix.macroF1.fixed(4)), "
                    + "\(matrix.total.grouped) examples")
            return
        }
        lines += matrix.table.split(separator: "\n").map { "  " + $0 }
    }

    /// Says what numbers that are missing were taken for, if any are.
    fileprivate mutating func tell(missing: Int) {
        if missing > 0 { lines.append("numbers missing, taken for the mean: \(missing.grouped)") }
    }
}
