// What the recurrence primitives take and give. All buffers are float32.
//
// States live time-major as [steps + 1, batch, hidden], so that a step is a contiguous slice, h before every step is
// one contiguous matrix, and weight gradients are single matmuls over all steps (the layout of Haste). Input
// projections are written straight into the saved rows, which the step overwrites with what the backward pass needs,
// which the backward pass overwrites with gradients: one buffer of [steps, batch, saved·hidden] does for all three.

/// One layer over all steps, or over a part of them.
package struct RecurrentSweep {
    package var cell: Cell
    package var batch: Int
    package var steps: Int
    /// The steps to go through: forward those before them are done, backward those after them.
    package var part: Range<Int>
    package var hidden: Int
    /// `[gates·hidden, hidden]` and `[gates·hidden]`
    package var recurrentWeight: Buffer
    package var recurrentBias: Buffer
    /// `[steps, batch, saved·hidden]`. Forward: `W·x + b` in the cell's input blocks → saved. Backward: saved → gradients.
    package var saved: Buffer
    /// `[steps + 1, batch, hidden]` for each state; slice 0 is the initial state, slice t + 1 the state after step t.
    package var states: [Buffer]
    /// Where h is stored besides: rows = steps, columns = hidden for each of `batches` = batch rows.
    package var output: Matrix?

    package init(
        cell: Cell, batch: Int, steps: Int, hidden: Int, recurrentWeight: Buffer, recurrentBias: Buffer, saved: Buffer,
        states: [Buffer], output: Matrix? = nil
    ) {
        (self.cell, self.batch, self.steps, self.hidden) = (cell, batch, steps, hidden)
        part = 0..<steps
        (self.recurrentWeight, self.recurrentBias) = (recurrentWeight, recurrentBias)
        (self.saved, self.states, self.output) = (saved, states, output)
    }

    /// The steps of a backward pass, in order of time: with the first comes −1, which brings ∂h home to the initial state.
    package var backwardSteps: Range<Int> { (part.lowerBound == 0 ? -1 : part.lowerBound)..<part.upperBound }

    /// The whole in parts of at most `rows` rows (batch × steps), or of one step.
    package func parts(ofRows rows: Int) -> [RecurrentSweep] {
        let most = max(1, rows / max(1, batch))
        return stride(from: 0, to: steps, by: most).map { first in
            var sweep = self
            sweep.part = first..<min(first + most, steps)
            return sweep
        }
    }
}

/// A stack of layers of one cell.
package struct RecurrentStack: Sendable, Hashable {
    package var cell: Cell
    package var inputs: Int
    package var hidden: Int
    package var layers: Int
    /// Between layers, when `RecurrentPass.dropoutKeys` are given.
    package var dropout: Float

    package init(cell: Cell, inputs: Int, hidden: Int, layers: Int, dropout: Float = 0) {
        (self.cell, self.inputs, self.hidden) = (cell, inputs, hidden)
        (self.layers, self.dropout) = (layers, dropout)
    }

    /// How many numbers a row of layer `layer`'s input has.
    package func inputs(of layer: Int) -> Int { layer == 0 ? inputs : hidden }
}

/// The weights of a layer, or their gradients: PyTorch's `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
package struct RecurrentWeights<Value> {
    /// `[gates·hidden, inputs]`
    package var input: Value
    /// `[gates·hidden, hidden]`
    package var recurrent: Value
    /// `[gates·hidden]`
    package var inputBias: Value
    /// `[gates·hidden]`
    package var recurrentBias: Value

    package init(input: Value, recurrent: Value, inputBias: Value, recurrentBias: Value) {
        (self.input, self.recurrent, self.inputBias, self.recurrentBias) = (input, recurrent, inputBias, recurrentBias)
    }
}

/// One run of a stack over a batch of sequences.
package struct RecurrentPass {
    package var batch: Int
    package var steps: Int
    /// `[batch, steps, inputs]`
    package var x: Buffer
    package var weights: [RecurrentWeights<Buffer>]
    /// For each state (h, c): `[layers, batch, hidden]`; nil is zeros.
    package var initial: [Buffer]?
    /// A key for each gap between layers; nil when nothing is dropped (inference).
    package var dropoutKeys: [RandomKey]?

    package init(
        batch: Int, steps: Int, x: Buffer, weights: [RecurrentWeights<Buffer>], initial: [Buffer]? = nil,
        dropoutKeys: [RandomKey]? = nil
    ) {
        (self.batch, self.steps, self.x, self.weights) = (batch, steps, x, weights)
        (self.initial, self.dropoutKeys) = (initial, dropoutKeys)
    }
}

/// What a run of a stack leaves behind.
package struct RecurrentTrace {
    /// A layer's sweep and the input it read: rows of `[batch, steps, inputs]` as batches × rows × columns.
    package struct Layer {
        package var sweep: RecurrentSweep
        package var input: Matrix
    }

    package var layers: [Layer]
    /// `[batch, steps, hidden]`
    package var output: Buffer
    /// For each state (h, c): `[layers, batch, hidden]`.
    package var final: [Buffer]
}

/// What comes into and goes out of the backward pass of a stack. Accumulators that are nil are not wanted.
package struct RecurrentGradients {
    /// In: of the output, `[batch, steps, hidden]`; nil is zeros.
    package var output: Buffer?
    /// In: of the final states, each `[layers, batch, hidden]`; nil is zeros.
    package var final: [Buffer?]
    /// Out, accumulated: of x, of the weights of each layer, of the initial states.
    package var x: Buffer?
    package var weights: [RecurrentWeights<Buffer?>]
    package var initial: [Buffer?]

    package init(
        output: Buffer?, final: [Buffer?], x: Buffer?, weights: [RecurrentWeights<Buffer?>], initial: [Buffer?]
    ) {
        (self.output, self.final, self.x, self.weights, self.initial) = (output, final, x, weights, initial)
    }
}
