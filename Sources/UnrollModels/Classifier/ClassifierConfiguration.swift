public import UnrollCompute
public import UnrollData

/// What a classifier reads.
public enum ClassifierInput: Sendable, Equatable {
    /// Texts, as tokens.
    case text(TextEncoding)
    /// Steps of numbers, and how they are scaled.
    case numbers(NumericInput)
}

/// Steps of numbers as a classifier reads them.
public struct NumericInput: Sendable, Equatable {
    /// How many numbers a step has.
    public var inputs: Int
    /// What brings each to mean 0 and deviation 1, as the training rows have it.
    public var scale: Standardization
    /// The columns of a table that are read, and the one that names the class; nil for what is no table.
    public var table: Table?

    /// Which columns of a table are which.
    public struct Table: Sendable, Equatable {
        /// The column that names the class.
        public var target: String
        /// The columns of numbers, in order.
        public var columns: [String]
    }
}

/// What a classifier is made of: all but its weights. `config.json` holds it.
public struct ClassifierConfiguration: ModelConfiguration {
    /// The recurrent layers and what stands around them.
    public var architecture: Architecture
    /// The way the recurrent layers read.
    public var direction: Direction
    /// What stands for a whole sequence.
    public var pooling: SequencePooling
    /// What it reads.
    public var input: ClassifierInput
    /// The classes' names; a class's number is its place.
    public var classes: [String]

    /// How many numbers a step of the recurrent layers' input has.
    var stepInputs: Int {
        switch input {
        case .text: self.embedding
        case .numbers(let numbers): numbers.inputs
        }
    }

    /// How many tokens there are; 0 where there are none.
    var tokens: Int { if case .text(let encoding) = input { encoding.count } else { 0 } }

    /// How many numbers stand for a whole sequence.
    var pooled: Int { direction.count * self.hidden }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        let recurrent = architecture.recurrentParameters(inputs: stepInputs, directions: direction.count)
        let attention = pooling == .attention ? pooled * self.hidden + 2 * self.hidden : 0
        return tokens * self.embedding + recurrent + attention + classes.count * (pooled + 1)
    }

    /// ` an example`
    public var perToken: String { " an example" }

    /// `lstm, 1 × 128, bidirectional, 8,000 words, 2 classes`
    public var summary: String {
        let read =
            switch input {
            case .text(let encoding): "\(encoding.count.grouped) \(encoding.unit.rawValue)"
            case .numbers(let numbers): "\(numbers.inputs) a step"
            }
        return "\(architecture.summary), \(direction.rawValue), \(read), \(classes.count) classes"
    }
}

// MARK: Files

extension ClassifierConfiguration {
    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(SequenceClassifier.kind))] + architecture.members + [
                .init("direction", .string(direction.rawValue)), .init("pooling", .string(pooling.rawValue)),
                .init("classes", .strings(classes)), .init("input", input.json),
            ])
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        (architecture, classes) = (try Architecture(reader), try reader.strings("classes"))
        (direction, pooling) = (try reader.choice("direction"), try reader.choice("pooling"))
        guard classes.count > 1, Set(classes).count == classes.count else {
            throw ModelError.unusable(path: name, reason: "'classes' is not two classes or more, each once")
        }
        input = try ClassifierInput(try reader.value("input", "an object") { $0 }, name: name)
    }
}

extension ClassifierInput {
    var json: JSON {
        switch self {
        case .text(let encoding): return ["text": encoding.json]
        case .numbers(let numbers):
            let table = numbers.table.map { table -> [JSON.Member] in
                [.init("target", .string(table.target)), .init("columns", .strings(table.columns))]
            }
            let members: [JSON.Member] = [
                .init("inputs", .integer(numbers.inputs)), .init("means", .numbers(numbers.scale.means)),
                .init("scales", .numbers(numbers.scale.scales)),
            ]
            return ["numbers": .object(members + (table ?? []))]
        }
    }

    init(_ json: JSON, name: String) throws {
        if let text = json["text"] {
            let encoding = try TextEncoding(json: text, name: name)
            guard encoding.count > 0 else { throw ModelError.unusable(path: name, reason: "it knows no token") }
            self = .text(encoding)
            return
        }
        guard let numbers = json["numbers"] else {
            throw ModelError.unusable(path: name, reason: "its input is neither text nor numbers")
        }
        let reader = SettingsReader(json: numbers, name: name)
        let inputs = try reader.size("inputs")
        let list = { (key: String) in
            try reader.value(key, "\(inputs) numbers") { json -> [Double]? in
                let values = json.array?.compactMap(\.number) ?? []
                return values.count == inputs && json.array?.count == inputs ? values : nil
            }
        }
        let (means, scales) = (try list("means"), try list("scales"))
        guard scales.allSatisfy({ $0 > 0 }) else {
            throw ModelError.unusable(path: name, reason: "'scales' has a number that is not above 0")
        }
        let table = try reader.optionalString("target").map { target in
            NumericInput.Table(target: target, columns: try reader.strings("columns"))
        }
        if let table, table.columns.isEmpty || !table.columns.count.isMultiple(of: inputs) {
            throw ModelError.unusable(path: name, reason: "\(table.columns.count) columns are not steps of \(inputs)")
        }
        self = .numbers(
            NumericInput(inputs: inputs, scale: Standardization(means: means, scales: scales), table: table))
    }
}
