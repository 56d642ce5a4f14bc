package import UnrollCompute

/// How the gradient of a loss flows back through time: `‖∂L/∂hₜ‖` of every step of every layer, over all rows of the batch.
///
///     let flow = GradientFlow()
///     model.recurrent.gradientFlow = flow
///     let (loss, gradients) = model.valueWithGradient { … }
///     for curve in try flow.curves() { print(curve.layer, curve.norms) }
///
/// ∂L/∂hₜ is the whole gradient: by way of what hₜ is the output of, and by way of all later steps. Where it shrinks
/// from step to step towards the start, what came early is not learnt; where it grows, training is not stable. (Bengio,
/// Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013)
///
/// It holds what the last backward pass came to. Where that ran the layers several times, each time over another part
/// of a sequence, the steps of all runs follow each other.
public final class GradientFlow {
    /// One direction of a layer.
    public struct Curve: Sendable, Equatable {
        /// Counted from 0, as in the names of parameters.
        public let layer: Int
        /// Whether it reads from the end.
        public let isReversed: Bool
        /// `‖∂L/∂hₜ‖` of each step of the batch, in order of time, over the rows in which the step is there.
        public let norms: [Double]
    }

    /// What two runs over parts of a sequence have in common.
    package struct Form: Hashable {
        let cell: String
        let layers: Int
        let direction: Direction
        /// How many numbers a step of the input has, and how many h.
        let inputs, width: Int
        let merge: Merge
        let options: RecurrentOptions

        /// Of a recurrence by its name.
        package init(
            cell: String, layers: Int, direction: Direction, inputs: Int, width: Int, merge: Merge,
            options: RecurrentOptions
        ) {
            (self.cell, self.layers, self.direction) = (cell, layers, direction)
            (self.inputs, self.width, self.merge, self.options) = (inputs, width, merge, options)
        }

        init(_ stack: RecurrentStack) {
            self.init(
                cell: stack.cell.name, layers: stack.layers, direction: stack.direction, inputs: stack.inputs,
                width: stack.width, merge: stack.merge, options: stack.options)
        }

        fileprivate var sweeps: Int { layers * direction.count }
    }

    /// One run of a stack.
    package final class Run {
        let form: Form
        private let steps: Int
        /// Of each sweep the gradient of every h, and of each row of it the step it is of; nil where none came back.
        private var found: [(flow: Buffer, steps: [Int])?]

        fileprivate init(_ form: Form, steps: Int) {
            (self.form, self.steps, found) = (form, steps, Array(repeating: nil, count: form.sweeps))
        }

        /// Where the backward pass is to put the gradient of every h.
        func observe(_ trace: RecurrentTrace, on backend: any Backend) -> [Buffer] {
            trace.runs.enumerated().map { index, run in
                let (rows, packing) = (run.sweep.rows, trace.packings[index % trace.packings.count])
                let flow = backend.makeBuffer(
                    .float32, count: rows.total * form.width, for: "the gradient of a recurrence's states")
                let order = packing?.order.indices
                found[index] = (
                    flow, (0..<rows.total).map { row in order.map { Int($0[row]) % steps } ?? row / rows.batch }
                )
                return flow
            }
        }

        /// The same of one sweep, whose backward pass leaves alone what is not there of `[batch, steps, hidden]`.
        func observe(_ sweep: Int, batch: Int, on backend: any Backend) -> Buffer {
            let flow = backend.makeZeros(count: batch * steps * form.width)
            found[sweep] = (flow, (0..<batch * steps).map { $0 % steps })
            return flow
        }

        /// Computed on the host, in Double and in the order of the rows: the squares of what vanishes or explodes do not
        /// fit a float.
        fileprivate func norms(of sweep: Int, on backend: any Backend) throws -> [Double] {
            var squares = [Double](repeating: 0, count: steps)
            if let (flow, stepOfRow) = found[sweep] {
                let values = try backend.read(flow)
                for (row, step) in stepOfRow.enumerated() {
                    for value in values[row * form.width..<(row + 1) * form.width] {
                        squares[step] += Double(value) * Double(value)
                    }
                }
            }
            return squares.map { $0.squareRoot() }
        }
    }

    private var runs: [Run] = []
    private weak var tape: Tape?
    private var device: Device?

    /// One that has seen nothing yet.
    public init() {}

    /// Of every layer from the first, of two directions forward first; waits for the device. Empty before there was a
    /// backward pass.
    /// - Throws: `ComputeError`, the first failure of the device since the last throw.
    public func curves() throws -> [Curve] {
        guard let device, let form = runs.first?.form else { return [] }
        return try (0..<form.sweeps).map { sweep in
            let directions = form.direction.isReversed
            return Curve(
                layer: sweep / directions.count, isReversed: directions[sweep % directions.count],
                norms: try runs.flatMap { try $0.norms(of: sweep, on: device.backend) })
        }
    }

    /// Another run of a stack, by which all that an earlier tape had is forgotten.
    func begin(_ form: Form, steps: Int, on tape: Tape?) -> Run {
        if tape == nil || tape !== self.tape { (runs, self.tape, device) = ([], tape, tape?.device) }
        require(
            runs.allSatisfy { $0.form == form }, "GradientFlow: two stacks of layers; each needs one of its own")
        runs.append(Run(form, steps: steps))
        return runs[runs.count - 1]
    }

    /// The same for operations on these operands; nil where none of them is on a tape, and nothing is observed.
    package func begin(_ form: Form, steps: Int, of operands: [Tensor]) -> Run? {
        Tape.common(of: operands).map { begin(form, steps: steps, on: $0) }
    }
}
