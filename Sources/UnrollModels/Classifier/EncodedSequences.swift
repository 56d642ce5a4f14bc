import UnrollCompute
import UnrollData
import UnrollTensors
import UnrollTraining

/// Examples as a model reads them.
enum EncodedSequences {
    case tokens([[Int32]])
    /// Rows of steps of so many numbers each.
    case steps([[Float]], inputs: Int)

    /// How many steps each row has.
    var lengths: [Int] {
        switch self {
        case .tokens(let rows): rows.map(\.count)
        case .steps(let rows, let inputs): rows.map { $0.count / inputs }
        }
    }

    /// Some of the rows.
    func batch(_ places: [Int], on device: Device) -> SequenceBatch {
        switch self {
        case .tokens(let rows): SequenceBatch(places.map { rows[$0] }, on: device)
        case .steps(let rows, let inputs): SequenceBatch(places.map { rows[$0] }, inputs: inputs, on: device)
        }
    }

    /// How many rows are read side by side where nothing is learnt.
    static let rowsAtOnce = 128

    /// `[rows][classes]`: the logarithm of each class's probability.
    /// - Throws: `ComputeError`.
    func logProbabilities(on device: Device, _ model: (SequenceBatch) -> Tensor) throws -> [[Float]] {
        let lengths = lengths
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var result = [[Float]](repeating: [], count: order.count)
        for start in stride(from: 0, to: order.count, by: Self.rowsAtOnce) {
            let places = Array(order[start..<min(start + Self.rowsAtOnce, order.count)])
            let scores = evaluating { model(batch(places, on: device)).logSoftmax() }
            let (values, classes) = (try scores.floats(), scores.shape[1])
            for (row, place) in places.enumerated() {
                result[place] = Array(values[row * classes..<(row + 1) * classes])
            }
        }
        return result
    }
}

/// Encoded examples with their classes.
struct LabelledSequences {
    let rows: EncodedSequences
    let labels: [Int]

    /// What a model makes of them.
    /// - Returns: the mean of −ln p of the right classes, and what was taken for what.
    /// - Throws: `ComputeError`.
    func judgement(
        classes: [String], on device: Device, _ model: (SequenceBatch) -> Tensor
    ) throws -> (nats: Double, matrix: ConfusionMatrix) {
        let scores = try rows.logProbabilities(on: device, model)
        var (sum, matrix) = (0.0, ConfusionMatrix(classes: classes))
        for (scores, label) in zip(scores, labels) {
            sum -= Double(scores[label])
            matrix.add(truth: label, prediction: scores.best)
        }
        return (sum / Double(max(1, labels.count)), matrix)
    }
}

/// Encoded examples in batches, in another order in every epoch.
struct ExampleBatches {
    private let examples: LabelledSequences
    private let rows: EpochBatches
    private let device: Device

    /// - Parameter rows: which examples are together.
    init(_ examples: LabelledSequences, _ rows: EpochBatches, on device: Device) {
        (self.examples, self.rows, self.device) = (examples, rows, device)
    }

    /// How many there are in every epoch.
    var count: Int { rows.count }
    /// How many steps a batch has on average.
    var steps: Int { max(1, examples.rows.lengths.reduce(0, +) / count) }

    /// A batch, and its classes `[rows]`.
    func batch(_ place: BatchPlace) -> (inputs: SequenceBatch, targets: Tensor) {
        let rows = rows[place]
        let targets = rows.map { Int32(examples.labels[$0]) }
        return (examples.rows.batch(rows, on: device), Tensor(targets, shape: [rows.count], on: device))
    }
}

extension [Float] {
    /// The place of the largest, the first of several.
    var best: Int { indices.dropFirst().reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}

// MARK: Encoding

extension ClassifierInput {
    /// What is learnt of examples before a model is: tokens that are known, or means and deviations.
    init(fitting examples: Examples, _ settings: ClassifierSettings) {
        switch examples.inputs {
        case .texts(let texts):
            let minimum = settings.minimum ?? (settings.unit == .words ? 2 : 1)
            self = .text(
                TextEncoding(
                    fitting: texts, unit: settings.unit, limit: settings.vocabulary, minimum: minimum,
                    lowercase: settings.lowercase))
        case .numbers(let rows, let step, let table):
            let usual = examples.areAlike ? InputScaling.all : .channels
            let scale = Self.scale(of: rows, step: step, settings.scaling ?? usual)
            self = .numbers(NumericInput(inputs: step, scale: scale, table: table))
        }
    }

    private static func scale(of rows: [[Float]], step: Int, _ scaling: InputScaling) -> Standardization {
        switch scaling {
        case .none:
            return Standardization(
                means: Array(repeating: 0, count: step), scales: Array(repeating: 1, count: step))
        case .all:
            let (mean, scale) = Standardization.moments(of: rows.joined().lazy.map { Double($0) })
            return Standardization(
                means: Array(repeating: mean, count: step), scales: Array(repeating: scale, count: step))
        case .channels:
            let columns = (0..<step).map { channel in
                rows.flatMap { row in stride(from: channel, to: row.count, by: step).map { Double(row[$0]) } }
            }
            return Standardization(of: columns, rows: 0..<(columns.first?.count ?? 0))
        }
    }

    /// Examples as the model reads them. A text without a token it could read is one step of nothing.
    /// - Throws: `DataError` where they are of another kind.
    func encode(_ examples: Examples) throws -> EncodedSequences {
        switch (self, examples.inputs) {
        case (.text(let encoding), .texts(let texts)):
            return .tokens(
                try texts.map { text in
                    let tokens = try encoding.encode(text, name: examples.name)
                    return tokens.isEmpty ? [-1] : tokens
                })
        case (.numbers(let input), .numbers(let rows, let step, _)):
            guard step == input.inputs else {
                throw DataError.unfit(
                    name: examples.name, reason: "its steps have \(step) numbers, the model reads \(input.inputs)")
            }
            try examples.checkFinite()
            return .steps(rows.map { scaled($0, by: input.scale) }, inputs: step)
        case (.text, .numbers):
            throw DataError.unfit(name: examples.name, reason: "the model reads texts")
        case (.numbers, .texts):
            throw DataError.unfit(name: examples.name, reason: "the model reads numbers")
        }
    }
}

/// A number that is missing is as the mean.
private func scaled(_ row: [Float], by scale: Standardization) -> [Float] {
    var (row, channel) = (row, 0)
    for index in row.indices {
        row[index] = row[index].isNaN ? 0 : Float(scale.apply(Double(row[index]), column: channel))
        channel = channel + 1 == scale.means.count ? 0 : channel + 1
    }
    return row
}
