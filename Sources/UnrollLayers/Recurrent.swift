public import UnrollCompute
public import UnrollTensors

extension Cell {
    /// Which block of the gates forgets.
    fileprivate var forgetGate: Int? { isLSTM ? 1 : nil }
}

/// A stack of recurrent layers of one cell, layer upon layer over all steps of a batch of sequences, in one direction or
/// both.
///
/// Weights have PyTorch's names, shapes and gate order: `weight_ih_l0` `[gates·hidden, inputs]`, `weight_hh_l0`
/// `[gates·hidden, hidden]`, `bias_ih_l0`, `bias_hh_l0` `[gates·hidden]`, with `_reverse` behind them for the direction
/// that reads from the end, then those of layer 1, which reads layer 0. Options add to them: peepholes `weight_ch_l0`
/// `[3·hidden]` of i f o, a projection `weight_hr_l0` `[projection, hidden]` (the recurrent weights then read `projection`
/// numbers), layer normalisation `gain_ih_l0` and `gain_hh_l0` `[gates·hidden]`, of cells with c `gain_ch_l0` and
/// `bias_ch_l0` `[hidden]`. Where there is a depth gate, from layer 1 on, what sees the input (`weight_ih_l1`, `bias_ih_l1`,
/// `gain_ih_l1`) has a fifth block for it, and `weight_ch_l1` two more: for c, and for c of the layer below.
public final class Recurrent: Module {
    /// What it is made of.
    public let cell: Cell
    /// How many numbers a step of the input has.
    public let inputs: Int
    /// How many numbers a state of a layer has.
    public let hidden: Int
    /// How many numbers h is projected to before anything reads it (Sak, Senior & Beaufays 2014); nil leaves it.
    public let projection: Int?
    /// How many layers.
    public let layers: Int
    /// The way every layer reads.
    public let direction: Direction
    /// What becomes of the two directions' outputs, where there are two.
    public let merge: Merge
    /// What is turned on inside the recurrence.
    public var options: RecurrentOptions { stack.options }
    /// The probability with which training drops a number between layers.
    public let dropout: Float

    /// Where the next backward passes are to put down how their gradient flows through time; nil, as it is unless set,
    /// costs nothing.
    public var gradientFlow: GradientFlow?

    private let stack: RecurrentStack
    private let weights: [RecurrentWeights<Parameter>]

    /// How many numbers a step of the output has: `hidden` or `projection`, twice that of two directions side by side.
    public var outputs: Int { stack.outputs }

    /// What it keeps for the backward pass.
    public var memory: RecurrentMemory { stack.memory }

    /// Starts with numbers spread evenly over ±1/√hidden, as PyTorch does, unless the initializer has a scheme.
    public init(
        _ cell: Cell, inputs: Int, hidden: Int, projection: Int? = nil, layers: Int = 1,
        direction: Direction = .forward, merge: Merge = .concatenated, options: RecurrentOptions = .init(),
        dropout: Float = 0, memory: RecurrentMemory = .save,
        _ initializer: Initializer
    ) {
        options.check(cell, "Recurrent")
        require(
            inputs > 0 && hidden > 0 && layers > 0,
            "Recurrent: \(inputs) inputs, \(hidden) hidden and \(layers) layers are not all positive")
        if let projection {
            require(
                projection > 0 && cell.states > 1,
                "Recurrent: a projection to \(projection) of \(cell.name); it is for cells with c, to 1 or more")
        }
        require((0..<1).contains(dropout), "Recurrent: dropout \(dropout) is not in 0..<1")
        (self.cell, self.inputs, self.hidden, self.projection) = (cell, inputs, hidden, projection)
        (self.layers, self.direction, self.merge, self.dropout) = (layers, direction, merge, dropout)
        let bound = 1 / Float(hidden).squareRoot()
        let own = Initializer.Distribution.uniform(bound: bound)
        func weight(_ role: Initializer.Role, _ shape: [Int], forget: Float? = nil) -> Parameter {
            let constant = forget.flatMap { value in cell.forgetGate.map { (block: $0, value: value) } }
            return initializer.weight(role, shape, blocks: shape[0] / hidden, constant: constant, otherwise: own)
        }
        // The two biases come to the forget gate's together.
        let forget = initializer.scheme.forgetBias
        var stack = RecurrentStack(
            cell: cell, inputs: inputs, hidden: hidden, projection: projection, layers: layers, direction: direction,
            merge: merge, options: options, dropout: dropout)
        stack.memory = memory
        self.stack = stack
        weights = (0..<stack.sweeps).map { index in
            let shapes = stack.shapes(of: index / direction.count)
            return RecurrentWeights(
                input: weight(.input, shapes.input), recurrent: weight(.recurrent, shapes.recurrent),
                inputBias: weight(.bias, shapes.inputBias, forget: forget),
                recurrentBias: weight(.bias, shapes.recurrentBias, forget: forget.map { _ in 0 }),
                peepholes: shapes.peepholes.map { initializer.uniform($0, bound: bound) },
                projection: shapes.projection.map { initializer.weight(.input, $0, otherwise: own) },
                norm: shapes.norm.map { norm in
                    RecurrentNorm(
                        inputGain: initializer.ones(norm.inputGain),
                        recurrentGain: initializer.ones(norm.recurrentGain),
                        memory: norm.memory.map { (initializer.ones($0.gain), initializer.zeros($0.bias)) })
                })
        }
    }

    /// Under PyTorch's names.
    public var parameters: [(name: String, parameter: Parameter)] {
        weights.enumerated().flatMap { index, weights in
            let (layer, isReversed) = (index / direction.count, direction.isReversed[index % direction.count])
            // The only direction there is has no mark, as with PyTorch's.
            let suffix = "_l\(layer)" + (isReversed && direction.count > 1 ? "_reverse" : "")
            return zip(weights.names(suffix), weights.all).map { ($0, $1) }
        }
    }

    /// Runs a batch of sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, steps, inputs]`
    ///   - state: what to start from; nil is zeros.
    ///   - mask: which steps of each row are there; nil is all. A step that is not there leaves the state as it was, and
    ///     has an output of zeros.
    /// - Returns: h of the last layer at every step, `[batch, steps, outputs]`, and the state of all layers after each
    ///   row's last step in a direction. Both carry gradient; detach the state to carry it to another training step.
    public func callAsFunction(
        _ x: Tensor, _ state: RecurrentState? = nil, mask: SequenceMask? = nil
    ) -> (output: Tensor, state: RecurrentState) {
        self(x, state, mask: mask, draws: nil)
    }

    /// The same over a part of a sequence.
    /// - Parameter draws: one for all parts, so that what is dropped all through a sequence is the same in each.
    package func callAsFunction(
        _ x: Tensor, _ state: RecurrentState?, mask: SequenceMask? = nil, draws: SequenceDraws?
    ) -> (output: Tensor, state: RecurrentState) {
        let (output, final) = x.recurrent(
            stack, weights: weights.map { $0.map(\.value) }, initial: state?.tensors, mask: mask,
            flow: gradientFlow, draws: draws)
        return (output, RecurrentState(final))
    }
}
