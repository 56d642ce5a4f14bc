public import UnrollCompute
public import UnrollTensors

/// What a stack of recurrent layers remembers between steps.
public struct RecurrentState {
    /// h, and for lstm c: each `[layers, batch, hidden]`.
    public var tensors: [Tensor]

    /// A state of these tensors, in the cell's order.
    public init(_ tensors: [Tensor]) { self.tensors = tensors }

    /// The state that knows nothing.
    public static func zeros(_ cell: Cell, layers: Int, batch: Int, hidden: Int, on device: Device) -> RecurrentState {
        RecurrentState((0..<cell.states).map { _ in .zeros([layers, batch, hidden], on: device) })
    }

    /// The same numbers as constants: truncated backpropagation through time carries these to the next batch.
    public func detached() -> RecurrentState { RecurrentState(tensors.map { $0.detached() }) }
}
