package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ReferenceBackend {
    package func map(_ f: UnaryFunction, _ x: Buffer, into y: Buffer) {
        for i in 0..<x.count { y.doubles.values[i] = f.value(x.doubles.values[i]) }
    }

    package func mapBackward(_ f: UnaryFunction, x: Buffer, y: Buffer, dy: Buffer, into dx: Buffer) {
        for i in 0..<x.count { dx.doubles.values[i] += dy.doubles.values[i] * f.slope(x.doubles.values[i]) }
    }

    package func softmax(_ x: Buffer, rows: Int, columns: Int, logarithmic: Bool, into y: Buffer) {
        for row in 0..<rows {
            let places = row * columns..<(row + 1) * columns
            let logSum = logSumExp(x.doubles.values[places])
            for i in places {
                let value = x.doubles.values[i] - logSum
                y.doubles.values[i] = logarithmic ? value : exp(value)
            }
        }
    }

    package func softmaxBackward(
        y: Buffer, dy: Buffer, rows: Int, columns: Int, logarithmic: Bool, into dx: Buffer
    ) {
        let (y, dy) = (y.doubles.values, dy.doubles.values)
        for row in 0..<rows {
            let places = row * columns..<(row + 1) * columns
            let sum = places.reduce(0.0) { $0 + dy[$1] * (logarithmic ? 1 : y[$1]) }
            for i in places { dx.doubles.values[i] += logarithmic ? dy[i] - exp(y[i]) * sum : y[i] * (dy[i] - sum) }
        }
    }

    package func crossEntropy(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, into loss: Buffer, logSumExp: Buffer
    ) {
        var total = 0.0
        for row in 0..<rows {
            let values = x.doubles.values[row * columns..<(row + 1) * columns]
            logSumExp.doubles.values[row] = self.logSumExp(values)
            let target = Int(targets.indices![row])
            if target >= 0 { total += logSumExp.doubles.values[row] - values[row * columns + target] }
        }
        loss.doubles.values[0] = total * exact(scale)
    }

    package func crossEntropyBackward(
        _ x: Buffer, rows: Int, columns: Int, targets: Buffer, scale: Float, logSumExp: Buffer, dLoss: Buffer,
        into dx: Buffer
    ) {
        for row in 0..<rows where targets.indices![row] >= 0 {
            for j in 0..<columns {
                let i = row * columns + j
                let p = exp(x.doubles.values[i] - logSumExp.doubles.values[row])
                let hit = Int(targets.indices![row]) == j ? 1.0 : 0
                dx.doubles.values[i] += dLoss.doubles.values[0] * exact(scale) * (p - hit)
            }
        }
    }

    package func normalize(
        _ x: Buffer, rows: Int, columns: Int, scale: Buffer, shift: Buffer, epsilon: Float, into y: Buffer,
        statistics: Buffer
    ) {
        for row in 0..<rows {
            let places = row * columns..<(row + 1) * columns
            let values = x.doubles.values[places]
            let mean = values.reduce(0, +) / Double(columns)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            let deviation = (variance + Double(epsilon)).squareRoot()
            for (j, i) in places.enumerated() {
                y.doubles.values[i] =
                    scale.doubles.values[j] * (values[i] - mean) / deviation + shift.doubles.values[j]
            }
            statistics.doubles.values[2 * row] = mean
            statistics.doubles.values[2 * row + 1] = 1 / deviation
        }
    }

    /// Each input's share in each output: `∂x̂ₖ/∂xᵢ = r·([i = k] − (1 + x̂ᵢ·x̂ₖ)/n)`.
    package func normalizeBackward(
        _ x: Buffer, dy: Buffer, rows: Int, columns: Int, scale: Buffer, statistics: Buffer, into dx: Buffer?
    ) {
        for row in 0..<rows {
            let places = row * columns..<(row + 1) * columns
            let (mean, r) = (statistics.doubles.values[2 * row], statistics.doubles.values[2 * row + 1])
            let normal = x.doubles.values[places].map { ($0 - mean) * r }
            let gradients = (0..<columns).map { dy.doubles.values[row * columns + $0] * scale.doubles.values[$0] }
            for (j, i) in places.enumerated() {
                var sum = 0.0
                for k in 0..<columns {
                    let share = (1 + normal[j] * normal[k]) / Double(columns)
                    sum += gradients[k] * r * (j == k ? 1 - share : -share)
                }
                dx?.doubles.values[i] += sum
                dy.doubles.values[i] *= normal[j]
            }
        }
    }

    private func logSumExp(_ values: ArraySlice<Double>) -> Double {
        let shift = values.max() ?? 0
        return shift + log(values.reduce(0) { $0 + exp($1 - shift) })
    }

    /// A scale that is the Float nearest to 1/n, as the reciprocal itself: gradient checks want more than 24 bits.
    private func exact(_ scale: Float) -> Double {
        let count = (1 / Double(scale)).rounded()
        return scale != 0 && Float(1 / count) == scale ? 1 / count : Double(scale)
    }
}

extension UnaryFunction {
    fileprivate func value(_ x: Double) -> Double {
        switch kind {
        case .affine: Double(alpha) * x + Double(beta)
        case .sigmoid: 1 / (1 + exp(-x))
        case .tanh: tanh(x)
        case .relu: x > 0 ? x : 0
        case .exp: exp(x)
        case .log: log(x)
        case .sqrt: x.squareRoot()
        case .square: x * x
        case .reciprocal: 1 / x
        case .absolute: abs(x)
        case .clipFactor: min(1, Double(alpha) / (x.squareRoot() + Double(beta)))
        }
    }

    fileprivate func slope(_ x: Double) -> Double {
        switch kind {
        case .affine: Double(alpha)
        case .sigmoid: value(x) * (1 - value(x))
        case .tanh: 1 - tanh(x) * tanh(x)
        case .relu: x > 0 ? 1 : 0
        case .exp: exp(x)
        case .log: 1 / x
        case .sqrt: 0.5 / x.squareRoot()
        case .square: 2 * x
        case .reciprocal: -1 / (x * x)
        case .absolute: x > 0 ? 1 : x < 0 ? -1 : 0
        case .clipFactor: 0
        }
    }
}
