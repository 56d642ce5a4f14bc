public import UnrollCompute
public import UnrollTensors

/// A recurrent cell of your own, written in operations on tensors: what one step does.
///
///     /// h ← h + a·(tanh(W·x + U·h + b) − h): every unit at a pace of its own.
///     final class LeakyCell: StepCell {
///         let input: Linear
///         let recurrent: Linear
///         let pace: Parameter
///         …
///         var outputs: Int { pace.shape[0] }
///         var stateShapes: [[Int]] { [[outputs]] }
///
///         func step(_ x: Tensor, _ state: [Tensor]) -> (output: Tensor, state: [Tensor]) {
///             let candidate = (input(x) + recurrent(state[0])).tanh()
///             let h = state[0] + pace.value.sigmoid() * (candidate - state[0])
///             return (h, [h])
///         }
///     }
///
/// `Unrolled` runs it over sequences.
public protocol StepCell: Module {
    /// How many numbers it puts out for each row.
    var outputs: Int { get }
    /// The shape of each of its states, of one row: `[[hidden], [hidden]]` for h and c.
    var stateShapes: [[Int]] { get }

    /// What a step needs of the input, for all steps at once, where one large product costs less than many small ones:
    /// `[batch, steps, inputs]` to `[batch, steps, …]`. By default the input itself.
    func project(_ x: Tensor) -> Tensor

    /// One step.
    ///
    /// - Parameters:
    ///   - x: what `project` made of the input at this step, `[batch, …]`.
    ///   - state: each `[batch]` followed by its shape.
    /// - Returns: `[batch, outputs]` and the states after the step.
    func step(_ x: Tensor, _ state: [Tensor]) -> (output: Tensor, state: [Tensor])
}

extension StepCell {
    /// The input itself.
    public func project(_ x: Tensor) -> Tensor { x }
}

/// A layer of a cell of your own: called like `Recurrent`, recorded operation by operation, and so slower.
public final class Unrolled<Cell: StepCell>: SequenceModule {
    /// What a step does.
    public let cell: Cell
    /// Whether it goes from the last step to the first.
    public let isReversed: Bool

    /// - Parameter reversed: whether it goes from the last step to the first.
    public init(_ cell: Cell, reversed: Bool = false) { (self.cell, isReversed) = (cell, reversed) }

    /// The cell's.
    public var stateCount: Int { cell.stateShapes.count }

    /// Runs a batch of sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, steps, inputs]`
    ///   - state: what to start from, each `[1, batch]` followed by its shape, as of a `Recurrent` of one layer; nil is zeros.
    ///   - mask: which steps are there; nil is all. One that is not leaves the state as it was and gives zeros; going
    ///     backwards, every row begins at its own end.
    /// - Returns: the output of every step, `[batch, steps, outputs]`, and the state after the last.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState? = nil, mask: SequenceMask? = nil
    ) -> (output: Tensor, state: RecurrentState) {
        require(x.shape.count == 3, "Unrolled: input shape \(x.shape) is not [batch, steps, inputs]")
        let (batch, steps) = (x.shape[0], x.shape[1])
        var states = initial(state, batch: batch, on: x.device)
        let inputs = cell.project(mask.map { x.masked($0) } ?? x)
        let nothing = Tensor.zeros([batch, 1, cell.outputs], on: x.device)
        var outputs = Array(repeating: nothing, count: steps)
        for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
            let isThere = (0..<batch).map { mask?.contains(row: $0, step: step) ?? true }
            guard isThere.contains(true) else { continue }
            let input = inputs.slice(step..<step + 1, along: 1).reshaped([batch] + inputs.shape[2...])
            let next = cell.step(input, states)
            require(
                next.output.shape == [batch, cell.outputs] && next.state.map(\.shape) == states.map(\.shape),
                "\(Cell.self): a step gives \(next.output.shape) and states \(next.state.map(\.shape)), expected "
                    + "\([batch, cell.outputs]) and \(states.map(\.shape))")
            let keep = isThere.contains(false) ? Tensor(isThere.map { $0 ? 1 : 0 }, on: x.device) : nil
            states = zip(states, next.state).map { old, new in
                keep.map { old + $0.column(for: old) * (new - old) } ?? new
            }
            let output = keep.map { next.output * $0.column(for: next.output) } ?? next.output
            outputs[step] = output.reshaped([batch, 1, cell.outputs])
        }
        return (
            .concatenated(outputs, along: 1),
            RecurrentState(states.map { $0.reshaped([1] + $0.shape) })
        )
    }

    /// Each state as a step takes it.
    private func initial(_ state: RecurrentState?, batch: Int, on device: Device) -> [Tensor] {
        let shapes = cell.stateShapes.map { [batch] + $0 }
        guard let state else { return shapes.map { .zeros($0, on: device) } }
        require(
            state.tensors.map(\.shape) == shapes.map { [1] + $0 },
            "Unrolled: initial states \(state.tensors.map(\.shape)), expected \(shapes.map { [1] + $0 })")
        return zip(state.tensors, shapes).map { $0.reshaped($1) }
    }
}

extension Tensor {
    /// `[batch]` as `[batch, 1, …]`, to repeat along all other axes of a tensor.
    fileprivate func column(for other: Tensor) -> Tensor {
        reshaped(shape + Array(repeating: 1, count: other.shape.count - 1))
    }
}
