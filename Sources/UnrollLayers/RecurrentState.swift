public import UnrollCompute
public import UnrollTensors

/// What a stack of recurrent layers remembers between steps.
public struct RecurrentState {
    /// h, and for cells with it c: each `[layers · directions, batch, hidden]`, h of a projection as wide as that.
    public var tensors: [Tensor]

    /// A state of these tensors, in the cell's order.
    public init(_ tensors: [Tensor]) { self.tensors = tensors }

    /// The state that knows nothing.
    /// - Parameters:
    ///   - layers: times directions, where there are two.
    ///   - projection: what h is projected to; nil where it is not.
    public static func zeros(
        _ cell: Cell, layers: Int, batch: Int, hidden: Int, projection: Int? = nil, on device: Device
    ) -> RecurrentState {
        RecurrentState(
            (0..<cell.states).map { index in
                .zeros([layers, batch, index == 0 ? projection ?? hidden : hidden], on: device)
            })
    }

    /// The same numbers as constants: truncated backpropagation through time carries these to the next batch.
    public func detached() -> RecurrentState { RecurrentState(tensors.map { $0.detached() }) }
}
