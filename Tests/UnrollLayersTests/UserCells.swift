// Cells as a user of the library writes them, in a package of their own: UserPackageTests builds this file in one.
import Unroll

/// h ← h + a·(tanh(W·x + U·h + b) − h), every unit at a pace a of its own; beside it how far it has come, s ← s + |h|.
final class LeakyCell: StepCell {
    let input: Linear
    let recurrent: Linear
    let pace: Parameter

    init(inputs: Int, hidden: Int, _ initializer: Initializer) {
        input = Linear(inputs: inputs, outputs: hidden, initializer)
        recurrent = Linear(inputs: hidden, outputs: hidden, bias: false, initializer)
        pace = initializer.uniform([hidden], bound: 2)
    }

    var outputs: Int { 2 * pace.shape[0] }
    var stateShapes: [[Int]] { [[pace.shape[0]], [pace.shape[0]]] }

    func project(_ x: Tensor) -> Tensor { input(x) }

    func step(_ x: Tensor, _ state: [Tensor]) -> (output: Tensor, state: [Tensor]) {
        let candidate = (x + recurrent(state[0])).tanh()
        let h = state[0] + pace.value.sigmoid() * (candidate - state[0])
        let way = state[1] + 0.5 * h.squared()
        return (.concatenated([h, way], along: -1), [h, way])
    }
}

/// PyTorch's LSTM once more, under its names, for `Recurrent` to be held against.
final class PlainLSTM: StepCell {
    let inputs: Linear
    let hidden: Linear
    private let size: Int

    init(inputs: Int, hidden: Int, _ initializer: Initializer) {
        size = hidden
        self.inputs = Linear(inputs: inputs, outputs: 4 * hidden, initializer)
        self.hidden = Linear(inputs: hidden, outputs: 4 * hidden, initializer)
    }

    var parameters: [(name: String, parameter: Parameter)] {
        [
            ("weight_ih_l0", inputs.weight), ("weight_hh_l0", hidden.weight), ("bias_ih_l0", inputs.bias!),
            ("bias_hh_l0", hidden.bias!),
        ]
    }

    var outputs: Int { size }
    var stateShapes: [[Int]] { [[size], [size]] }

    func project(_ x: Tensor) -> Tensor { inputs(x) }

    func step(_ x: Tensor, _ state: [Tensor]) -> (output: Tensor, state: [Tensor]) {
        let gates = x + hidden(state[0])
        let gate = { (index: Int) in gates.slice(index * self.size..<(index + 1) * self.size, along: 1) }
        let c = gate(1).sigmoid() * state[1] + gate(0).sigmoid() * gate(2).tanh()
        let h = gate(3).sigmoid() * c.tanh()
        return (h, [h, c])
    }
}
