/// The primitives every device provides. Each has one definition: the formula in its comment.
///
/// Shapes are checked by the callers (`UnrollTensors`, the defaults below); a backend may trust them. Arithmetic does
/// not throw: after its first failure a backend skips every launch and throws that failure at the next `read` or
/// `synchronize`. Calls may come from several threads; each call is complete in itself, but a failure is told once, so
/// threads that want to go on after one have a backend each.
///
/// `accumulating: true` means `y ← y + …`, else `y ← …`. Gradients (`into d…`) of the `…Backward` primitives always
/// accumulate, because they end in the tape's accumulators.
package protocol Backend: AnyObject, Sendable {
    /// The device's name: `cpu`, `opencl:0`.
    var name: String { get }

    // MARK: Memory

    /// A buffer of `count` elements, contents undefined. An error names its purpose: "the output of a recurrence".
    func makeBuffer(_ type: ElementType, count: Int, for purpose: StaticString) -> Buffer
    /// Copies all of `values` to the start of the buffer. The values may be freed on return.
    func write(_ values: [Float], to buffer: Buffer)
    /// The same for int32; the buffer keeps the host's copy (`Buffer.indices`).
    func write(_ values: [Int32], to buffer: Buffer)
    /// The buffer's numbers, after everything enqueued before has run.
    func read(_ buffer: Buffer) throws -> [Float]
    /// Waits for everything enqueued; throws the first failure since the last throw.
    func synchronize() throws
    /// `yᵢ ← value`
    func fill(_ buffer: Buffer, with value: Float)
    /// `y ← x` or `y ← y + x` for views of the same shape; views of one buffer must not overlap.
    func copy(_ x: Matrix, to y: Matrix, accumulating: Bool)

    // MARK: Linear algebra

    /// `C ← A·B (+ C) (+ bias in every row)`, batched. One stride of each of A and B is 1 (or its extent is 1), and
    /// C's column stride is 1. A batch stride of 0 in C sums over batches (bias is then nil). `bias` is one contiguous row.
    func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool)

    // MARK: Elementwise

    /// `yᵢ ← f(xᵢ)`; x and y may be the same buffer.
    func map(_ f: UnaryFunction, _ x: Buffer, into y: Buffer)
    /// `dxᵢ ← dxᵢ + dyᵢ·f'(xᵢ)`, where `y = f(x)`.
    func mapBackward(_ f: UnaryFunction, x: Buffer, y: Buffer, dy: Buffer, into dx: Buffer)
    /// `c ← f(a, b)` for views of the same shape; operands broadcast by strides of 0. c may be the same view as a or b.
    func zip(_ f: BinaryFunction, _ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool)

    // MARK: Reductions

    /// Over the rows of each batch: `y[b, j] ← scale · Σᵢ x[b, i, j]` (or Σ x², or maxᵢ x); y is `batches` contiguous
    /// rows × columns. The order of the sum depends on the shape alone. `accumulating` is not for `maximum`.
    func reduce(_ reduction: Reduction, rowsOf x: Matrix, scale: Float, into y: Matrix, accumulating: Bool)

    // MARK: Softmax and losses: x is [rows, columns], contiguous

    /// `y ← eˣ / Σ eˣ` along each row, or its logarithm.
    func softmax(_ x: Buffer, rows: Int, columns: Int, logarithmic: Bool, into y: Buffer)
    /// `dx += y·(dy − Σ dy·y)`, or for the logarithm `dx += dy − eʸ·Σ dy`.
    func softmaxBackward(
        y: Buffer, dy: Buffer, rows: Int, columns: Int, logarithmic: Bool, into dx: Buffer)
    /// `loss[0] ← scale · Σ (logSumExp − x[target])` over rows whose target is not −1; `logSumExp[row]` is kept for
    /// the backward pass. Targets are int32 `[rows]`, checked by the caller.
    func crossEntropy(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, into loss: Buffer, logSumExp: Buffer)
    /// `dx += dLoss[0] · scale · (softmax(x) − [column = target])` in rows whose target is not −1.
    func crossEntropyBackward(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, logSumExp: Buffer, dLoss: Buffer,
        into dx: Buffer)

    // MARK: Normalisation: x is [rows, columns], contiguous

    /// `y ← scale·x̂ + shift` along each row, where `x̂ = (x − μ)·r` with the row's mean μ and `r = 1/√(σ² + epsilon)`; σ²
    /// is the mean of (x − μ)². `statistics[2·row]` keeps μ, the number behind it r. Scale and shift are one row each.
    func normalize(
        _ x: Buffer, rows: Int, columns: Int, scale: Buffer, shift: Buffer, epsilon: Float, into y: Buffer,
        statistics: Buffer)
    /// `dx += r·(g − mean g − x̂·mean(g·x̂))` with `g = dy·scale`, where dx is wanted; then `dy ← dy·x̂`, the terms of the
    /// scale's gradient.
    func normalizeBackward(
        _ x: Buffer, dy: Buffer, rows: Int, columns: Int, scale: Buffer, statistics: Buffer, into dx: Buffer?)

    // MARK: Lookup

    /// `y[i] ← table[indices[i]] (+ y[i])`; an index of −1 stands for zeros. Both have one batch, and columns side by side.
    func gather(_ table: Matrix, indices: Buffer, into y: Matrix, accumulating: Bool)
    /// `dTable[indices[i]] += dy[i]`, both of contiguous rows, in ascending order of i for each row of the table; −1 is
    /// passed over.
    func scatterAdd(_ dy: Buffer, columns: Int, indices: Buffer, into dTable: Buffer)

    // MARK: Recurrence (see Recurrence.swift)

    /// `y[to + i] ← x[from + i]` for `count` numbers of each state, or zeros where there is no x: one launch where
    /// launches cost. Has a default.
    func copyStates(_ x: [Buffer]?, at from: Int, to y: [Buffer], at to: Int, count: Int)
    /// The steps of the sweep's part.
    func forward(_ sweep: RecurrentSweep)
    /// The steps of the sweep's part, last to first.
    func backward(_ sweep: RecurrentSweep, _ gradients: SweepGradients)
    /// A stage of a step of a sweep that goes in stages, and its gradient.
    func forward(_ stage: SweepStage, of sweep: RecurrentSweep, at step: Int)
    func backward(_ stage: SweepStage, of sweep: RecurrentSweep, at step: Int, _ gradients: SweepGradients)
    /// A whole stack: has a default, which a backend overrides when it can run layers as a wavefront.
    func forward(_ stack: RecurrentStack, _ pass: RecurrentPass) -> RecurrentTrace
    /// The same numbers where nothing will ask for gradients: a few steps after the others, so that what a trace would
    /// keep never leaves the cache. Has a default likewise.
    func infer(_ stack: RecurrentStack, _ pass: RecurrentPass) -> (output: Buffer, final: [Buffer])
    /// The gradient of a whole stack: has a default likewise.
    func backward(
        _ stack: RecurrentStack, _ pass: RecurrentPass, _ trace: RecurrentTrace, _ gradients: RecurrentGradients)
    /// How many rows (batch × steps) the defaults take at a time, if more than a step's: what projecting leaves, sweeping
    /// finds in cache, and what sweeping leaves, the products of the gradients.
    var rowsAtOnce: Int { get }

    // MARK: Losses of sequences (see SequenceLosses.swift): value and gradient together

    /// `losses[b] ← log Σ over all y of exp(score(y)) − score(targets[b])`, and its gradients where asked for. Targets are
    /// int32 `[batch, steps]`, tags wherever a step is there.
    func crf(_ chains: TagChains, targets: Buffer, into losses: Buffer, gradients: TagChainGradients?)
    /// The tags with the largest score, of equal ones the first: `path[b, t]`, −1 at steps that are not there.
    func viterbi(_ chains: TagChains, into path: Buffer)
    /// `losses[b] ← −log Σ over all alignments of Πₜ p[b, t, classₜ]`: +∞, or 0 if so asked, where there is none.
    /// `gradient` `[batch, steps, classes]` is with respect to what the probabilities are the softmax of: p less how likely
    /// each class is, given the string. Zeros at steps that are not there and in rows without an alignment.
    func ctc(_ alignments: Alignments, into losses: Buffer, gradient: Buffer?)

    // MARK: Scan (see Scan.swift)

    /// `y[b, t] ← h` after step t, `[batch, steps, hidden]`, and `final[b] ← h` after the last. A step that is not there
    /// leaves h as it was and has an output of zeros.
    func scan(_ scan: Scan, into y: Buffer, final: Buffer)
    /// The gradient, from those of outputs and of the final state; nil is zeros. Adds to those of its operands. Into
    /// `flow` `[batch, steps, hidden]`, where given, goes ∂h of every step that is there.
    func scanBackward(
        _ scan: Scan, y: Buffer, dy: Buffer?, dFinal: Buffer?, into dx: Buffer, dWeight: Buffer?, dInitial: Buffer?,
        flow: Buffer?)

    // MARK: Random, update

    /// `y[b, i, j] ← x[b, i, j] · mask`, where the mask of batch row b, step i, unit j is 0 if word `j mod 4` of
    /// Philox((j / 4, i, b, 0), key) is below `threshold`, else `scale`. x and y may be the same view.
    func dropout(_ mask: DropoutMask, _ x: Matrix, into y: Matrix, accumulating: Bool)
    /// One step of an optimizer; the gradient counts times `scale[0]` where given.
    func update(_ rule: UpdateRule, parameter: Buffer, gradient: Buffer, moments: [Buffer], scale: Buffer?)
}

extension Backend {
    /// A buffer of `count` elements, contents undefined.
    package func makeBuffer(_ type: ElementType, count: Int) -> Buffer {
        makeBuffer(type, count: count, for: "a tensor")
    }

    /// A buffer holding these numbers.
    package func makeBuffer(_ values: [Float]) -> Buffer {
        let buffer = makeBuffer(.float32, count: values.count)
        write(values, to: buffer)
        return buffer
    }

    /// A buffer holding these integers.
    package func makeBuffer(_ values: [Int32]) -> Buffer {
        let buffer = makeBuffer(.int32, count: values.count)
        write(values, to: buffer)
        return buffer
    }

    /// A buffer of zeros.
    package func makeZeros(count: Int) -> Buffer {
        let buffer = makeBuffer(.float32, count: count)
        fill(buffer, with: 0)
        return buffer
    }
}

extension Backend {
    /// What `units` numbers of each row are multiplied by at step 0: `[rows, units]`.
    package func factors(of mask: DropoutMask, rows: Int, units: Int) -> Buffer {
        let factors = makeBuffer(.float32, count: rows * units)
        fill(factors, with: 1)
        let view = Matrix(factors, batches: rows, rows: 1, columns: units)
        dropout(mask, view, into: view, accumulating: false)
        return factors
    }

    /// Dropout of which all rows of a batch, the steps of a sequence, have the first one's mask.
    package func dropout(_ mask: DropoutMask, lockedOver x: Matrix, into y: Matrix, accumulating: Bool) {
        let factors = Matrix(
            factors(of: mask, rows: x.batches, units: x.columns), batches: x.batches, rows: x.rows, columns: x.columns,
            batchStride: x.columns, rowStride: 0)
        zip(.multiply, x, factors, into: y, accumulating: accumulating)
    }
}
