public import UnrollCompute
public import UnrollTensors

/// A stack of recurrent layers of one cell, layer upon layer over all steps of a batch of sequences.
///
/// Weights have PyTorch's names, shapes and gate order: `weight_ih_l0` `[gates·hidden, inputs]`, `weight_hh_l0`
/// `[gates·hidden, hidden]`, `bias_ih_l0`, `bias_hh_l0` `[gates·hidden]`, then those of layer 1, which reads layer 0.
public final class Recurrent: Module {
    /// What it is made of.
    public let cell: Cell
    /// How many numbers a step of the input has.
    public let inputs: Int
    /// How many numbers a state of a layer has.
    public let hidden: Int
    /// How many layers.
    public let layers: Int
    /// The probability with which training drops a number between layers.
    public let dropout: Float

    private let weights: [RecurrentWeights<Parameter>]

    /// Starts with numbers spread evenly over ±1/√hidden, as PyTorch does.
    public init(
        _ cell: Cell, inputs: Int, hidden: Int, layers: Int = 1, dropout: Float = 0, _ initializer: Initializer
    ) {
        require(
            inputs > 0 && hidden > 0 && layers > 0,
            "Recurrent: \(inputs) inputs, \(hidden) hidden and \(layers) layers are not all positive")
        require((0..<1).contains(dropout), "Recurrent: dropout \(dropout) is not in 0..<1")
        (self.cell, self.inputs, self.hidden) = (cell, inputs, hidden)
        (self.layers, self.dropout) = (layers, dropout)
        let (gates, bound) = (cell.gates * hidden, 1 / Float(hidden).squareRoot())
        weights = (0..<layers).map { layer in
            RecurrentWeights(
                input: initializer.uniform([gates, layer == 0 ? inputs : hidden], bound: bound),
                recurrent: initializer.uniform([gates, hidden], bound: bound),
                inputBias: initializer.uniform([gates], bound: bound),
                recurrentBias: initializer.uniform([gates], bound: bound))
        }
    }

    /// Under PyTorch's names.
    public var parameters: [(name: String, parameter: Parameter)] {
        weights.enumerated().flatMap { layer, weights in
            zip(["weight_ih", "weight_hh", "bias_ih", "bias_hh"], weights.all).map { ("\($0)_l\(layer)", $1) }
        }
    }

    /// Runs a batch of sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, steps, inputs]`
    ///   - state: what to start from; nil is zeros.
    /// - Returns: h of the last layer at every step, `[batch, steps, hidden]`, and the state of all layers after the
    ///   last step. Both carry gradient; detach the state to carry it to another training step.
    public func callAsFunction(_ x: Tensor, _ state: RecurrentState? = nil) -> (output: Tensor, state: RecurrentState) {
        let stack = RecurrentStack(cell: cell, inputs: inputs, hidden: hidden, layers: layers, dropout: dropout)
        let (output, final) = x.recurrent(
            stack, weights: weights.map { $0.map(\.value) }, initial: state?.tensors)
        return (output, RecurrentState(final))
    }
}
