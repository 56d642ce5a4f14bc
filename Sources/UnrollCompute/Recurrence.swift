// What the recurrence primitives take and give. All buffers are float32.
//
// Numbers live time-major, the rows of each step after those of the step before (StepRows), so that a step is a
// contiguous slice, h before every step is one contiguous matrix, and weight gradients are single matmuls over all steps
// (the layout of Haste). Input projections are written straight into the saved rows, which the step overwrites with what
// the backward pass needs, which the backward pass overwrites with gradients: one buffer of [rows, saved·hidden] does for
// all three.

/// One direction of a layer over all steps, or over a part of them.
package struct RecurrentSweep {
    package var cell: Cell
    /// Which rows each step has.
    package var rows: StepRows
    /// The steps to go through: forward those before them are done, backward those after them.
    package var part: Range<Int>
    package var hidden: Int
    /// How many numbers h has: `hidden`, unless it is projected.
    package var width: Int
    /// `[gates·hidden, width]` and `[gates·hidden]`
    package var recurrentWeight: Buffer
    package var recurrentBias: Buffer
    /// `[rows, saved·hidden]`. Forward: `W·x + b` in the cell's input blocks → saved. Backward: saved → gradients.
    package var saved: Buffer
    /// `[rows + batch, width]` of h and `[rows + batch, hidden]` of c: of every row of every step the state before it, then
    /// the final states. Where every row is in every step, that is `[steps + 1, batch, width or hidden]`.
    package var states: [Buffer]
    /// Of h as the matmul reads it, where that is `factors` times h: the factors `[batch, width]`, and the result, laid
    /// out as h.
    package var fed: (factors: Buffer, h: Buffer)?
    /// `[peepholes·hidden]`, where the cell has them.
    package var peepholes: Buffer?
    /// Whether the layer above reads its c.
    package var isReadAbove = false
    /// What it has besides where its steps go in stages.
    package var stages: SweepStages?
    package var options = RecurrentOptions()
    /// Where training takes its random numbers from; nil is inference.
    package var key: RandomKey?
    /// The steps of the batch, and, where rows are packed, each one's place in it: what random numbers are told apart by.
    package var stepsOfBatch: Int
    package var order: Buffer?
    /// Where h is stored besides: `batch × steps × width`, or `1 × rows × width` in the order of the steps' rows.
    package var output: Matrix?

    package init(
        cell: Cell, rows: StepRows, hidden: Int, width: Int? = nil, recurrentWeight: Buffer, recurrentBias: Buffer,
        saved: Buffer, states: [Buffer], output: Matrix? = nil
    ) {
        (self.cell, self.rows, self.hidden, self.width) = (cell, rows, hidden, width ?? hidden)
        (part, stepsOfBatch) = (0..<rows.steps, rows.steps)
        (self.recurrentWeight, self.recurrentBias) = (recurrentWeight, recurrentBias)
        (self.saved, self.states, self.output) = (saved, states, output)
    }

    package var batch: Int { rows.batch }
    package var steps: Int { rows.steps }

    /// How far apart its rows lie in `output`, and its steps; besides, how far rows before a step move it on.
    package func strides(of output: Matrix?) -> (row: Int, step: Int, start: Int) {
        guard let output else { return (0, 0, 0) }
        return output.batches == batch
            ? (output.batchStride, output.rowStride, 0) : (output.rowStride, 0, output.rowStride)
    }

    /// The steps of a backward pass, in order of time: with the first comes −1, which brings ∂h home to the initial state.
    package var backwardSteps: Range<Int> { (part.lowerBound == 0 ? -1 : part.lowerBound)..<part.upperBound }

    /// The whole in parts of at most `most` rows (batch × steps), or of one step.
    package func parts(ofRows most: Int) -> [RecurrentSweep] {
        let most = max(1, most / max(1, batch))
        return stride(from: 0, to: steps, by: most).map { first in
            var sweep = self
            sweep.part = first..<min(first + most, steps)
            return sweep
        }
    }
}

/// What the backward pass finds of a recurrence's gates.
public enum RecurrentMemory: String, Sendable, Hashable, CaseIterable {
    /// What the forward pass has saved of them.
    case save
    /// Nothing but the states: it goes forward through a layer once more before it goes back, for the same numbers. Between
    /// the passes an lstm or a gru keeps two fifths of them at most.   (Chen et al. 2016)
    case recompute
}

/// A stack of layers of one cell, in one direction or both.
package struct RecurrentStack: Sendable, Hashable {
    package var cell: Cell
    package var inputs: Int
    package var hidden: Int
    /// How many numbers h is projected to; nil leaves it as it is.
    package var projection: Int?
    package var layers: Int
    package var direction: Direction
    package var merge: Merge
    package var options: RecurrentOptions
    /// Between layers, when `RecurrentPass.dropoutKeys` are given.
    package var dropout: Float
    package var memory = RecurrentMemory.save

    package init(
        cell: Cell, inputs: Int, hidden: Int, projection: Int? = nil, layers: Int, direction: Direction = .forward,
        merge: Merge = .concatenated, options: RecurrentOptions = .init(), dropout: Float = 0
    ) {
        (self.cell, self.inputs, self.hidden, self.projection, self.layers) = (cell, inputs, hidden, projection, layers)
        (self.direction, self.merge, self.options, self.dropout) = (direction, merge, options, dropout)
        // Their equations have them.
        if cell.below != nil { self.options.hasPeepholes = true }
    }

    /// The cell of layer `layer`.
    package func cell(of layer: Int) -> Cell { layer == 0 ? cell.lowest : cell }

    /// How many sweeps it takes: one for each direction of each layer, in PyTorch's order.
    package var sweeps: Int { layers * direction.count }

    /// How many numbers h has.
    package var width: Int { projection ?? hidden }

    /// How many numbers each state has: h, c.
    package var widths: [Int] { Array([width, hidden].prefix(cell.states)) }

    /// Whether a step is more than one product and the equations.
    package var goesInStages: Bool {
        projection != nil || options.hasLayerNorm || cell.firstGates < cell.gates
    }

    /// How many numbers a row of a layer's output has.
    package var outputs: Int { merge == .concatenated ? direction.count * width : width }

    /// How many numbers a row of layer `layer`'s input has.
    package func inputs(of layer: Int) -> Int { layer == 0 ? inputs : outputs }
}

/// One run of a stack over a batch of sequences.
package struct RecurrentPass {
    package var batch: Int
    package var steps: Int
    /// `[batch, steps, inputs]`
    package var x: Buffer
    /// Which steps are there; nil is all.
    package var mask: SequenceMask?
    /// Of each sweep.
    package var weights: [RecurrentWeights<Buffer>]
    /// For each state (h, c): `[sweeps, batch, width or hidden]`; nil is zeros.
    package var initial: [Buffer]?
    /// A key for each gap between layers; nil when nothing is dropped (inference).
    package var dropoutKeys: [RandomKey]?
    /// Of each sweep; nil is inference.
    package var keys: [RecurrentKeys]?

    package init(
        batch: Int, steps: Int, x: Buffer, mask: SequenceMask? = nil, weights: [RecurrentWeights<Buffer>],
        initial: [Buffer]? = nil, dropoutKeys: [RandomKey]? = nil, keys: [RecurrentKeys]? = nil
    ) {
        (self.batch, self.steps, self.x, self.mask, self.weights) = (batch, steps, x, mask, weights)
        (self.initial, self.dropoutKeys, self.keys) = (initial, dropoutKeys, keys)
    }
}

/// What a run of a stack leaves behind.
package struct RecurrentTrace {
    /// A sweep and the input it read: `batch × steps × inputs`, or `1 × rows × inputs` where it is packed and kept.
    package struct Run {
        package var sweep: RecurrentSweep
        package var input: Matrix
    }

    /// Of each sweep of the stack.
    package var runs: [Run]
    /// How each direction packs its sequences, where it does.
    package var packings: [SequencePacking?]
    /// Of each layer whose directions' outputs are multiplied, those: `[batch, steps, 2·width]`.
    package var factors: [Matrix?]
    /// `[batch, steps, outputs]`
    package var output: Buffer
    /// For each state (h, c): `[sweeps, batch, width or hidden]`.
    package var final: [Buffer]
}

/// What comes into and goes out of the backward pass of a stack. Accumulators that are nil are not wanted.
package struct RecurrentGradients {
    /// In: of the output, `[batch, steps, outputs]`; nil is zeros.
    package var output: Buffer?
    /// In: of the final states, each `[sweeps, batch, width or hidden]`; nil is zeros.
    package var final: [Buffer?]
    /// Out, accumulated: of x, of the weights of each sweep, of the initial states.
    package var x: Buffer?
    package var weights: [RecurrentWeights<Buffer?>]
    package var initial: [Buffer?]
    /// Out: of every h of each sweep, `[rows, width]`; nil is not wanted.
    package var flow: [Buffer]?

    package init(
        output: Buffer?, final: [Buffer?], x: Buffer?, weights: [RecurrentWeights<Buffer?>], initial: [Buffer?],
        flow: [Buffer]? = nil
    ) {
        (self.output, self.final, self.x, self.weights, self.initial) = (output, final, x, weights, initial)
        self.flow = flow
    }
}
