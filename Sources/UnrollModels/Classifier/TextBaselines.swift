import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

/// What models that do not read in order make of the same texts: what a recurrent one should beat.
struct TextBaselines {
    /// Test accuracies.
    let figures: [Figure]
    /// For people.
    let lines: [String]

    /// Trains them; nil where the data is no text.
    init?(_ data: ClassifierData, _ model: SequenceClassifier, _ settings: ClassifierSettings) throws {
        guard case .text(let encoding) = model.configuration.input,
            let training = try WordCounts(data.training, encoding, model.configuration.classes),
            let validation = try WordCounts(data.validation, encoding, model.configuration.classes),
            let test = try WordCounts(data.test, encoding, model.configuration.classes)
        else { return nil }
        let bag = BagOfWords(fitting: training.texts)
        let pairs = TFIDF(fitting: training.texts, pairs: true)
        let parts = encoding.unit == .characters ? "characters" : "words"
        let averaged = try AveragedEmbeddings.accuracy(data, model, settings)
        var (figures, lines) = ([Figure](), ["for comparison, test accuracy"])
        func add(_ key: String, of name: String, columns: Int, _ row: ([String]) -> SparseRow) {
            do {
                let (accuracy, c) = try training.fit(validation, test, of: name, features: columns, row)
                figures.append(Figure(key, accuracy))
                lines.append("  of logistic regression on \(name) \(accuracy.fixed(4)) (C \(c))")
            } catch {
                lines.append("  of logistic regression: left out, \(error)")
            }
        }
        add("baseline_bag_of_words", of: "counts of \(parts)", columns: bag.count, bag.row)
        add("baseline_tfidf", of: "TF-IDF of \(parts) and pairs of them", columns: pairs.count, pairs.row)
        figures.append(Figure("baseline_averaged", averaged))
        lines.append("  of averaged vectors \(averaged.fixed(4))")
        (self.figures, self.lines) = (figures, lines)
    }
}

/// Texts as words, or characters where the model reads these, with their classes.
private struct WordCounts {
    let texts: [[String]]
    let labels: [Int]
    let classes: Int

    init?(_ examples: Examples, _ encoding: TextEncoding, _ classes: [String]) throws {
        guard case .texts(let texts) = examples.inputs else { return nil }
        let isByCharacter = encoding.unit == .characters
        self.texts = texts.map { text in
            isByCharacter ? text.unicodeScalars.map { String($0) } : WordSplitter.scikit.words(in: text)
        }
        labels = try examples.labels(of: classes)
        self.classes = classes.count
    }

    /// Logistic regression on rows of counts: the accuracy on the test's, and the C that validation chose.
    /// - Throws: `ModelError.tooLarge`, before it begins: the model that was trained is there, and should not be lost for
    ///   what it is compared with.
    func fit(
        _ validation: WordCounts, _ test: WordCounts, of name: String, features: Int, _ row: ([String]) -> SparseRow
    ) throws(ModelError) -> (accuracy: Double, c: Double) {
        let bytes = LogisticRegression.bytes(features: features, classes: classes)
        guard bytes < MemoryNeed.available else {
            throw .tooLarge(
                what: name, bytes: bytes, available: MemoryNeed.available, lower: "the number of texts or of classes")
        }
        let choices = validation.labels.isEmpty ? [1] : [0.1, 1, 10]
        let choice = LogisticRegression.choosingC(
            from: choices, texts.map(row), labels: labels, classes: classes,
            validation: (validation.texts.map(row), validation.labels), features: features, tolerance: 1e-4)
        return (choice.model.accuracy(test.texts.map(row), labels: test.labels), choice.c)
    }
}

/// A linear model of the mean of a text's vectors, which are learnt with it.   (Joulin et al. 2017)
private final class AveragedEmbeddings: Module {
    let embedding: Embedding
    let dropout = Dropout(0.5)
    let linear: Linear

    init(tokens: Int, classes: Int, seed: UInt64, on device: Device) {
        let initializer = Initializer(seed: seed, on: device)
        embedding = Embedding(count: tokens, size: 100, initializer)
        linear = Linear(inputs: 100, outputs: classes, initializer)
    }

    /// `[rows, classes]`: logits.
    func callAsFunction(_ batch: SequenceBatch) -> Tensor {
        linear(dropout(embedding(batch.values).pooled(.mean, mask: batch.mask)))
    }

    /// The part of the test rows that it tells right after the epoch that validated best.
    static func accuracy(
        _ data: ClassifierData, _ model: SequenceClassifier, _ settings: ClassifierSettings
    ) throws -> Double {
        let (classes, device) = (model.configuration.classes, model.device)
        let training = try model.encoded(data.training)
        let task = AveragedTask(
            model: AveragedEmbeddings(
                tokens: model.configuration.tokens, classes: classes.count, seed: UInt64(settings.seed), on: device),
            training: ExampleBatches(
                training,
                EpochBatches(lengths: training.rows.lengths, size: 50, order: .shuffled, seed: UInt64(settings.seed)),
                on: device),
            validation: try model.encoded(data.validation), classes: classes)
        let trainer = try Trainer(
            task, Adam(learningRate: 0.002), .init(epochs: 15, clip: 5, seed: UInt64(settings.seed)))
        _ = try trainer.run()
        try trainer.loadBest()
        return try model.encoded(data.test).judgement(classes: classes, on: device) { task.model($0) }.matrix.accuracy
    }
}

private struct AveragedTask: TrainingTask {
    let model: AveragedEmbeddings
    let training: ExampleBatches
    let validation: LabelledSequences
    let classes: [String]

    var batches: Int { training.count }
    var tokensPerBatch: Int { training.steps }
    var stateShapes: [[Int]] { [] }

    func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let (inputs, targets) = training.batch(batch)
        return (model(inputs).crossEntropy(targets), [])
    }

    func validate() throws -> Validation? {
        guard !validation.labels.isEmpty else { return nil }
        return Validation(loss: try validation.judgement(classes: classes, on: device) { model($0) }.nats)
    }
}

extension AveragedTask {
    private var device: Device { model.embedding.weight.value.device }
}
