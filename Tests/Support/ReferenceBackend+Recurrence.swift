package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Cells written from the textbook and PyTorch's documentation, apart from Kernels/cells.

extension ReferenceBackend {
    package var rowsAtOnce: Int { .max }

    package func forward(_ sweep: RecurrentSweep) {
        let (hidden, cell) = (sweep.hidden, sweep.cell)
        sweep.forEachUnit(of: Array(sweep.part)) { t, b, j in
            let h = (0..<hidden).map { sweep.state(0, t, b, $0) }
            let factors = h.map(operand)
            let q = (0..<cell.gates).map { gate in
                let row = (gate * hidden + j) * hidden
                return (0..<hidden).reduce(sweep.recurrentBias.doubles.values[gate * hidden + j]) {
                    $0 + operand(sweep.recurrentWeight.doubles.values[row + $1]) * factors[$1]
                }
            }
            let x = cell.inputBlocks.map { sweep.block($0, t, b, j) }
            let (saved, next) = referenceStep(
                cell, x: x, q: q, h: h[j], c: cell.states > 1 ? sweep.state(1, t, b, j) : 0)
            for (block, value) in saved.enumerated() { sweep.setBlock(block, t, b, j, value) }
            for (state, value) in next.enumerated() { sweep.setState(state, t + 1, b, j, value) }
            if let output = sweep.output { output[b, t, j] = next[0] }
        }
    }

    package func backward(_ sweep: RecurrentSweep, outputGradient: Matrix?, carry: [Buffer]) {
        let (hidden, cell) = (sweep.hidden, sweep.cell)
        let carry = carry.map(\.doubles)
        for t in sweep.part.reversed() {
            sweep.forEachUnit(of: [t]) { t, b, j in
                let at = b * hidden + j
                let dh = carry[0].values[at] + (outputGradient.map { $0[b, t, j] } ?? 0)
                let saved = (0..<cell.saved).map { sweep.block($0, t, b, j) }
                let gradient: [Double]
                switch cell.name {
                case "lstm":
                    let (i, f, g, o) = (saved[0], saved[1], saved[2], saved[3])
                    let u = tanh(sweep.state(1, t + 1, b, j))
                    let dc = carry[1].values[at] + dh * o * (1 - u * u)
                    let before = sweep.state(1, t, b, j)
                    gradient = [
                        dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * u * o * (1 - o),
                    ]
                    carry[1].values[at] = dc * f
                    carry[0].values[at] = 0
                case "gru":
                    let (r, z, qn, n) = (saved[0], saved[1], saved[2], saved[3])
                    let dn = dh * (1 - z) * (1 - n * n)
                    gradient = [
                        dn * qn * r * (1 - r), dh * (sweep.state(0, t, b, j) - n) * z * (1 - z), dn * r, dn,
                    ]
                    carry[0].values[at] = dh * z
                default:
                    let h = sweep.state(0, t + 1, b, j)
                    gradient = [dh * (cell.name == "rnn" ? 1 - h * h : h > 0 ? 1 : 0)]
                    carry[0].values[at] = 0
                }
                for (block, value) in gradient.enumerated() { sweep.setBlock(block, t, b, j, value) }
            }
            // ∂h += Rᵀ·∂q, when every ∂q of the step is known.
            sweep.forEachUnit(of: [t]) { t, b, j in
                for gate in 0..<cell.gates {
                    for unit in 0..<hidden {
                        let weight = sweep.recurrentWeight.doubles.values[(gate * hidden + unit) * hidden + j]
                        carry[0].values[b * hidden + j] += operand(weight) * operand(sweep.block(gate, t, b, unit))
                    }
                }
            }
        }
    }
}

/// One step of one unit: what a cell saves, and its new states.
package func referenceStep(
    _ cell: Cell, x: [Double], q: [Double], h: Double, c: Double
) -> (saved: [Double], states: [Double]) {
    let sigmoid = { (a: Double) in 1 / (1 + exp(-a)) }
    switch cell.name {
    case "lstm":
        let (i, f) = (sigmoid(x[0] + q[0]), sigmoid(x[1] + q[1]))
        let (g, o) = (tanh(x[2] + q[2]), sigmoid(x[3] + q[3]))
        let next = f * c + i * g
        return ([i, f, g, o], [o * tanh(next), next])
    case "gru":
        let (r, z) = (sigmoid(x[0] + q[0]), sigmoid(x[1] + q[1]))
        let n = tanh(x[2] + r * q[2])
        return ([r, z, q[2], n], [(1 - z) * n + z * h])
    case "rnn":
        let next = tanh(x[0] + q[0])
        return ([next], [next])
    case "rnn-relu":
        let next = max(0, x[0] + q[0])
        return ([next], [next])
    default:
        preconditionFailure("the reference has no cell '\(cell.name)'")
    }
}

/// The plainest judge of a whole stack: straight from the equations, one sequence at a time, nothing of the layout the
/// backends share. `x` is `[batch, steps, inputs]`, `initial` `[layers, batch, hidden]` for each state; `mask` multiplies
/// what goes from layer to layer.
package func naiveStack(
    _ stack: RecurrentStack, batch: Int, steps: Int, x: [Double], weights: [RecurrentWeights<[Double]>],
    initial: [[Double]]?, mask: (_ layer: Int, _ row: Int, _ step: Int, _ unit: Int) -> Double = { _, _, _, _ in 1 }
) -> (output: [Double], final: [[Double]]) {
    let (hidden, gates) = (stack.hidden, stack.cell.gates)
    var output: [Double] = []
    var final = Array(repeating: Array(repeating: 0.0, count: stack.layers * batch * hidden), count: stack.cell.states)
    for row in 0..<batch {
        var sequence = (0..<steps).map { t in
            Array(x[(row * steps + t) * stack.inputs..<(row * steps + t + 1) * stack.inputs])
        }
        for layer in 0..<stack.layers {
            let w = weights[layer]
            let place = (layer * batch + row) * hidden
            let start = { (state: Int) in
                initial.map { Array($0[state][place..<place + hidden]) } ?? Array(repeating: 0, count: hidden)
            }
            var states = (0..<stack.cell.states).map(start)
            for t in 0..<steps {
                let old = states
                for j in 0..<hidden {
                    let sums = { (matrix: [Double], bias: [Double], vector: [Double]) in
                        (0..<gates).map { gate in
                            let at = gate * hidden + j
                            return vector.indices.reduce(bias[at]) { $0 + matrix[at * vector.count + $1] * vector[$1] }
                        }
                    }
                    let a = sums(w.input, w.inputBias, sequence[t])
                    let q = sums(w.recurrent, w.recurrentBias, old[0])
                    let c = stack.cell.states > 1 ? old[1][j] : 0
                    for (state, value) in referenceStep(stack.cell, x: a, q: q, h: old[0][j], c: c).states.enumerated()
                    {
                        states[state][j] = value
                    }
                }
                sequence[t] = states[0]
            }
            for state in states.indices { final[state].replaceSubrange(place..<place + hidden, with: states[state]) }
            if layer < stack.layers - 1 {
                for t in 0..<steps { for j in 0..<hidden { sequence[t][j] *= mask(layer, row, t, j) } }
            }
        }
        output += sequence.flatMap { $0 }
    }
    return (output, final)
}

extension RecurrentSweep {
    fileprivate func forEachUnit(of steps: [Int], _ body: (_ step: Int, _ row: Int, _ unit: Int) -> Void) {
        for t in steps { for b in 0..<batch { for j in 0..<hidden { body(t, b, j) } } }
    }

    private func place(_ block: Int, _ t: Int, _ b: Int, _ j: Int) -> Int {
        ((t * batch + b) * cell.saved + block) * hidden + j
    }

    fileprivate func block(_ block: Int, _ t: Int, _ b: Int, _ j: Int) -> Double {
        saved.doubles.values[place(block, t, b, j)]
    }

    fileprivate func setBlock(_ block: Int, _ t: Int, _ b: Int, _ j: Int, _ value: Double) {
        saved.doubles.values[place(block, t, b, j)] = value
    }

    fileprivate func state(_ state: Int, _ t: Int, _ b: Int, _ j: Int) -> Double {
        states[state].doubles.values[(t * batch + b) * hidden + j]
    }

    fileprivate func setState(_ state: Int, _ t: Int, _ b: Int, _ j: Int, _ value: Double) {
        states[state].doubles.values[(t * batch + b) * hidden + j] = value
    }
}
