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
        let (weight, bias) = (sweep.recurrentWeight.doubles.values.map(operand), sweep.recurrentBias.doubles.values)
        for t in sweep.part {
            let h = (0..<sweep.rows.count(t)).map { b in
                (0..<hidden).map { operand(sweep.state(0, t, b, $0) * sweep.factor(b, $0)) }
            }
            sweep.forEachUnit(of: [t]) { t, b, j in
                let q = (0..<cell.gates).map { gate in
                    let row = gate * hidden + j
                    return (0..<hidden).reduce(bias[row]) { $0 + weight[row * hidden + $1] * h[b][$1] }
                }
                let unit = sweep.unit(t, b, j)
                let x = sweep.arriving(t, b, j)
                let old = (0..<cell.states).map { sweep.state($0, t, b, j) }
                let (saved, new) = unit.step(x: x, q: q, old: old)
                for (block, value) in saved.enumerated() { sweep.setBlock(block, t, b, j, value) }
                for (state, value) in new.enumerated() { sweep.setState(state, t + 1, b, j, value) }
                if let fed = sweep.fed {
                    fed.h.doubles.values[sweep.place(t + 1, b, j)] = new[0] * sweep.factor(b, j)
                }
                if let output = sweep.output { sweep.see(output, t, b, j) { $0 = new[0] } }
            }
        }
    }

    package func backward(_ sweep: RecurrentSweep, _ gradients: SweepGradients) {
        let (hidden, cell) = (sweep.hidden, sweep.cell)
        let (carry, weight) = (gradients.carry.map(\.doubles), sweep.recurrentWeight.doubles.values.map(operand))
        for t in sweep.part.reversed() {
            sweep.forEachUnit(of: [t]) { t, b, j in
                let at = b * hidden + j
                if let above = gradients.above {
                    carry[1].values[at] += above.doubles.values[(sweep.rows.starts[t] + b) * hidden + j]
                }
                carry[0].values[at] += gradients.output.map { sweep.see($0, t, b, j) { $0 } } ?? 0
                gradients.flow?.doubles.values[sweep.place(t, b, j)] = carry[0].values[at]
                let unit = sweep.unit(t, b, j)
                let found = unit.gradient(
                    saved: (0..<cell.saved).map { sweep.block($0, t, b, j) },
                    old: (0..<cell.states).map { sweep.state($0, t, b, j) }, of: carry.map { $0.values[at] })
                for (block, value) in found.saved.enumerated() { sweep.setBlock(block, t, b, j, value) }
                for (state, value) in found.old.enumerated() { carry[state].values[at] = value }
                for (peephole, value) in found.peepholes.enumerated() {
                    let row = sweep.rows.starts[t] + b
                    gradients.products?.doubles.values[(row * cell.peepholes + peephole) * hidden + j] = value
                }
            }
            // ∂h += Rᵀ·∂q, when every ∂q of the step is known.
            sweep.forEachUnit(of: [t]) { t, b, j in
                var sum = 0.0
                for gate in 0..<cell.gates {
                    for unit in 0..<hidden {
                        sum += weight[(gate * hidden + unit) * hidden + j] * operand(sweep.block(gate, t, b, unit))
                    }
                }
                carry[0].values[b * hidden + j] += sum * sweep.factor(b, j)
            }
        }
    }
}

/// The plainest judge of a whole stack: straight from the equations, one sequence at a time, nothing of the layout the
/// backends share. `x` is `[batch, steps, inputs]`, `initial` `[layers · directions, batch, hidden]` for each state;
/// `factor` multiplies what goes from layer to layer.
package func naiveStack(
    _ stack: RecurrentStack, batch: Int, steps: Int, x: [Double], weights: [RecurrentWeights<[Double]>],
    initial: [[Double]]?, mask: SequenceMask? = nil, keys: [RecurrentKeys]? = nil,
    factor: (_ layer: Int, _ row: Int, _ step: Int, _ unit: Int) -> Double = { _, _, _, _ in 1 }
) -> (output: [Double], final: [[Double]]) {
    let (directions, widths) = (stack.direction.isReversed, stack.widths)
    var output: [Double] = []
    var final = widths.map { Array(repeating: 0.0, count: stack.sweeps * batch * $0) }
    for row in 0..<batch {
        var sequence = (0..<steps).map { t in
            Array(x[(row * steps + t) * stack.inputs..<(row * steps + t + 1) * stack.inputs])
        }
        // Of each direction and step, c of the layer below.
        var memories = directions.map { _ in [[Double]](repeating: [], count: steps) }
        for layer in 0..<stack.layers {
            var outputs: [[[Double]]] = []
            let below = memories
            for (direction, isReversed) in directions.enumerated() {
                let index = layer * directions.count + direction
                let places = widths.map { (index * batch + row) * $0..<(index * batch + row + 1) * $0 }
                var states = places.enumerated().map { state, place in
                    initial.map { Array($0[state][place]) } ?? Array(repeating: 0, count: place.count)
                }
                var found = Array(repeating: Array(repeating: 0.0, count: stack.width), count: steps)
                for t in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
                    if mask?.contains(row: row, step: t) == false { continue }
                    states = naiveStep(
                        stack, stack.cell(of: layer), weights[index], sequence[t], below[direction][t], states,
                        keys?[index],
                        row, t, of: steps)
                    found[t] = states[0]
                    memories[direction][t] = states.last!
                }
                outputs.append(found)
                for state in states.indices { final[state].replaceSubrange(places[state], with: states[state]) }
            }
            for t in 0..<steps {
                sequence[t] = merged(outputs.map { $0[t] }, stack.merge)
                guard layer < stack.layers - 1 else { continue }
                for j in sequence[t].indices { sequence[t][j] *= factor(layer, row, t, j) }
            }
        }
        output += sequence.flatMap { $0 }
    }
    return (output, final)
}

private func merged(_ outputs: [[Double]], _ merge: Merge) -> [Double] {
    guard outputs.count == 2, merge != .concatenated else { return outputs.flatMap { $0 } }
    return zip(outputs[0], outputs[1]).map { a, b in
        switch merge {
        case .summed: a + b
        case .averaged: (a + b) / 2
        default: a * b
        }
    }
}

/// One step of a layer: its new states.
private func naiveStep(
    _ stack: RecurrentStack, _ cell: Cell, _ w: RecurrentWeights<[Double]>, _ x: [Double], _ below: [Double],
    _ old: [[Double]], _ keys: RecurrentKeys?, _ row: Int, _ step: Int, of steps: Int
) -> [[Double]] {
    let (hidden, options) = (stack.hidden, stack.options)
    let h = old[0].indices.map { j in
        old[0][j] * naiveFactor(options.recurrentDropout, keys?.recurrent, row: j, [UInt32(0), UInt32(row)])
    }
    let units = (0..<max(hidden, stack.width)).map { j in
        ReferenceUnit(
            cell: cell, options: options,
            peepholes: j < hidden ? w.peepholes.map { p in (0..<cell.peepholes).map { p[$0 * hidden + j] } } : nil,
            words: keys.map { referencePhilox(counter: [UInt32(j), UInt32(row * steps + step), 0, 1], key: $0.step) })
    }
    let product = { (weight: [Double], bias: [Double], gain: [Double]?, v: [Double], columns: Range<Int>) in
        let sums = columns.map { at in v.indices.reduce(0) { $0 + weight[at * v.count + $1] * v[$1] } }
        let seen = gain.map { gain in zip(ReferenceNorm(sums).normal, columns).map { $0 * gain[$1] } } ?? sums
        return zip(seen, columns).map { $0 + bias[$1] }
    }
    let r =
        keys == nil || options.weightDropout == 0
        ? w.recurrent
        : w.recurrent.indices.map {
            let place = [UInt32($0 / stack.width), 0]
            return w.recurrent[$0] * naiveFactor(options.weightDropout, keys!.weight, row: $0 % stack.width, place)
        }
    let first = cell.firstGates * hidden
    let a = product(w.input, w.inputBias, w.norm?.inputGain, x, 0..<cell.inputGates * hidden)
    var q = product(r, w.recurrentBias, w.norm?.recurrentGain, h, 0..<first)
    if cell.firstGates < cell.gates {
        let v = (0..<hidden).map { units[$0].reset(x: a[$0], q: q[$0]) * h[$0] }
        q += product(r, w.recurrentBias, w.norm?.recurrentGain, v, first..<cell.gates * hidden)
    }
    let made = (0..<hidden).map { j in
        let gates = { (all: [Double], count: Int) in (0..<count).map { all[$0 * hidden + j] } }
        return units[j].equations(
            x: gates(a, cell.inputGates) + (cell.below == nil ? [] : [below[j]]), q: gates(q, cell.gates),
            old: [j < old[0].count ? old[0][j] : 0] + old.dropFirst().map { $0[j] })
    }
    var new = made.map { $0.new[0] }
    if let (gain, bias) = w.norm?.memory {
        let normal = ReferenceNorm(made.map { $0.new[1] }).normal
        new = (0..<hidden).map { units[$0].reveal(saved: made[$0].saved, memory: normal[$0] * gain[$0] + bias[$0]) }
    }
    if let p = w.projection {
        new = (0..<stack.width).map { i in new.indices.reduce(0) { $0 + p[i * hidden + $1] * new[$1] } }
    }
    let states = [new] + (cell.states > 1 ? [made.map { $0.new[1] }] : [])
    return states.enumerated().map { state, raw in raw.indices.map { units[$0].zoned(state, old[state][$0], raw[$0]) } }
}

/// What dropout multiplies number `row` of a row of the mask by.
private func naiveFactor(_ probability: Float, _ key: RandomKey?, row j: Int, _ place: [UInt32]) -> Double {
    guard let key, probability > 0 else { return 1 }
    let words = referencePhilox(counter: [UInt32(j / 4)] + place + [0], key: key)
    return words[j % 4] < DropoutMask(probability: probability, key: key).threshold ? 0 : 1 / (1 - Double(probability))
}

extension RecurrentSweep {
    func forEachUnit(of steps: [Int], _ body: (_ step: Int, _ row: Int, _ unit: Int) -> Void) {
        for t in steps { for b in 0..<rows.count(t) { for j in 0..<hidden { body(t, b, j) } } }
    }

    /// What stands in an output, or its gradient, by the row's own place or in the order of the steps' rows.
    func see<Result>(
        _ output: Matrix, _ t: Int, _ b: Int, _ j: Int, _ body: (inout Double) -> Result
    ) -> Result {
        let row = output.batches == batch ? (b, t) : (0, rows.starts[t] + b)
        var value = output[row.0, row.1, j]
        defer { output[row.0, row.1, j] = value }
        return body(&value)
    }

    private func place(_ block: Int, _ t: Int, _ b: Int, _ j: Int) -> Int {
        ((rows.starts[t] + b) * cell.saved + block) * hidden + j
    }

    func block(_ block: Int, _ t: Int, _ b: Int, _ j: Int) -> Double {
        saved.doubles.values[place(block, t, b, j)]
    }

    /// What stands in the blocks that are filled before a step.
    func arriving(_ t: Int, _ b: Int, _ j: Int) -> [Double] {
        (cell.inputBlocks + (cell.below.map { [$0] } ?? [])).map { block($0, t, b, j) }
    }

    func setBlock(_ block: Int, _ t: Int, _ b: Int, _ j: Int, _ value: Double) {
        saved.doubles.values[place(block, t, b, j)] = value
    }

    /// What the recurrent weight reads h times.
    func factor(_ b: Int, _ j: Int) -> Double { fed?.factors.doubles.values[b * width + j] ?? 1 }

    /// What the equations need to know of a unit.
    func unit(_ t: Int, _ b: Int, _ j: Int) -> ReferenceUnit {
        let at = order.map { Int($0.indices![rows.starts[t] + b]) } ?? b * stepsOfBatch + t
        return ReferenceUnit(
            cell: cell, options: options,
            peepholes: peepholes.map { p in (0..<cell.peepholes).map { p.doubles.values[$0 * hidden + j] } },
            words: key.map { referencePhilox(counter: [UInt32(j), UInt32(at), 0, 1], key: $0) })
    }

    /// Of the state before step t, which is that after step t − 1: of h, or of c.
    func place(_ t: Int, _ b: Int, _ j: Int, state: Int = 0) -> Int {
        (t == 0 ? b : rows.place(after: t - 1, row: b)) * (state == 0 ? width : hidden) + j
    }

    func state(_ state: Int, _ t: Int, _ b: Int, _ j: Int) -> Double {
        states[state].doubles.values[place(t, b, j, state: state)]
    }

    func setState(_ state: Int, _ t: Int, _ b: Int, _ j: Int, _ value: Double) {
        states[state].doubles.values[place(t, b, j, state: state)] = value
    }
}
