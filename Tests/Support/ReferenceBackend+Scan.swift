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
        _ scan: Scan, y: Buffer, dy: Buffer?, dFinal: Buffer?, into dx: Buffer, dWeight: Buffer?, dInitial: Buffer?
    ) {
        for row in 0..<scan.batch {
            for unit in 0..<scan.hidden {
                let (states, order) = (scan.states(row: row, unit: unit), scan.order(of: row))
                var dh = dFinal?.doubles.values[row * scan.hidden + unit] ?? 0
                for (k, step) in order.enumerated().reversed() {
                    dh += dy?.doubles.values[(row * scan.steps + step) * scan.hidden + unit] ?? 0
                    let slopes = scan.slopes(scan.inputs(row, step, unit), unit, h: states[k])
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
        for step in order(of: row) { states.append(next(inputs(row, step, unit), unit, h: states.last!)) }
        return states
    }

    private func next(_ x: [Double], _ unit: Int, h: Double) -> Double {
        switch kind {
        case .linear: return x[0] * h + x[1]
        case .minGRU:
            let z = sigmoid(x[0])
            return (1 - z) * h + z * positive(x[1])
        case .minLSTM:
            let (f, i) = (sigmoid(x[0]), sigmoid(x[1]))
            return f / (f + i) * h + i / (f + i) * positive(x[2])
        case .independentReLU: return max(0, x[0] + weight!.doubles.values[unit] * h)
        case .independentTanh: return tanh(x[0] + weight!.doubles.values[unit] * h)
        }
    }

    /// How the next state changes with each input, with the state and with the weight.
    fileprivate func slopes(_ x: [Double], _ unit: Int, h: Double) -> (inputs: [Double], h: Double, weight: Double) {
        switch kind {
        case .linear: return ([h, 1], x[0], 0)
        case .minGRU:
            let z = sigmoid(x[0])
            return ([z * (1 - z) * (positive(x[1]) - h), z * positiveSlope(x[1])], 1 - z, 0)
        case .minLSTM:
            let (f, i) = (sigmoid(x[0]), sigmoid(x[1]))
            // ∂h'/∂f = i·(h − g)/(f + i)², ∂h'/∂i = −f·(h − g)/(f + i)²
            let share = (h - positive(x[2])) / ((f + i) * (f + i))
            return (
                [i * share * f * (1 - f), -f * share * i * (1 - i), i / (f + i) * positiveSlope(x[2])], f / (f + i), 0
            )
        case .independentReLU, .independentTanh:
            let (u, y) = (weight!.doubles.values[unit], next(x, unit, h: h))
            let slope = kind == .independentTanh ? 1 - y * y : y > 0 ? 1 : 0
            return ([slope], slope * u, slope * h)
        }
    }
}
