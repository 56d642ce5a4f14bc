public import UnrollCompute
public import UnrollLayers
public import UnrollTensors

/// A model of series: from the rows up to now, the next values of one column.
///
///     recurrent layers → h of the last row → dropout → (known of the rows to come) → linear → values
///
/// A value is the mean or several quantiles, of each row up to `horizon`; with `change`, what is added to a value that is
/// known. All numbers are in units of standard deviations. Its parameters have the names of the PyTorch module that has
/// an `LSTM` (or `GRU`, `RNN`) called `recurrent` and a `Linear`; with an interval, a buffer `margins` as well.
public final class Forecaster: Module {
    /// What it is made of.
    public let configuration: ForecasterConfiguration
    /// What remembers.
    public let recurrent: Recurrent
    /// Before the output layer; PyTorch's dropout between layers is inside `recurrent`.
    public let dropout: Dropout
    /// Before the recurrent layers, and behind them.
    public let lockedDropout: LockedDropout
    /// From hidden, and what is known ahead, to values.
    public let linear: Linear
    /// What is added to quantiles, but for the forecast in one number, so that as many of the rows that validate are below
    /// them as they say, `[horizon, levels]`; nil without an interval.
    public let margins: Parameter?

    /// A model that has learnt nothing; the same seed gives the same weights on every device.
    /// - Parameter scheme: what the weights start with.
    public init(
        _ configuration: ForecasterConfiguration, seed: UInt64, on device: Device,
        _ scheme: Initializer.Scheme = Initializer.Scheme()
    ) {
        let initializer = Initializer(seed: seed, on: device, scheme)
        self.configuration = configuration
        let options = configuration.options
        recurrent = Recurrent(
            configuration.cell, inputs: configuration.inputs.count, hidden: configuration.hidden,
            layers: configuration.layers, options: options.recurrence, dropout: configuration.dropout, initializer)
        dropout = Dropout(configuration.dropout)
        lockedDropout = LockedDropout(options.lockedDropout)
        linear = Linear(
            inputs: configuration.hidden + configuration.horizon * configuration.knownWidth,
            outputs: configuration.horizon * configuration.levels, initializer)
        let shape = [configuration.horizon, configuration.levels]
        margins = configuration.levels > 1 ? Parameter(.zeros(shape, on: device), isTrained: false) : nil
        margins?.mayBeMissing = true
    }

    /// Runs over a batch of series.
    /// - Parameters:
    ///   - x: standardized rows, `[batch, steps, inputs]`.
    ///   - known: of the rows forecast, `[forecasts, horizon · known]`; nil where nothing is known.
    ///   - base: what forecasts are a change from, `[forecasts, horizon]`; nil where they are values.
    ///   - state: what was read before; nil for nothing.
    /// - Returns: forecasts `[forecasts, horizon, levels]`, one after the last step of each row of the batch, or where the
    ///   state is carried one after every step; and the state after the last step.
    public func callAsFunction(
        _ x: Tensor, known: Tensor?, base: Tensor?, state: RecurrentState? = nil
    ) -> (forecasts: Tensor, state: RecurrentState) {
        let (output, state) = recurrent(lockedDropout(x), state)
        let read = dropout(lockedDropout(output))
        let rows =
            configuration.carries ? read.reshaped([x.shape[0] * x.shape[1], recurrent.outputs]) : read.pooled(.last)
        let joined = known.map { Tensor.concatenated([rows, $0], along: 1) } ?? rows
        let shape = [rows.shape[0], configuration.horizon, configuration.levels]
        let values = linear(joined).reshaped(shape)
        return (base.map { values + $0.reshaped([shape[0], shape[1], 1]) } ?? values, state)
    }

    /// How far forecasts are from what came, `[forecasts, horizon]`: the mean squared error, or that of quantiles.
    ///
    ///     Σ_q max(q (y - ŷ), (q - 1) (y - ŷ)) = Σ_q q (y - ŷ) + max(0, ŷ - y)      (Koenker & Bassett 1978)
    public func loss(_ forecasts: Tensor, _ targets: Tensor) -> Tensor {
        let errors = targets.reshaped([targets.shape[0], targets.shape[1], 1]) - forecasts
        if configuration.quantiles.isEmpty { return errors.squared().mean() }
        return (errors * Tensor(configuration.quantiles, on: device) + (-errors).relu()).mean()
    }
}
