import UnrollCompute
import UnrollData
import UnrollLayers
public import UnrollTensors
public import UnrollTraining

/// Foretelling the rows of a table from those before them, as a task for `Trainer`.
///
/// Examples are windows in random order. Where the state is carried, the rows to train on are cut into `batch` parts of
/// the same length that are read side by side, `lags` rows at a time (truncated backpropagation through time).
public struct ForecastTraining: TrainingTask {
    /// What is trained.
    public let model: Forecaster
    let examples: ForecastExamples
    private let training: [Int]
    private let validation: [Int]
    private let settings: ForecasterSettings
    private let order: EpochBatches

    init(_ model: Forecaster, _ table: SeriesTable, _ settings: ForecasterSettings) throws {
        (self.model, self.settings) = (model, settings)
        examples = ForecastExamples(table, model.configuration)
        training = examples.within(table.split.training)
        validation = examples.within(table.split.validation)
        order = EpochBatches(lengths: training.map { _ in 1 }, settings.run, order: .shuffled)
        let needed = settings.carries ? settings.run.batch * settings.lags : 1
        guard training.count >= needed else {
            let flags = "--lags \(settings.lags), --horizon \(settings.horizon)"
            throw ModelError.badText(
                name: table.name,
                reason: settings.carries
                    ? "\(training.count) rows to train on are too few for --batch \(settings.batch), \(flags)"
                    : "none of the \(table.split.training.count) rows to train on has all that \(flags) need before it")
        }
    }

    /// Rows of a part that is read side by side with others.
    private var length: Int { training.count / settings.run.batch }
    private var parts: Int { settings.optimization.accumulate }

    /// Of the examples, or where the state is carried windows of all parts.
    public var batches: Int {
        settings.carries ? length / settings.lags * parts : order.count
    }

    /// Rows that are read.
    public var tokensPerBatch: Int {
        settings.carries
            ? settings.run.rowsPerBatch * settings.lags : max(1, training.count * settings.lags / order.count)
    }

    /// Of the recurrent layers, where it is carried.
    public var stateShapes: [[Int]] {
        let configuration = model.configuration
        let shape = [configuration.layers, settings.run.rowsPerBatch, configuration.hidden]
        return settings.carries ? Array(repeating: shape, count: configuration.cell.states) : []
    }

    /// The mean squared error, or that of quantiles.
    public func loss(batch place: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let batch = self.batch(place)
        let (forecasts, next) = model(
            batch.x, known: batch.known, base: batch.base, state: state.isEmpty ? nil : RecurrentState(state))
        return (model.loss(forecasts, batch.targets), settings.carries ? next.tensors : [])
    }

    /// What a batch is of.
    public func inputs(batch place: BatchPlace) -> [(name: String, values: Tensor)] {
        let batch = self.batch(place)
        return [("inputs", batch.x), ("targets", batch.targets)]
    }

    private func batch(_ place: BatchPlace) -> ForecastExamples.Batch {
        guard settings.carries else {
            let rows = order[place].map { training[$0] }
            return examples.batch(rows, rows: rows.count, on: model.device)
        }
        let (rows, start) = (settings.run.rowsPerBatch, place.number / parts * settings.lags)
        let first = place.number % parts * rows
        let steps = (first..<(first + rows)).flatMap { row in
            training[(row * length + start)..<(row * length + start + settings.lags)]
        }
        return examples.batch(steps, rows: rows, on: model.device)
    }

    /// The same of the rows that validate, which tell the margins of the model's quantiles as well.
    public func validate() throws -> Validation? {
        if validation.isEmpty { return nil }
        let forecasts = try model.forecasts(examples, validation)
        let configuration = model.configuration
        let (horizon, levels) = (configuration.horizon, configuration.levels)
        let (count, device) = (validation.count, model.device)
        let actual = examples.windows.examples(validation).targets
        model.setMargins(forecasts, actual)
        let targets = Tensor(actual, shape: [count, horizon], on: device)
        let values = Tensor(forecasts.flatMap(\.self), shape: [count, horizon, levels], on: device)
        return Validation(loss: Double(try evaluating { model.loss(values, targets) }.scalar()))
    }
}
