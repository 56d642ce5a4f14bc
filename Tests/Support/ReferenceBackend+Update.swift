package import UnrollCompute

extension ReferenceBackend {
    /// The optimizers as their papers have them, apart from `Kernels/update.h`.
    package func update(_ rule: UpdateRule, parameter: Buffer, gradient: Buffer, moments: [Buffer], scale: Buffer?) {
        precondition(moments.count == rule.moments, "update: \(moments.count) moments for \(rule)")
        let moments = moments.map(\.doubles)
        parameter.touch()
        for i in 0..<parameter.count {
            let g = gradient.doubles.values[i] * (scale?.doubles.values[0] ?? 1)
            let limit = Double(rule.limit)
            var state = moments.map { $0.values[i] }
            parameter.doubles.values[i] = updated(
                rule, w: parameter.doubles.values[i], g: max(-limit, min(limit, g)), &state)
            for (moment, value) in Swift.zip(moments, state) { moment.values[i] = value }
        }
    }

    private func updated(_ rule: UpdateRule, w: Double, g: Double, _ moments: inout [Double]) -> Double {
        let n = rule.numbers.map(Double.init)
        func remember(_ index: Int, _ value: Double, _ keep: Double) -> Double {
            moments[index] = keep * moments[index] + (1 - keep) * value
            return moments[index]
        }
        switch rule.kind {
        case .sgd:
            let step = (moments.first.map { n[1] * $0 } ?? 0) + g + n[2] * w
            if !moments.isEmpty { moments[0] = step }
            return w - n[0] * step
        case .adam:
            let g = g + n[5] * w
            let (mean, square) = (remember(0, g, n[1]), remember(1, g * g, n[2]))
            return w * n[6] - n[0] * mean / (square.squareRoot() * n[4] + n[3])
        case .nadam:
            let g = g + n[6] * w
            let (mean, square) = (remember(0, g, n[2]), remember(1, g * g, n[3]))
            let deviation = square.squareRoot() * n[5] + n[4]
            return w - n[1] * g / deviation - n[0] * mean / deviation
        case .rmsprop:
            let g = g + n[5] * w
            let square = remember(0, g * g, n[1])
            let mean = n[4] == 1 ? remember(2, g, n[1]) : 0
            var step = g / (max(0, square - mean * mean).squareRoot() + n[2])
            if moments.count > 1 {
                step += n[3] * moments[1]
                moments[1] = step
            }
            return w - n[0] * step
        case .adagrad:
            let g = g + n[2] * w
            moments[0] += g * g
            return w - n[0] * g / (moments[0].squareRoot() + n[1])
        case .adadelta:
            let g = g + n[3] * w
            let square = remember(0, g * g, n[1])
            let change = ((moments[1] + n[2]) / (square + n[2])).squareRoot() * g
            _ = remember(1, change * change, n[1])
            return w - n[0] * change
        case .average:
            return (1 - n[0]) * w + n[0] * g
        }
    }
}
