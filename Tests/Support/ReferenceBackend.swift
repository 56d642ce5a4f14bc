package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers in Double, whatever the API speaks; undefined contents are NaN, so that reading them shows.
package final class ReferenceBuffer: Buffer, @unchecked Sendable {
    package var values: [Double]

    init(_ type: ElementType, count: Int) {
        values = Array(repeating: .nan, count: count)
        super.init(type: type, count: count)
    }
}

/// The primitives in the plainest Swift: the definition the real backends are tested against.
package final class ReferenceBackend: Backend, @unchecked Sendable {
    package let name = "reference"

    /// What products make of their operands.
    let operand: (Double) -> Double

    package init(_ precision: Precision = .float32) { operand = precision.rounded }

    package func makeBuffer(_ type: ElementType, count: Int, for purpose: StaticString) -> Buffer {
        ReferenceBuffer(type, count: count)
    }

    package func write(_ values: [Float], to buffer: Buffer) {
        buffer.doubles.values.replaceSubrange(0..<values.count, with: values.map(Double.init))
        buffer.touch()
    }

    package func write(_ values: [Int32], to buffer: Buffer) {
        buffer.doubles.values = values.map(Double.init)
        buffer.keep(indices: values)
    }

    package func read(_ buffer: Buffer) throws -> [Float] { buffer.doubles.values.map { Float($0) } }

    package func synchronize() throws {}

    package func fill(_ buffer: Buffer, with value: Float) {
        buffer.doubles.values = Array(repeating: Double(value), count: buffer.count)
    }

    package func copy(_ x: Matrix, to y: Matrix, accumulating: Bool) {
        y.forEach { b, i, j in y[b, i, j] = x[b, i, j] + (accumulating ? y[b, i, j] : 0) }
    }

    package func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, bias: Matrix?, accumulating: Bool) {
        precondition(a.isInside && b.isInside && c.isInside, "multiply: \(a.shape) by \(b.shape) into \(c.shape)")
        precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns)
        precondition(
            [a, b].allSatisfy { $0.rowStride == 1 || $0.columnStride == 1 || $0.rows == 1 || $0.columns == 1 })
        precondition(c.columnStride == 1)
        if !accumulating { c.forEach { n, i, j in c[n, i, j] = 0 } }
        let (left, right) = (a.map(operand), b.map(operand))
        c.forEach { n, i, j in
            var sum = 0.0
            for k in 0..<a.columns {
                sum += left[(n * a.rows + i) * a.columns + k] * right[(n * b.rows + k) * b.columns + j]
            }
            c[n, i, j] += sum
            if let bias { c[n, i, j] += bias[0, 0, j] }
        }
    }

    package func zip(_ f: BinaryFunction, _ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool) {
        precondition(a.isInside && b.isInside && c.isInside && a.shape == c.shape && b.shape == c.shape)
        c.forEach { n, i, j in
            let (x, y) = (a[n, i, j], b[n, i, j])
            let value: Double =
                switch f {
                case .add: x + y
                case .subtract: x - y
                case .multiply: x * y
                case .divide: x / y
                case .equal: x == y ? 1 : 0
                }
            c[n, i, j] = value + (accumulating ? c[n, i, j] : 0)
        }
    }

    package func reduce(
        _ reduction: Reduction, rowsOf x: Matrix, scale: Float, into y: Matrix, accumulating: Bool
    ) {
        precondition(x.isInside && y.isInside && y.rows == x.batches && y.columns == x.columns)
        y.forEach { _, batch, j in
            let column = (0..<x.rows).map { x[batch, $0, j] }
            let value: Double =
                switch reduction {
                case .sum: column.reduce(0, +) * Double(scale)
                case .sumOfSquares: column.reduce(0) { $0 + $1 * $1 } * Double(scale)
                case .maximum: column.max() ?? -.infinity
                }
            y[0, batch, j] = value + (accumulating ? y[0, batch, j] : 0)
        }
    }

    package func gather(_ table: Matrix, indices: Buffer, into y: Matrix, accumulating: Bool) {
        precondition(table.isInside && y.isInside && y.batches == 1 && indices.count == y.rows)
        y.forEach { _, i, j in
            let index = Int(indices.indices![i])
            y[0, i, j] = (index < 0 ? 0 : table[0, index, j]) + (accumulating ? y[0, i, j] : 0)
        }
    }

    package func scatterAdd(_ dy: Buffer, columns: Int, indices: Buffer, into dTable: Buffer) {
        for (i, index) in indices.indices!.enumerated() where index >= 0 {
            for j in 0..<columns {
                dTable.doubles.values[Int(index) * columns + j] += dy.doubles.values[i * columns + j]
            }
        }
    }

    package func dropout(_ mask: DropoutMask, _ x: Matrix, into y: Matrix, accumulating: Bool) {
        y.forEach { b, i, j in
            let words = referencePhilox(counter: [UInt32(j / 4), UInt32(i), UInt32(b), 0], key: mask.key)
            let kept = Double(words[j % 4]) >= Double(mask.threshold)
            let value = kept ? x[b, i, j] / (1 - Double(mask.probability)) : 0
            y[b, i, j] = value + (accumulating ? y[b, i, j] : 0)
        }
    }
}

extension Buffer {
    package var doubles: ReferenceBuffer { self as! ReferenceBuffer }
}

extension Matrix {
    /// Element (batch, row, column) of a view of a reference buffer.
    subscript(batch: Int, row: Int, column: Int) -> Double {
        get { buffer.doubles.values[offset + batch * batchStride + row * rowStride + column * columnStride] }
        nonmutating set {
            buffer.doubles.values[offset + batch * batchStride + row * rowStride + column * columnStride] = newValue
        }
    }

    func forEach(_ body: (_ batch: Int, _ row: Int, _ column: Int) -> Void) {
        for b in 0..<batches { for i in 0..<rows { for j in 0..<columns { body(b, i, j) } } }
    }

    /// Every element, changed, row by row.
    func map(_ change: (Double) -> Double) -> [Double] {
        let all = buffer.doubles.values
        var changed: [Double] = []
        changed.reserveCapacity(batches * rows * columns)
        forEach { changed.append(change(all[offset + $0 * batchStride + $1 * rowStride + $2 * columnStride])) }
        return changed
    }
}

/// Philox 4x32-10 written from the paper (Salmon et al. 2011, section 3.3), apart from `Kernels/philox.h`.
package func referencePhilox(counter: [UInt32], key: RandomKey) -> [UInt32] {
    var (c, k) = ((counter[0], counter[1], counter[2], counter[3]), (key.word0, key.word1))
    for _ in 0..<10 {
        let first = UInt64(c.0) * 0xD251_1F53
        let second = UInt64(c.2) * 0xCD9E_8D57
        c = (
            UInt32(second >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: second),
            UInt32(first >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: first)
        )
        k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return [c.0, c.1, c.2, c.3]
}
