// Steps in stages (Kernels/recurrence_rows.h), for what does not fit into one product and the equations behind it: a second
// product (gru-reset-before), rows that have to be seen whole (layer normalisation), h projected. One time loop for all
// of them and for every backend, which brings the products and what comes between them.

/// What of a step is neither product.
package enum SweepStage: Sendable, Hashable {
    /// `v ← r·h`, what the second product reads.
    case reset
    /// saved, c' and m ← the cell's equations.
    case units
    /// h' ← what m is projected to. Where nothing is projected `units` does it, but for the gradient that comes home.
    case settle
}

/// What a sweep has besides where its steps go in stages.
package struct SweepStages {
    /// `[rows, input gates·hidden]`: `W·x`, where it is normalised; backward, its gradient.
    package var x: Buffer?
    /// `R·h`: `[rows, gates·hidden]` where it is normalised; backward, its gradient. Else of one step.
    package var q: Buffer
    /// `[rows, hidden]`: r·h, where there is a second product.
    package var v: Buffer?
    /// `[rows, hidden]`: c' before it is normalised.
    package var memory: Buffer?
    /// `[rows, hidden]` where h is a projection of it, else of one step.
    package var m: Buffer
    /// `[width, hidden]`, and its result of one step, `[batch, width]`.
    package var projection: (weight: Buffer, result: Buffer)?
    /// `[input gates·hidden]`
    package var inputBias: Buffer
    package var norm: RecurrentNorm<Buffer>?

    package init(
        _ sweep: RecurrentSweep, _ stack: RecurrentStack, _ weights: RecurrentWeights<Buffer>, on backend: any Backend
    ) {
        let (cell, rows, hidden, gates) = (sweep.cell, sweep.rows, sweep.hidden, sweep.cell.gates)
        let make = { (count: Int) in backend.makeBuffer(.float32, count: count, for: "the stages of a recurrence") }
        let isNormal = weights.norm != nil
        x = isNormal ? make(rows.total * cell.inputGates * hidden) : nil
        q = make((isNormal ? rows.total : rows.batch) * gates * hidden)
        v = cell.firstGates < gates ? make(rows.total * hidden) : nil
        memory = isNormal && cell.states > 1 ? make(rows.total * hidden) : nil
        m = make((stack.projection == nil ? rows.batch : rows.total) * hidden)
        projection = weights.projection.map { ($0, make(rows.batch * stack.width)) }
        inputBias = weights.inputBias
        norm = weights.norm
    }
}

/// What its backward pass has besides.
package struct StageGradients {
    /// Of one step: `[batch, width]` through the matmul of the step after, `[batch, hidden]` of m, and of v.
    package var through, m: Buffer
    package var v: Buffer?
    /// `[rows, width]`: of what m is projected to.
    package var projected: Buffer?
    /// `[rows, (input gates + gates + 2 if there is c)·hidden]`: what summed over all rows is the gradient of the gains.
    package var gains: Buffer?

    package init(_ sweep: RecurrentSweep, _ stages: SweepStages, on backend: any Backend) {
        let (hidden, cell, rows) = (sweep.hidden, sweep.cell, sweep.rows)
        let make = { (count: Int) in backend.makeBuffer(.float32, count: count, for: "the gradients of a recurrence") }
        through = make(rows.batch * sweep.width)
        m = make(rows.batch * hidden)
        v = stages.v.map { _ in make(rows.batch * hidden) }
        projected = stages.projection.map { _ in make(rows.total * sweep.width) }
        gains = stages.norm.map { make(rows.total * $0.blocks(of: cell) * hidden) }
    }
}

extension RecurrentNorm {
    /// Of `hidden` numbers, in a row of the products that sum up to the gradients.
    package func blocks(of cell: Cell) -> Int { cell.inputGates + cell.gates + (memory == nil ? 0 : 2) }
}

extension RecurrentSweep {
    /// A step's rows of a buffer of all rows, or of one step's, where it is not kept.
    private func stepRows(_ buffer: Buffer, _ step: Int, columns: Int, isKept: Bool) -> Matrix {
        let step = max(step, 0)
        return Matrix(
            buffer, at: isKept ? rows.starts[step] * columns : 0, rows: rows.count(step), columns: columns)
    }

    /// What h is fed to a step's product.
    fileprivate func fedRows(_ step: Int) -> Matrix {
        stepRows(fed?.h ?? states[0], step, columns: width, isKept: true)
    }

    /// What the second product reads.
    fileprivate func resetRows(_ step: Int) -> Matrix { stepRows(stages!.v!, step, columns: hidden, isKept: true) }

    /// Where a step's products are.
    package func productRows(_ step: Int) -> Matrix {
        stepRows(stages!.q, step, columns: cell.gates * hidden, isKept: stages!.norm != nil)
    }

    /// What the equations make of a step, and where that is what h becomes: before it is projected and after.
    package func madeRows(_ step: Int) -> Matrix {
        stepRows(stages!.m, step, columns: hidden, isKept: stages!.projection != nil)
    }
    package func settlingRows(_ step: Int) -> Matrix {
        stages!.projection.map { stepRows($0.result, step, columns: width, isKept: false) } ?? madeRows(step)
    }

    /// Their gradients, and that of what the second product read.
    package func madeRows(_ step: Int, _ gradients: StageGradients) -> Matrix {
        stepRows(gradients.m, step, columns: hidden, isKept: false)
    }
    package func settlingRows(_ step: Int, _ gradients: StageGradients) -> Matrix {
        gradients.projected.map { stepRows($0, step, columns: width, isKept: true) } ?? madeRows(step, gradients)
    }
    package func resetRows(_ step: Int, _ gradients: StageGradients) -> Matrix? {
        gradients.v.map { stepRows($0, step, columns: hidden, isKept: false) }
    }

    /// The gradients of a product of some gates, as what came before it is to see them.
    fileprivate func productGradient(_ gates: Range<Int>, _ step: Int) -> Matrix {
        let all =
            stages!.norm == nil
            ? stepRows(saved, step, columns: cell.saved * hidden, isKept: true) : productRows(step)
        return all.columns(columns(of: gates))
    }

    fileprivate func columns(of gates: Range<Int>) -> Range<Int> {
        gates.lowerBound * hidden..<gates.upperBound * hidden
    }

    /// Rows of the recurrent weight.
    fileprivate func weight(_ gates: Range<Int>) -> Matrix {
        Matrix(recurrentWeight, at: gates.lowerBound * hidden * width, rows: gates.count * hidden, columns: width)
    }

    /// The gates of the first product of a step, and of the second.
    package var products: (first: Range<Int>, second: Range<Int>) {
        (0..<cell.firstGates, cell.firstGates..<cell.gates)
    }
}

extension Backend {
    func forwardInStages(_ sweep: RecurrentSweep) {
        let (stages, products) = (sweep.stages!, sweep.products)
        let product = { (h: Matrix, gates: Range<Int>, step: Int) in
            let columns = sweep.columns(of: gates)
            let bias = Matrix(sweep.recurrentBias, at: columns.lowerBound, rows: 1, columns: columns.count)
            self.multiply(
                h, sweep.weight(gates).transposed, into: sweep.productRows(step).columns(columns),
                bias: stages.norm == nil ? bias : nil, accumulating: false)
        }
        for step in sweep.part {
            product(sweep.fedRows(step), products.first, step)
            if !products.second.isEmpty {
                forward(.reset, of: sweep, at: step)
                product(sweep.resetRows(step), products.second, step)
            }
            forward(.units, of: sweep, at: step)
            if let (weight, _) = stages.projection {
                let p = Matrix(weight, rows: sweep.width, columns: sweep.hidden)
                multiply(
                    sweep.madeRows(step), p.transposed, into: sweep.settlingRows(step), bias: nil, accumulating: false)
                forward(.settle, of: sweep, at: step)
            }
        }
    }

    func backwardInStages(_ sweep: RecurrentSweep, _ gradients: SweepGradients) {
        let (stages, own, products) = (sweep.stages!, gradients.stages!, sweep.products)
        for step in sweep.backwardSteps.reversed() {
            let goingOn = sweep.rows.count(step + 1)
            if goingOn > 0 {
                multiply(
                    sweep.productGradient(products.first, step + 1), sweep.weight(products.first),
                    into: Matrix(own.through, rows: goingOn, columns: sweep.width), bias: nil, accumulating: false)
            }
            if step < 0 || stages.projection != nil { backward(.settle, of: sweep, at: step, gradients) }
            if step < 0 { return }
            if let (weight, _) = stages.projection {
                multiply(
                    sweep.settlingRows(step, own), Matrix(weight, rows: sweep.width, columns: sweep.hidden),
                    into: sweep.madeRows(step, own), bias: nil, accumulating: false)
            }
            backward(.units, of: sweep, at: step, gradients)
            if let dv = sweep.resetRows(step, own) {
                multiply(
                    sweep.productGradient(products.second, step), sweep.weight(products.second), into: dv, bias: nil,
                    accumulating: false)
                backward(.reset, of: sweep, at: step, gradients)
            }
        }
    }
}
