public import UnrollCompute
public import UnrollTensors

/// Anything that reads a batch of sequences and may carry a state from one to the next: `Recurrent`, `Unrolled`, every
/// `Layer`, and what is made of them, as `Stacked`, `Residual` and `Highway`.
public protocol SequenceModule: Module {
    /// How many tensors its state has.
    var stateCount: Int { get }

    /// Runs a batch of sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, steps, inputs]`
    ///   - state: what to start from; nil knows nothing.
    ///   - mask: which steps are there; nil is all. One that is not leaves the state as it was.
    /// - Returns: `[batch, steps, outputs]` and the state after the last step.
    func callAsFunction(
        _ x: Tensor, _ state: RecurrentState?, mask: SequenceMask?
    ) -> (output: Tensor, state: RecurrentState)
}

extension SequenceModule {
    /// None, unless it says otherwise.
    public var stateCount: Int { 0 }
}

/// A module from tensor to tensor, every row for itself: it carries nothing from step to step.
public protocol Layer: SequenceModule {
    /// `[…, inputs]` to `[…, outputs]`.
    func callAsFunction(_ x: Tensor) -> Tensor
}

extension Layer {
    /// All steps alike, whether they are there or not; no state.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState?, mask: SequenceMask?
    ) -> (output: Tensor, state: RecurrentState) {
        (self(x), RecurrentState([]))
    }
}

extension Linear: Layer {}
extension Embedding: Layer {}
extension Dropout: Layer {}

/// A function of tensors as a layer: `Apply { $0.relu() }`.
public final class Apply: Layer {
    private let function: (Tensor) -> Tensor

    /// - Parameter function: applied to all steps at once.
    public init(_ function: @escaping (Tensor) -> Tensor) { self.function = function }

    /// `function(x)`
    public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}

extension Recurrent: SequenceModule {
    /// h, and for cells that have it c.
    public var stateCount: Int { cell.states }
}

extension ElementwiseRecurrent: SequenceModule {
    /// h.
    public var stateCount: Int { 1 }
}
