public import UnrollLayers
public import UnrollTensors

/// A model and what it is to learn: what `Trainer` needs to know of either.
public protocol TrainingTask {
    /// What is trained.
    associatedtype Model: Module

    /// What is trained.
    var model: Model { get }
    /// How many batches an epoch has, at least one. A batch is a pure function of its number.
    var batches: Int { get }
    /// How many tokens (characters, elements) a batch has, for the speed.
    var tokensPerBatch: Int { get }

    /// The shapes of the state carried from batch to batch; none if nothing is carried.
    var stateShapes: [[Int]] { get }

    /// The loss of one batch.
    /// - Parameter state: what the batch before returned, detached; empty at the start of an epoch. Where `accumulate`
    ///   batches make one update, the batch that many before.
    /// - Returns: a loss of one element, and the state to carry to the next batch, of `stateShapes`.
    func loss(batch: Int, state: [Tensor]) -> (loss: Tensor, state: [Tensor])

    /// What the loss of a batch is computed from, by name: looked at where a loss is not finite, to tell numbers that were
    /// not finite before from those that training made so. None by default.
    func inputs(batch: Int) -> [(name: String, values: Tensor)]

    /// The loss that decides which weights are best.
    func validate() throws -> Double
}

extension TrainingTask {
    /// None.
    public func inputs(batch: Int) -> [(name: String, values: Tensor)] { [] }
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
    /// The validation loss after it.
    public var validation: Double
    /// Whether it is the best so far.
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
