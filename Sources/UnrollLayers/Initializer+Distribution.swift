import UnrollCompute
import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Initializer {
    /// What a weight starts with. Those that speak of inputs and outputs, and of orthogonality, are for matrices
    /// `[outputs, inputs]`.
    public enum Distribution: Sendable, Equatable {
        /// One number everywhere.
        case constant(Float)
        /// Numbers spread evenly over `-bound..<bound`.
        case uniform(bound: Float)
        /// Numbers of the normal distribution.
        case normal(mean: Float = 0, deviation: Float)
        /// Evenly over ±√(6 / (inputs + outputs)), so that neither values nor gradients grow from layer to layer.
        /// (Glorot & Bengio 2010)
        case glorotUniform
        /// The same variance, 2 / (inputs + outputs), of a normal distribution.
        case glorotNormal
        /// Evenly over ±√(6 / inputs): the variance before a rectifier, which halves it.   (He et al. 2015)
        case heUniform
        /// The same variance, 2 / inputs, of a normal distribution.
        case heNormal
        /// Rows of length `gain` at right angles, or columns where there are more rows; any such matrix as likely as
        /// another. A product of many neither grows nor shrinks.   (Saxe et al. 2014)
        case orthogonal(gain: Float = 1)
        /// `scale` on the diagonal, zeros elsewhere.   (Le et al. 2015)
        case identity(scale: Float = 1)
    }
}

extension Initializer.Distribution {
    /// Row-major numbers for `blocks` matrices one above another, from one stream.
    func values(_ shape: [Int], blocks: Int, from source: RandomSource, site: Int) -> [Float] {
        let count = shape.product
        switch self {
        case .constant(let value):
            return Array(repeating: value, count: count)
        case .uniform(let bound):
            return source.uniform(count: count, site: site).map { (2 * $0 - 1) * bound }
        case .normal(let mean, let deviation):
            return standardNormal(count, from: source, site: site).map { mean + deviation * Float($0) }
        default:
            require(shape.count == 2, "Initializer: \(self) is for matrices, not for shape \(shape)")
            return matrices(rows: shape[0] / blocks, columns: shape[1], blocks: blocks, from: source, site: site)
        }
    }

    private func matrices(rows: Int, columns: Int, blocks: Int, from source: RandomSource, site: Int) -> [Float] {
        let evenly = { (variance: Double) in Self.uniform(bound: Float((3 * variance).squareRoot())) }
        let normally = { (variance: Double) in Self.normal(deviation: Float(variance.squareRoot())) }
        let glorot = 2 / Double(rows + columns)
        let he = 2 / Double(columns)
        let drawn: Self
        switch self {
        case .glorotUniform: drawn = evenly(glorot)
        case .glorotNormal: drawn = normally(glorot)
        case .heUniform: drawn = evenly(he)
        case .heNormal: drawn = normally(he)
        case .orthogonal(let gain):
            let numbers = standardNormal(blocks * rows * columns, from: source, site: site)
            return (0..<blocks).flatMap { block in
                let numbers = numbers[block * rows * columns..<(block + 1) * rows * columns]
                return orthonormal(Array(numbers), rows: rows, columns: columns).map { Float($0) * gain }
            }
        case .identity(let scale):
            return (0..<blocks * rows * columns).map { ($0 / columns) % rows == $0 % columns ? scale : 0 }
        case .constant, .uniform, .normal:
            drawn = self
        }
        return drawn.values([blocks * rows, columns], blocks: blocks, from: source, site: site)
    }
}

/// Numbers of the standard normal distribution.   (Box & Muller 1958)
private func standardNormal(_ count: Int, from source: RandomSource, site: Int) -> [Double] {
    let pairs = (count + 1) / 2
    let uniform = source.uniform(count: 2 * pairs, site: site)
    var values: [Double] = []
    values.reserveCapacity(2 * pairs)
    for pair in 0..<pairs {
        // 1 − u is in (0, 1], so the logarithm is finite.
        let radius = sqrt(-2 * log(1 - Double(uniform[2 * pair])))
        let angle = 2 * Double.pi * Double(uniform[2 * pair + 1])
        values += [radius * cos(angle), radius * sin(angle)]
    }
    return Array(values.prefix(count))
}

/// Turns a matrix of normal numbers into one of orthonormal rows, or of such columns where there are more rows: by
/// Gram & Schmidt's method, whose triangular factor has a positive diagonal, so that all are equally likely.
/// (Mezzadri 2007)
private func orthonormal(_ numbers: [Double], rows: Int, columns: Int) -> [Double] {
    guard rows <= columns else {
        let turned = orthonormal(transposed(numbers, rows: rows, columns: columns), rows: columns, columns: rows)
        return transposed(turned, rows: columns, columns: rows)
    }
    var result = numbers
    result.withUnsafeMutableBufferPointer { values in
        for i in 0..<rows {
            let row = values.baseAddress! + i * columns
            let length = dot(row, row, columns).squareRoot()
            for k in 0..<columns { row[k] /= length }
            for j in i + 1..<max(i + 1, rows) {
                let other = values.baseAddress! + j * columns
                let share = dot(row, other, columns)
                for k in 0..<columns { other[k] -= share * row[k] }
            }
        }
    }
    return result
}

private func transposed(_ x: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<rows * columns).map { x[($0 % rows) * columns + $0 / rows] }
}

/// In eight sums side by side: one would wait for each addition.
private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>()
    for k in 0..<count / 8 {
        let x = UnsafeRawPointer(a + 8 * k).loadUnaligned(as: SIMD8<Double>.self)
        sums += x * UnsafeRawPointer(b + 8 * k).loadUnaligned(as: SIMD8<Double>.self)
    }
    return (count / 8 * 8..<count).reduce(sums.sum()) { $0 + a[$1] * b[$1] }
}
