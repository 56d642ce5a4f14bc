public import UnrollLayers
public import UnrollTensors

/// Which batch: training sees each epoch's batches once, in order.
public struct BatchPlace: Sendable, Hashable {
    /// Epochs done before it.
    public var epoch: Int
    /// Batches of its epoch before it.
    public var number: Int

    /// A batch, of the first epoch unless another is named.
    public init(epoch: Int = 0, number: Int) { (self.epoch, self.number) = (epoch, number) }
}

/// A number under the name that files, `--json` and people know it by: `accuracy`.
public struct Figure: Sendable, Equatable {
    /// In lower case, words joined by `_`.
    public var name: String
    /// What it is.
    public var value: Double

    /// A number under a name.
    public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
}

/// What a model is found to be worth on rows it does not learn from.
public struct Validation: Sendable, Equatable {
    /// The lower, the better.
    public var loss: Double
    /// What is told besides.
    public var figures: [Figure]

    /// A loss, and figures that decide nothing.
    public init(loss: Double, figures: [Figure] = []) { (self.loss, self.figures) = (loss, figures) }
}

/// A model and what it is to learn: what `Trainer` needs to know of either.
public protocol TrainingTask {
    /// What is trained.
    associatedtype Model: Module

    /// What is trained.
    var model: Model { get }
    /// How many batches an epoch has, at least one. A batch is a pure function of its place.
    var batches: Int { get }
    /// How many tokens (characters, elements) a batch has, on average, for the speed.
    var tokensPerBatch: Int { get }

    /// The shapes of the state carried from batch to batch; none if nothing is carried.
    var stateShapes: [[Int]] { get }

    /// The loss of one batch.
    /// - Parameter state: what the batch before returned, detached; empty at the start of an epoch. Where `accumulate`
    ///   batches make one update, the batch that many before.
    /// - Returns: a loss of one element, and the state to carry to the next batch, of `stateShapes`.
    func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor])

    /// What the loss of a batch is computed from, by name: looked at where a loss is not finite, to tell numbers that were
    /// not finite before from those that training made so. None by default.
    func inputs(batch: BatchPlace) -> [(name: String, values: Tensor)]

    /// The loss that decides which weights are best; nil where there are no rows to validate with: then the newest are.
    /// What a model keeps of those rows, and does not train, it may set here: it is saved with the weights.
    func validate() throws -> Validation?
}

extension TrainingTask {
    /// None.
    public func inputs(batch: BatchPlace) -> [(name: String, values: Tensor)] { [] }
}

/// How far a run is.
public struct TrainingProgress: Sendable {
    /// The epoch under way, from 1, and how many there will be.
    public var epoch: Int, epochs: Int
    /// Batches of this epoch done, of how many.
    public var batch: Int, batches: Int
    /// The training loss, smoothed over some fifty batches.
    public var loss: Double
    /// Of training alone; nil until it could be measured.
    public var tokensPerSecond: Double?
    /// Until the last epoch is done; nil until it could be measured.
    public var secondsLeft: Double?
}

/// What an epoch came to.
public struct EpochMetrics: Sendable, Equatable {
    /// Its number, from 1.
    public var epoch: Int
    /// Updates since the run began.
    public var steps: Int
    /// The mean training loss over the epoch.
    public var training: Double
    /// The validation loss after it; nil where there are no rows to validate with.
    public var validation: Double?
    /// What else validation told.
    public var figures: [Figure] = []
    /// Whether its weights are the best so far.
    public var isBest: Bool
}

/// What a run tells about itself.
public enum TrainingEvent: Sendable {
    /// Some batches are done; about five times a second.
    case progress(TrainingProgress)
    /// An epoch is done and saved.
    case epoch(EpochMetrics)
}

/// How a run ended.
public enum TrainingOutcome: Sendable {
    /// All epochs are done.
    case finished
    /// It was asked to stop; what was done is saved.
    case stopped
    /// Validation has not improved for as many epochs as the settings have patience.
    case outOfPatience
}
