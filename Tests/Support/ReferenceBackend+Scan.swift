package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ReferenceBackend {
    package func scan(_ scan: Scan, into y: Buffer, final: Buffer) {
        y.doubles.values = Array(repeating: 0, count: y.count)
        for row in 0..<scan.batch {
            for unit in 0..<scan.hidden {
                let states = scan.states(row: row, unit: unit)
                for (state, step) in Swift.zip(states.dropFirst(), scan.order(of: row)) {
                    y.doubles.values[(row * scan.steps + step) * scan.hidden + unit] = state
                }
                final.doubles.values[row * scan.hidden + unit] = states.last!
            }
        }
    }

    package func scanBackward(
        _ scan: Scan, y: Buffer, dy: Buffer?, dFinal: Buffer?, into dx: Buffer, dWeight: Buffer?, dInitial: Buffer?,
        flow: Buffer?
    ) {
        for row in 0..<scan.batch {
            for unit in 0..<scan.hidden {
                let (states, order) = (scan.states(row: row, unit: unit), scan.order(of: row))
                var dh = dFinal?.doubles.values[row * scan.hidden + unit] ?? 0
                for (k, step) in order.enumerated().reversed() {
                    dh += dy?.doubles.values[(row * scan.steps + step) * scan.hidden + unit] ?? 0
                    flow?.doubles.values[(row * scan.steps + step) * scan.hidden + unit] = dh
                    let slopes = scan.slopes(row, step, unit, h: states[k])
                    for (gate, slope) in slopes.inputs.enumerated() {
                        dx.doubles.values[scan.place(row, step, gate, unit)] += dh * slope
                    }
                    dWeight?.doubles.values[unit] += dh * slopes.weight
                    dh *= slopes.h
                }
                dInitial?.doubles.values[row * scan.hidden + unit] += dh
            }
        }
    }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
private func positive(_ x: Double) -> Double { x >= 0 ? x + 0.5 : sigmoid(x) }
private func positiveSlope(_ x: Double) -> Double { x >= 0 ? 1 : sigmoid(x) * sigmoid(-x) }

extension Scan {
    /// The steps of a row that are there, in the order they are gone through.
    fileprivate func order(of row: Int) -> [Int] {
        let there = (0..<steps).filter { before == nil || before!.indices![row * steps + $0] != -2 }
        return reverse ? there.reversed() : there
    }

    fileprivate func place(_ row: Int, _ step: Int, _ gate: Int, _ unit: Int) -> Int {
        ((row * steps + step) * kind.gates + gate) * hidden + unit
    }

    fileprivate func inputs(_ row: Int, _ step: Int, _ unit: Int) -> [Double] {
        (0..<kind.gates).map { x.doubles.values[place(row, step, $0, unit)] }
    }

    /// The state before the first step and after each.
    fileprivate func states(row: Int, unit: Int) -> [Double] {
        var states = [initial?.doubles.values[row * hidden + unit] ?? 0]
        for step in order(of: row) { states.append(next(row, step, unit, h: states.last!)) }
        return states
    }

    /// How much of h stays, and what the candidate is multiplied by.
    private func noise(_ row: Int, _ step: Int, _ unit: Int) -> (stays: Double, candidate: Double) {
        guard let key, options.isRandom else { return (Double(options.zoneout), 1) }
        let words = referencePhilox(counter: [UInt32(unit), UInt32(row * steps + step), 0, 1], key: key)
        let isBelow = { (word: Int, probability: Float) in Double(words[word]) < Double(probability) * 0x1p32 }
        let scale = 1 / (1 - Double(options.candidateDropout))
        return (isBelow(0, options.zoneout) ? 1 : 0, isBelow(2, options.candidateDropout) ? 0 : scale)
    }

    private var bound: Double { options.clip.map(Double.init) ?? .infinity }
    private func held(_ x: Double) -> Double { max(-bound, min(bound, x)) }

    /// φ and its slope at x.
    private func activation(_ x: Double) -> (value: Double, slope: Double) {
        let function = options.activations?[0] ?? (kind == .independentReLU ? .relu : .tanh)
        let value = function.value(held(x))
        return (value, abs(x) > bound ? 0 : function.slope(value))
    }

    private func next(_ row: Int, _ step: Int, _ unit: Int, h: Double) -> Double {
        let (x, (stays, candidate)) = (inputs(row, step, unit), noise(row, step, unit))
        if kind.hasWeight {
            return stays * h + (1 - stays) * activation(candidate * x[0] + weight!.doubles.values[unit] * h).value
        }
        let line = line(x.map(held))
        return stays * h + (1 - stays) * (line.a * h + candidate * line.b)
    }

    /// h' = a·h + b of the linear kinds.
    private func line(_ x: [Double]) -> (a: Double, b: Double) {
        switch kind {
        case .minGRU: return (1 - sigmoid(x[0]), sigmoid(x[0]) * positive(x[1]))
        case .minLSTM:
            let (f, i) = (sigmoid(x[0]), sigmoid(x[1]))
            return (f / (f + i), i / (f + i) * positive(x[2]))
        default: return (x[0], x[1])
        }
    }

    /// How the next state changes with each input, with the state and with the weight.
    fileprivate func slopes(
        _ row: Int, _ step: Int, _ unit: Int, h: Double
    ) -> (inputs: [Double], h: Double, weight: Double) {
        let (x, (stays, candidate)) = (inputs(row, step, unit), noise(row, step, unit))
        let goes = 1 - stays
        if kind.hasWeight {
            let u = weight!.doubles.values[unit]
            let slope = goes * activation(candidate * x[0] + u * h).slope
            return ([slope * candidate], stays + slope * u, slope * h)
        }
        let lines = slopes(x.map(held), h: h, candidate: candidate)
        let inputs = zip(x, lines).map { abs($0) > bound ? 0 : goes * $1 }
        return (inputs, stays + goes * line(x.map(held)).a, 0)
    }

    /// Of a·h + candidate·b.
    private func slopes(_ x: [Double], h: Double, candidate: Double) -> [Double] {
        switch kind {
        case .minGRU:
            let z = sigmoid(x[0])
            return [z * (1 - z) * (candidate * positive(x[1]) - h), z * candidate * positiveSlope(x[1])]
        case .minLSTM:
            let (f, i) = (sigmoid(x[0]), sigmoid(x[1]))
            // ∂h'/∂f = i·(h − g)/(f + i)², ∂h'/∂i = −f·(h − g)/(f + i)²
            let share = (h - candidate * positive(x[2])) / ((f + i) * (f + i))
            return [
                i * share * f * (1 - f), -f * share * i * (1 - i), i / (f + i) * candidate * positiveSlope(x[2]),
            ]
        default: return [h, candidate]
        }
    }
}
