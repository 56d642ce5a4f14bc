public import UnrollCompute
public import UnrollTensors

/// A recurrence whose units do not look at each other: what a unit does depends on the step's input, which all share, and
/// on its own state.
public enum ElementwiseCell: String, Sendable, CaseIterable {
    /// `h' = (1 − z)·h + z·g(v)`, `z = σ(W_z·x + b_z)`, `v = W_h·x + b_h`; gate blocks `z h`.   (Feng et al. 2024)
    ///
    /// `g(v) = v + ½` where v ≥ 0, else `σ(v)`. Linear in h, so time is gone through by a parallel scan.
    case minGRU = "mingru"
    /// `h' = f/(f + i)·h + i/(f + i)·g(v)`, `f` and `i` sigmoids of the input; gate blocks `f i h`.   (Feng et al. 2024)
    case minLSTM = "minlstm"
    /// `h' = max(0, W·x + b + u·h)`, u a weight for each unit.   (IndRNN, Li et al. 2018)
    case indRNN = "indrnn"
    /// `h' = tanh(W·x + b + u·h)`
    case indRNNTanh = "indrnn-tanh"

    package var kind: ScanKind {
        switch self {
        case .minGRU: .minGRU
        case .minLSTM: .minLSTM
        case .indRNN: .independentReLU
        case .indRNNTanh: .independentTanh
        }
    }
}

/// A stack of layers of such a recurrence, called as `Recurrent` is.
///
/// Parameters are named as PyTorch names those of its recurrent layers: `weight_ih_l0` `[gates·hidden, inputs]`,
/// `bias_ih_l0` `[gates·hidden]` and, where units have a recurrent weight, `weight_hh_l0` `[hidden]`; then those with
/// `_reverse` of a layer that also goes backwards, then layer 1, which reads layer 0.
///
/// Of `RecurrentOptions` it has those that need neither a recurrent matrix nor a state c, and no more gates than there are,
/// alone and together: `zoneout`, under which minGRU and minLSTM remain linear in h; `candidateDropout`, of g(v) or of what
/// an IndRNN reads of its input, `W·x + b`; `clip`, of pre-activations; `locksDropout`; for IndRNN one of `activations`.
public final class ElementwiseRecurrent: Module {
    /// What it is made of.
    public let cell: ElementwiseCell
    /// How many numbers a step of the input has.
    public let inputs: Int
    /// How many numbers a state of a layer has, in each direction.
    public let hidden: Int
    /// How many layers.
    public let layers: Int
    /// The way each layer goes through time.
    public let direction: Direction
    /// What becomes of the two directions' outputs, where there are two.
    public let merge: Merge
    /// What is turned on inside the recurrence.
    public let options: RecurrentOptions
    /// The probability with which training drops a number between layers.
    public let dropout: Float
    /// What it keeps for the backward pass: `W·x + b` of every step besides h, or, to `recompute`, h alone, a third of that
    /// for minGRU, a quarter for minLSTM and half for IndRNN, at the price of the product `W·x` once more.
    public let memory: RecurrentMemory

    /// Where the next backward passes are to put down how their gradient flows through time; nil, as it is unless set,
    /// costs nothing.
    public var gradientFlow: GradientFlow?

    /// One pass of one layer.
    private struct Weights {
        let input: Parameter
        let bias: Parameter
        let recurrent: Parameter?
        let reverse: Bool
        let initialState: Int
    }

    /// Of each layer, those of its passes.
    private let weights: [[Weights]]

    /// Starts with numbers spread evenly over ±1/√inputs of a layer, unless the initializer has a scheme; recurrent
    /// weights, which are no matrices, over 0…1, as Li et al. do.
    public init(
        _ cell: ElementwiseCell, inputs: Int, hidden: Int, layers: Int = 1, direction: Direction = .forward,
        merge: Merge = .concatenated, options: RecurrentOptions = .init(), dropout: Float = 0,
        memory: RecurrentMemory = .save, _ initializer: Initializer
    ) {
        options.check(cell.kind, named: cell.rawValue, "ElementwiseRecurrent")
        require(
            inputs > 0 && hidden > 0 && layers > 0,
            "ElementwiseRecurrent: \(inputs) inputs, \(hidden) hidden and \(layers) layers are not all positive")
        require((0..<1).contains(dropout), "ElementwiseRecurrent: dropout \(dropout) is not in 0..<1")
        (self.cell, self.inputs, self.hidden, self.layers) = (cell, inputs, hidden, layers)
        (self.direction, self.merge, self.dropout) = (direction, merge, dropout)
        (self.options, self.memory) = (options, memory)
        let (rows, outputs) = (cell.kind.gates * hidden, Self.outputs(hidden, direction, merge))
        weights = (0..<layers).map { layer in
            let inputs = layer == 0 ? inputs : outputs
            let own = Initializer.Distribution.uniform(bound: 1 / Float(inputs).squareRoot())
            return direction.isReversed.enumerated().map { pass, reverse in
                Weights(
                    input: initializer.weight(.input, [rows, inputs], blocks: cell.kind.gates, otherwise: own),
                    bias: initializer.weight(.bias, [rows], blocks: cell.kind.gates, otherwise: own),
                    recurrent: cell.kind.hasWeight
                        ? Parameter(initializer.uniform([hidden], bound: 0.5).value + 0.5) : nil,
                    reverse: reverse, initialState: layer * direction.count + pass)
            }
        }
    }

    /// How many numbers a step of the output has: `hidden`, twice that of two directions side by side.
    public var outputs: Int { Self.outputs(hidden, direction, merge) }

    private static func outputs(_ hidden: Int, _ direction: Direction, _ merge: Merge) -> Int {
        merge == .concatenated ? direction.count * hidden : hidden
    }

    /// Under PyTorch's names.
    public var parameters: [(name: String, parameter: Parameter)] {
        weights.enumerated().flatMap { layer, passes in
            passes.enumerated().flatMap { pass, weights in
                let suffix = "_l\(layer)" + (pass == 1 ? "_reverse" : "")
                return [("weight_ih", weights.input), ("weight_hh", weights.recurrent), ("bias_ih", weights.bias)]
                    .compactMap { name, parameter in parameter.map { (name + suffix, $0) } }
            }
        }
    }

    /// Runs a batch of sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, steps, inputs]`
    ///   - state: h `[layers · directions, batch, hidden]` to start from, a layer's directions together; nil is zeros.
    ///   - mask: which steps are there; nil is all. The others leave the state as it was and have an output of zeros.
    /// - Returns: h of the last layer after every step, `[batch, steps, outputs]`, and the state of all layers
    ///   after the last step each pass goes through. Both carry gradient.
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
        require(
            x.shape.count == 3 && x.shape[2] == inputs,
            "ElementwiseRecurrent: input shape \(x.shape) is not [batch, steps, \(inputs)]")
        if let mask { x.check(mask, in: "ElementwiseRecurrent") }
        let (batch, passes) = (x.shape[0], direction.count)
        require(
            state.map { $0.tensors.map(\.shape) == [[layers * passes, batch, hidden]] } ?? true,
            "ElementwiseRecurrent: a state of \(state?.tensors.map(\.shape) ?? []), expected "
                + "\([[layers * passes, batch, hidden]])")
        let keys = SequenceKeys(
            layers: layers, directions: passes, dropout: dropout, options: options, from: Tape.underWay(on: x.device),
            draws)
        let flow = gradientFlow?.begin(
            GradientFlow.Form(
                cell: cell.rawValue, layers: layers, direction: direction, inputs: inputs, width: hidden, merge: merge,
                options: options),
            steps: x.shape[1], of: [x] + (state?.tensors ?? []) + parameters.map(\.parameter.value))
        var (y, final): (Tensor, [Tensor]) = (mask.map { x.masked($0) } ?? x, [])
        for (layer, weights) in weights.enumerated() {
            if layer > 0, let key = keys.dropout?[layer - 1] {
                y = y.dropped(by: DropoutMask(probability: dropout, key: key), isLocked: options.locksDropout)
            }
            let results = weights.map { weights in
                let index = weights.initialState
                return run(
                    weights, y, initial: state?.tensors[0].slice(index..<index + 1).reshaped([batch, hidden]), mask,
                    keys.sweeps?[index].step, flow.map { ($0, index) })
            }
            final += results.map { $0.final.reshaped([1, batch, hidden]) }
            y = results.count == 1 ? results[0].output : merge.merged(results[0].output, results[1].output)
        }
        return (y, RecurrentState([.concatenated(final)]))
    }

    /// One pass of one layer over `[batch, steps, …]`, from `[batch, hidden]`.
    private func run(
        _ weights: Weights, _ x: Tensor, initial: Tensor?, _ mask: SequenceMask?, _ key: RandomKey?,
        _ flow: (run: GradientFlow.Run, sweep: Int)?
    ) -> (output: Tensor, final: Tensor) {
        let (weight, bias) = (weights.input.value, weights.bias.value)
        let again = { [x = x.detached(), weight = weight.detached(), bias = bias.detached()] in
            x.linear(weight, bias: bias)
        }
        return x.linear(weight, bias: bias).scan(
            cell.kind, weight: weights.recurrent?.value, initial: initial, mask: mask, reverse: weights.reverse,
            options: options, key: key, flow: flow, again: memory == .recompute ? again : nil)
    }
}

extension Merge {
    fileprivate func merged(_ forward: Tensor, _ reverse: Tensor) -> Tensor {
        switch self {
        case .concatenated: .concatenated([forward, reverse], along: -1)
        case .summed: forward + reverse
        case .averaged: (forward + reverse) * 0.5
        case .multiplied: forward * reverse
        }
    }
}
