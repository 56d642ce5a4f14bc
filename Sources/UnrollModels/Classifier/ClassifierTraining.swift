import UnrollCompute
import UnrollData
import UnrollLayers
public import UnrollTensors
public import UnrollTraining

/// Telling classes, as a task for `Trainer`. A batch is some examples.
public struct Classification: TrainingTask {
    /// What is trained.
    public let model: SequenceClassifier
    private let training: ExampleBatches
    private let validation: LabelledSequences

    init(_ model: SequenceClassifier, _ data: ClassifierData, _ settings: ClassifierSettings) throws {
        self.model = model
        let encoded = try model.encoded(data.training)
        let rows = EpochBatches(
            lengths: encoded.rows.lengths, settings.run, order: settings.order == .shuffled ? .shuffled : .byLength)
        training = ExampleBatches(encoded, rows, on: model.device)
        validation = try model.encoded(data.validation)
    }

    /// Examples by `rowsPerBatch`; the last may have fewer.
    public var batches: Int { training.count }
    /// Steps of all its examples.
    public var tokensPerBatch: Int { training.steps }
    /// None: examples have nothing to do with each other.
    public var stateShapes: [[Int]] { [] }

    /// −ln p of the right classes.
    public func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let (inputs, targets) = training.batch(batch)
        return (model(inputs).crossEntropy(targets), [])
    }

    /// The numbers of series and images.
    public func inputs(batch: BatchPlace) -> [(name: String, values: Tensor)] {
        guard case .numbers = model.configuration.input else { return [] }
        return [("the batch's numbers", training.batch(batch).inputs.values)]
    }

    /// The same of the validation rows, with the part told right.
    public func validate() throws -> Validation? {
        guard !validation.labels.isEmpty else { return nil }
        let (nats, matrix) = try model.judgement(of: validation)
        return Validation(loss: nats, figures: [Figure("validation_accuracy", matrix.accuracy)])
    }
}

extension SequenceClassifier: TaskModel {
    /// `classifier`
    public static var kind: String { "classifier" }

    /// Examples by file or by split.
    public static func data(_ files: [ReadFile], _ settings: ClassifierSettings) throws -> ClassifierData {
        try ClassifierData(files, settings)
    }

    /// A model for the classes of the data and the tokens, or numbers, of the training rows.
    public static func configuration(
        _ settings: ClassifierSettings, for data: ClassifierData
    ) throws -> ClassifierConfiguration {
        let input = ClassifierInput(fitting: data.training, settings)
        var architecture = settings.architecture
        if let vectors = data.vectors {
            guard case .text(.words) = input else {
                throw ModelError.badSetting(flag: "--vectors", value: vectors.name, expected: "--unit words")
            }
            architecture.embedding = vectors.dimensions
        }
        if case .numbers = input, architecture.embeddingDropout > 0 {
            throw ModelError.badSetting(
                flag: "--embedding-dropout", value: "\(architecture.embeddingDropout)", expected: "data of texts")
        }
        return ClassifierConfiguration(
            architecture: architecture, direction: settings.direction, pooling: settings.pooling, input: input,
            classes: data.classes)
    }

    /// Refuses a run that would only run out of memory.
    public static func checkMemory(
        _ settings: ClassifierSettings, _ configuration: ClassifierConfiguration, _ data: ClassifierData
    ) throws {
        let lengths = { (examples: Examples) in try configuration.input.encode(examples).lengths }
        let parts = DataPart.all(
            training: try lengths(data.training), validation: try lengths(data.validation),
            test: try lengths(data.test), batch: settings.run.rowsPerBatch,
            others: (EncodedSequences.rowsAtOnce, EncodedSequences.rowsAtOnce))
        for part in parts {
            try configuration.checkMemory(of: part.use.rawValue, tokens: part.steps { $0 }, keepsAll: part.isLearnt)
        }
    }

    /// Telling the classes of the training rows.
    public static func task(
        _ model: SequenceClassifier, _ data: ClassifierData, _ settings: ClassifierSettings
    ) throws -> Classification {
        if let vectors = data.vectors {
            guard let embedding = model.embedding, case .text(.words(_, let words)) = model.configuration.input else {
                throw ModelError.badSetting(flag: "--vectors", value: vectors.name, expected: "a model of words")
            }
            try vectors.begin(embedding, of: words)
        }
        return try Classification(model, data, settings)
    }

    /// Examples as it reads them.
    func encoded(_ examples: Examples) throws -> LabelledSequences {
        LabelledSequences(
            rows: try configuration.input.encode(examples),
            labels: try examples.labels(of: configuration.classes))
    }

    /// What it makes of examples.
    func judgement(of examples: LabelledSequences) throws -> (nats: Double, matrix: ConfusionMatrix) {
        try examples.judgement(classes: configuration.classes, on: device) { self($0) }
    }
}

extension ClassifierConfiguration {
    /// Refuses what would only run out of memory, roughly.
    fileprivate func checkMemory(of work: String, tokens: Double, keepsAll: Bool) throws {
        let recurrent = architecture.recurrentNumbers(keepsAll: keepsAll, directions: direction.count)
        let (inputs, pooled) = (Double(stepInputs), Double(self.pooled))
        let around = (keepsAll ? 3 : 1) * (inputs + pooled + (pooling == .attention ? pooled + Double(self.hidden) : 0))
        let table = Double(tokens) * max(recurrent.largest, inputs, pooled)
        try MemoryNeed(
            // Weights, gradients, two moments and copies for saving.
            work: work, parameters: parameterCount, numbers: tokens * (recurrent.perToken + around),
            largest: max(table, Double(self.tokens) * Double(self.embedding)),
            lower: "--hidden, --layers\(keepsAll ? ", --batch" : "") or the length of the examples"
        ).check()
    }
}
