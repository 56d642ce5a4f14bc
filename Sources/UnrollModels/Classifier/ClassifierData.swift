import UnrollData

/// What a classifier's run learns from, is chosen by, and is judged by.
public struct ClassifierData {
    /// What is learnt from.
    let training: Examples
    /// What chooses the best weights; may be none.
    let validation: Examples
    /// What judges; may be none.
    let test: Examples
    /// How many texts were left out as they are there before, with the same class.
    let repeated: Int
    /// Vectors of words to begin with.
    let vectors: PretrainedVectors?

    /// The classes' names.
    var classes: [String] { training.classes }

    static let roles = [
        "data", "labels", "class", "validation", "validation-labels", "test", "test-labels", "vectors",
    ]

    /// - Throws: `ModelError`, `DataError`.
    init(_ files: [ReadFile], _ settings: ClassifierSettings) throws {
        try files.check(roles: Self.roles, of: SequenceClassifier.kind)
        let reader = try ExampleReader(files, settings)
        let all = try reader.examples("data")
        if files.file("class") == nil { try Self.checkColumns(of: all) }
        let validation = try files.file("validation").map { _ in try reader.examples("validation") }
        let test = try files.file("test").map { _ in try reader.examples("test") }
        let isText = reader.format == .text
        if !isText, let (flag, value) = settings.textFlag {
            throw ModelError.badSetting(flag: flag, value: value, expected: "data of texts")
        }
        if isText, let scaling = settings.scaling {
            throw ModelError.badSetting(flag: "--scaling", value: scaling.rawValue, expected: "data of numbers")
        }

        let usual = validation == nil && test == nil ? try Split(parsing: "80/10/10") : nil
        if let split = settings.split ?? usual {
            let distinct = all.distinct
            let parts = try Self.parts(of: distinct, split, settings)
            repeated = all.count - distinct.count
            for (role, file, part) in [("--validation", validation, parts.validation), ("--test", test, parts.test)]
            where file != nil && !part.isEmpty {
                throw ModelError.badSetting(
                    flag: "--split", value: "\(split)", expected: "with \(role) a split that leaves nothing for it")
            }
            training = distinct.rows(parts.training)
            self.validation = validation ?? distinct.rows(parts.validation)
            self.test = test ?? distinct.rows(parts.test)
        } else {
            (training, repeated) = (all, 0)
            (self.validation, self.test) = (validation ?? all.rows([]), test ?? all.rows([]))
        }
        try Self.check(training)
        for part in [self.validation, self.test] {
            _ = try part.labels(of: training.classes)
            try part.checkFits(training)
            try part.checkFinite()
        }
        vectors = try PretrainedVectors(files)
        if let vectors, !isText {
            throw ModelError.badSetting(flag: "--vectors", value: vectors.name, expected: "data of texts")
        }
    }

    /// Texts that are the same are in the same part.
    private static func parts(
        of examples: Examples, _ split: Split, _ settings: ClassifierSettings
    ) throws -> Split.Parts {
        if case .texts(let texts) = examples.inputs, !settings.inOrder {
            return try split.rows(keys: texts, seed: UInt64(settings.seed))
        }
        return try split.rows(count: examples.count, seed: UInt64(settings.seed), inOrder: settings.inOrder)
    }

    /// Refuses texts almost each of which has a label of its own: text and label stand in the other order.
    private static func checkColumns(of all: Examples) throws {
        guard case .texts = all.inputs, all.count >= 20, all.classes.count > all.count * 9 / 10 else { return }
        throw ModelError.badText(
            name: all.name,
            reason: "\(all.classes.count) different labels in \(all.count) lines, the first '\(all.classes[0])'; "
                + "a line is a label, a tab and a text")
    }

    /// Refuses what cannot be learnt from.
    private static func check(_ examples: Examples) throws {
        guard examples.count > 0 else {
            throw ModelError.badText(name: examples.name, reason: "no example is left to train on")
        }
        guard examples.classes.count > 1 else {
            let only = examples.classes.first.map { "no class but '\($0)'" } ?? "no classes"
            throw ModelError.badText(name: examples.name, reason: "it has \(only); two are needed")
        }
        _ = try examples.labels(of: examples.classes)
        try examples.checkFinite()
    }
}

/// Reads examples of one format by the roles of files.
struct ExampleReader {
    let format: Examples.Format
    private let files: [ReadFile]
    private let step: Int?
    private static let stepped = "a table or an array"

    /// The format that files and settings say.
    init(_ files: [ReadFile], _ settings: ClassifierSettings) throws {
        (self.files, step) = (files, settings.stepSize)
        let hasClasses = files.file("class") != nil
        guard let data = files.file("data") else {
            guard hasClasses else {
                throw ModelError.badSetting(
                    flag: "--data", value: "missing", expected: "a file of examples, or --class NAME=FILE,")
            }
            format = .text
            if let step { throw ModelError.badSetting(flag: "--step-size", value: "\(step)", expected: Self.stepped) }
            return
        }
        if hasClasses { throw ModelError.badSetting(flag: "--class", value: "with --data", expected: "one of them") }
        if let target = settings.target {
            format = .table(target: target)
        } else if files.file("labels") != nil || data.name.hasEnding(".npy") {
            format = .array
        } else if data.name.hasEnding(".ts") {
            format = .series
        } else if data.name.hasEnding(".csv") {
            throw ModelError.badSetting(
                flag: "--target", value: "missing", expected: "the column of \(data.name) that names the class")
        } else {
            format = .text
        }
        if let step, format == .text || format == .series {
            throw ModelError.badSetting(flag: "--step-size", value: "\(step)", expected: Self.stepped)
        }
    }

    /// The format that a model reads.
    init(_ files: [ReadFile], _ input: ClassifierInput) throws {
        self.files = files
        switch input {
        case .text: (format, step) = (.text, nil)
        case .numbers(let numbers):
            let series = files.file("data")?.name.hasEnding(".ts") ?? false
            format = numbers.table.map { .table(target: $0.target) } ?? (series ? .series : .array)
            step = numbers.inputs
        }
    }

    /// What is in the file of a role, `data` besides by class.
    func examples(_ role: String, columns: [String]? = nil) throws -> Examples {
        if role == "data", files.file("class") != nil {
            return try Examples(classes: files.filter { $0.file.role == "class" })
        }
        guard let file = files.file(role) else {
            throw ModelError.badSetting(flag: "--" + role, value: "missing", expected: "a file of examples")
        }
        switch format {
        case .text: return try Examples(texts: file)
        case .series: return try Examples(series: file)
        case .table(let target): return try Examples(table: file, target: target, columns: columns, step: step ?? 1)
        case .array:
            let role = role == "data" ? "labels" : role + "-labels"
            guard let labels = files.file(role) else {
                throw ModelError.badSetting(
                    flag: "--" + role, value: "missing", expected: "the labels of \(file.name)")
            }
            return try Examples(array: file, labels: labels, step: step)
        }
    }

    /// The same without classes.
    func inputs(classes: [String], columns: [String]? = nil) throws -> Examples? {
        guard let file = files.file("data") else { return nil }
        switch format {
        case .text: return try Examples(unlabelled: file, classes: classes)
        case .series: return try Examples(series: file)
        case .array: return try Examples(array: file, labels: nil, step: step)
        case .table(let target):
            return try Examples(table: file, target: target, columns: columns, step: step ?? 1, needsTarget: false)
        }
    }
}

extension Examples {
    /// Refuses numbers that nothing can be learnt from; those that are missing stay.
    func checkFinite() throws {
        if case .numbers(let rows, _, _) = inputs, rows.contains(where: { $0.contains { $0.isInfinite } }) {
            throw DataError.unfit(name: name, reason: "it has a number that is infinite, or too large")
        }
    }

    /// Refuses numbers that have other steps than those of others.
    fileprivate func checkFits(_ other: Examples) throws {
        guard case .numbers(_, let step, let table) = inputs, case .numbers(_, let needed, let columns) = other.inputs
        else { return }
        guard step == needed, table == columns else {
            throw DataError.unfit(
                name: name, reason: "its steps have \(step) numbers, those of \(other.name) \(needed)")
        }
    }
}

extension String {
    /// In lower case or upper.
    fileprivate func hasEnding(_ ending: String) -> Bool { lowercased().hasSuffix(ending) }
}
