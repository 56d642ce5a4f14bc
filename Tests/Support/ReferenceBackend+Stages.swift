package import UnrollCompute

// The stages of a step in Double: normalisation from Ba et al. 2016, the rest from ReferenceUnit.

/// `x̂ = (x − μ)/√(σ² + ε)` of some numbers, and the gradient of x from that of x̂.
struct ReferenceNorm {
    let normal: [Double]
    private let r: Double

    init(_ x: [Double]) {
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
        let r = 1 / (variance + 1e-5).squareRoot()
        (self.r, normal) = (r, x.map { ($0 - mean) * r })
    }

    func gradient(of g: [Double]) -> [Double] {
        let count = Double(g.count)
        let mean = g.reduce(0, +) / count
        let product = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / count
        return zip(g, normal).map { r * ($0 - mean - $1 * product) }
    }
}

extension ReferenceBackend {
    package func forward(_ stage: SweepStage, of sweep: RecurrentSweep, at step: Int) {
        for b in 0..<sweep.rows.count(step) {
            let row = StagedRow(sweep, step, b)
            switch stage {
            case .reset:
                let (x, q) = row.seen(sweep.products.first)
                for j in 0..<sweep.hidden {
                    let r = sweep.unit(step, b, j).reset(x: x[j], q: q[j])
                    row.setReset(j, r * row.fed(j))
                }
            case .units, .settle:
                if stage == .units { row.forward() }
                guard stage == .settle || sweep.stages!.projection == nil else { continue }
                let from = sweep.settlingRows(step)
                for j in 0..<sweep.width {
                    let h = sweep.unit(step, b, j).zoned(0, sweep.state(0, step, b, j), from[0, b, j])
                    sweep.setState(0, step + 1, b, j, h)
                    if let fed = sweep.fed {
                        fed.h.doubles.values[sweep.place(step + 1, b, j)] = h * sweep.factor(b, j)
                    }
                    if let output = sweep.output { sweep.see(output, step, b, j) { $0 = h } }
                }
            }
        }
    }

    package func backward(
        _ stage: SweepStage, of sweep: RecurrentSweep, at step: Int, _ gradients: SweepGradients
    ) {
        for b in 0..<sweep.rows.count(max(step, 0)) {
            let row = StagedRow(sweep, max(step, 0), b)
            switch stage {
            case .settle: row.unsettle(step, gradients)
            case .units:
                if sweep.stages!.projection == nil { row.unsettle(step, gradients) }
                row.backward(gradients)
            case .reset: row.resetBackward(gradients)
            }
        }
    }
}

/// A row of a step of a sweep in stages.
private struct StagedRow {
    let sweep: RecurrentSweep
    let stages: SweepStages
    let step, b, hidden: Int

    init(_ sweep: RecurrentSweep, _ step: Int, _ b: Int) {
        (self.sweep, stages, self.step, self.b, hidden) = (sweep, sweep.stages!, step, b, sweep.hidden)
    }

    private var place: Int { sweep.rows.starts[step] + b }

    func fed(_ j: Int) -> Double { (sweep.fed?.h ?? sweep.states[0]).doubles.values[place * sweep.width + j] }

    func setReset(_ j: Int, _ value: Double) { stages.v!.doubles.values[place * hidden + j] = value }

    private func rawX(_ range: Range<Int>) -> [Double] {
        range.map { stages.x!.doubles.values[place * everyInput.count + $0] }
    }

    private func rawQ(_ gates: Range<Int>) -> [Double] {
        let rows = sweep.productRows(step)
        return (gates.lowerBound * hidden..<gates.upperBound * hidden).map { rows[0, b, $0] }
    }

    private var everyInput: Range<Int> { 0..<sweep.cell.inputGates * hidden }

    /// What the equations see of every projection and the first product's or all gates, a number after the other.
    func seen(_ gates: Range<Int>) -> (x: [Double], q: [Double]) {
        let columns = gates.lowerBound * hidden..<gates.upperBound * hidden
        guard let norm = stages.norm else {
            let x = everyInput.map { sweep.block(sweep.cell.inputBlocks[$0 / hidden], step, b, $0 % hidden) }
            return (x, rawQ(gates))
        }
        let (x, all) = (ReferenceNorm(rawX(everyInput)).normal, sweep.products)
        var q = ReferenceNorm(rawQ(all.first)).normal
        if gates.upperBound > all.first.upperBound { q += ReferenceNorm(rawQ(all.second)).normal }
        return (
            everyInput.map { x[$0] * norm.inputGain.doubles.values[$0] + stages.inputBias.doubles.values[$0] },
            columns.map { q[$0] * norm.recurrentGain.doubles.values[$0] + sweep.recurrentBias.doubles.values[$0] }
        )
    }

    private func old(_ j: Int) -> [Double] {
        let h = stages.projection == nil ? sweep.state(0, step, b, j) : 0
        return [h] + (sweep.cell.states > 1 ? [sweep.state(1, step, b, j)] : [])
    }

    func forward() {
        let cell = sweep.cell
        let (x, q) = seen(0..<cell.gates)
        let made = sweep.madeRows(step)
        for j in 0..<hidden {
            let unit = sweep.unit(step, b, j)
            let gates = { (all: [Double], count: Int) in (0..<count).map { all[$0 * hidden + j] } }
            let below = sweep.cell.below.map { [sweep.block($0, step, b, j)] } ?? []
            let (saved, raw) = unit.equations(
                x: gates(x, cell.inputGates) + below, q: gates(q, cell.gates), old: old(j))
            for (block, value) in saved.enumerated() { sweep.setBlock(block, step, b, j, value) }
            if cell.states > 1 { sweep.setState(1, step + 1, b, j, unit.zoned(1, old(j)[1], raw[1])) }
            stages.memory?.doubles.values[place * hidden + j] = raw.last!
            made[0, b, j] = raw[0]
        }
        guard let memory = stages.memory, let (gain, bias) = stages.norm?.memory else { return }
        let normal = ReferenceNorm((0..<hidden).map { memory.doubles.values[place * hidden + $0] }).normal
        for j in 0..<hidden {
            made[0, b, j] = sweep.unit(step, b, j).reveal(
                saved: saved(j), memory: normal[j] * gain.doubles.values[j] + bias.doubles.values[j])
        }
    }

    private func saved(_ j: Int) -> [Double] { (0..<sweep.cell.saved).map { sweep.block($0, step, b, j) } }

    func unsettle(_ step: Int, _ gradients: SweepGradients) {
        let own = gradients.stages!
        let to = sweep.settlingRows(step, own)
        for j in 0..<sweep.width {
            let at = b * sweep.width + j
            let came = b < sweep.rows.count(step + 1) ? own.through.doubles.values[at] * sweep.factor(b, j) : 0
            let carried = gradients.carry[0].doubles.values[at] + came
            guard step >= 0 else {
                gradients.carry[0].doubles.values[at] = carried
                continue
            }
            let d = carried + (gradients.output.map { sweep.see($0, step, b, j) { $0 } } ?? 0)
            gradients.flow?.doubles.values[place * sweep.width + j] = d
            let stays = sweep.unit(step, b, j).staying(0, of: d)
            to[0, b, j] = d - stays
            gradients.carry[0].doubles.values[at] = stays
        }
    }

    func backward(_ gradients: SweepGradients) {
        let cell = sweep.cell
        let made = sweep.madeRows(step, gradients.stages!)
        var dm = (0..<hidden).map { made[0, b, $0] }
        if stages.memory != nil { dm = concealed(dm, gradients) }
        for j in 0..<hidden {
            let (unit, at) = (sweep.unit(step, b, j), b * hidden + j)
            var dc = cell.states > 1 ? gradients.carry[1].doubles.values[at] : 0
            if let above = gradients.above { dc += above.doubles.values[place * hidden + j] }
            // Zoneout of h has been seen to: what the unit is given passes it whole.
            var plain = unit
            plain.options.zoneout = 0
            let found = plain.gradient(saved: saved(j), old: old(j), of: Array([dm[j], dc].prefix(cell.states)))
            for (block, value) in found.saved.enumerated() { sweep.setBlock(block, step, b, j, value) }
            if cell.states > 1 { gradients.carry[1].doubles.values[at] = found.old[1] }
            if stages.projection == nil { gradients.carry[0].doubles.values[at] += found.old[0] }
            for (peephole, value) in found.peepholes.enumerated() {
                gradients.products?.doubles.values[(place * cell.peepholes + peephole) * hidden + j] = value
            }
        }
        guard stages.norm != nil else { return }
        let (first, second) = sweep.products
        normGradient(ofQ: second.isEmpty ? first : second, gradients)
        if second.isEmpty { normGradientOfX(gradients) }
    }

    /// The gradient of c' from that of m.
    private func concealed(_ dm: [Double], _ gradients: SweepGradients) -> [Double] {
        let (gain, bias) = stages.norm!.memory!
        let norm = ReferenceNorm((0..<hidden).map { stages.memory!.doubles.values[place * hidden + $0] })
        var d = dm
        for j in 0..<hidden {
            let seen = norm.normal[j] * gain.doubles.values[j] + bias.doubles.values[j]
            let found = sweep.unit(step, b, j).concealed(saved: saved(j), memory: seen, of: dm[j])
            if let gate = found.gate { sweep.setBlock(3, step, b, j, gate) }
            setGain((sweep.cell.inputGates + sweep.cell.gates) * hidden + j, found.memory * norm.normal[j], gradients)
            setGain((sweep.cell.inputGates + sweep.cell.gates + 1) * hidden + j, found.memory, gradients)
            d[j] = found.memory * gain.doubles.values[j]
        }
        return norm.gradient(of: d)
    }

    func resetBackward(_ gradients: SweepGradients) {
        let dv = sweep.resetRows(step, gradients.stages!)!
        for j in 0..<hidden {
            let (r, d) = (sweep.block(0, step, b, j), dv[0, b, j])
            let da = sweep.unit(step, b, j).resetGradient(saved: r, h: fed(j), of: d)
            sweep.setBlock(0, step, b, j, da)
            gradients.carry[0].doubles.values[b * hidden + j] += d * r * sweep.factor(b, j)
        }
        guard stages.norm != nil else { return }
        normGradient(ofQ: sweep.products.first, gradients)
        normGradientOfX(gradients)
    }

    private func setGain(_ column: Int, _ value: Double, _ gradients: SweepGradients) {
        let columns = stages.norm!.blocks(of: sweep.cell) * hidden
        gradients.stages!.gains!.doubles.values[place * columns + column] = value
    }

    private func normGradient(ofQ gates: Range<Int>, _ gradients: SweepGradients) {
        let norm = ReferenceNorm(rawQ(gates))
        let first = gates.lowerBound * hidden
        let rows = sweep.productRows(step)
        let d = norm.normal.indices.map { sweep.block((first + $0) / hidden, step, b, (first + $0) % hidden) }
        for (i, value) in d.enumerated() {
            setGain(everyInput.count + first + i, value * norm.normal[i], gradients)
        }
        let gain = stages.norm!.recurrentGain.doubles.values
        for (i, value) in norm.gradient(of: d.indices.map { d[$0] * gain[first + $0] }).enumerated() {
            rows[0, b, first + i] = value
        }
    }

    private func normGradientOfX(_ gradients: SweepGradients) {
        let norm = ReferenceNorm(rawX(everyInput))
        let d = everyInput.map { sweep.block(sweep.cell.inputBlocks[$0 / hidden], step, b, $0 % hidden) }
        for (i, value) in d.enumerated() { setGain(i, value * norm.normal[i], gradients) }
        let gain = stages.norm!.inputGain.doubles.values
        for (i, value) in norm.gradient(of: d.indices.map { d[$0] * gain[$0] }).enumerated() {
            stages.x!.doubles.values[place * everyInput.count + i] = value
        }
    }
}
