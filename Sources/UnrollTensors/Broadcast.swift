import UnrollCompute

/// How two shapes combine: equal extents, or an extent of 1 (or a missing leading axis) repeated along the other's.
///
/// Neighbouring axes that repeat the same operand (or neither) merge into one, which leaves at most the three axes of a
/// `Matrix` in nearly every case that occurs; of four, as in `[batch, queries, 1, size] + [batch, 1, steps, size]`, the
/// shortest is gone through one by one. An operand repeats by strides of 0, so nothing is copied.
struct Broadcast {
    /// A buffer of the shape of the first operand (0), of the second (1), or of the result (nil).
    struct Operand {
        let buffer: Buffer
        let side: Int?
    }

    /// The result's.
    let shape: [Int]
    /// The merged axes: batches, rows, columns, or four.
    private let extents: [Int]
    /// For each operand and merged axis, whether the operand repeats along it.
    private let repeats: [[Bool]]

    init(_ a: [Int], _ b: [Int], in operation: String) {
        let rank = max(a.count, b.count)
        let (a, b) = (Broadcast.padded(a, to: rank), Broadcast.padded(b, to: rank))
        var axes: [(extent: Int, repeats: [Bool])] = []
        for (extentA, extentB) in zip(a, b) {
            require(
                extentA == extentB || extentA == 1 || extentB == 1, "\(operation): shapes \(a) and \(b) do not combine")
            let axis = (extent: max(extentA, extentB), repeats: [extentA < extentB, extentB < extentA])
            if axis.extent == 1 { continue }
            if let last = axes.last, last.repeats == axis.repeats {
                axes[axes.count - 1].extent *= axis.extent
            } else {
                axes.append(axis)
            }
        }
        require(axes.count <= 4, "\(operation): shapes \(a) and \(b) alternate too often; reshape one of them")
        let rest = max(0, 3 - axes.count)
        shape = zip(a, b).map { max($0, $1) }
        extents = Array(repeating: 1, count: rest) + axes.map(\.extent)
        repeats = (0..<2).map { side in Array(repeating: false, count: rest) + axes.map { $0.repeats[side] } }
    }

    private static func padded(_ shape: [Int], to rank: Int) -> [Int] {
        Array(repeating: 1, count: rank - shape.count) + shape
    }

    /// `c ← f(a, b) (+ c)`, where c has the result's shape.
    func combine(
        _ f: BinaryFunction, _ a: Operand, _ b: Operand, into c: Buffer, accumulating: Bool, on backend: any Backend
    ) {
        // The axis that `Matrix` has no room for.
        let apart = extents.count > 3 ? extents.indices.min { extents[$0] < extents[$1] } : nil
        for index in 0..<(apart.map { extents[$0] } ?? 1) {
            let view = { (operand: Operand) in self.view(operand, at: index, of: apart) }
            backend.zip(f, view(a), view(b), into: view(Operand(buffer: c, side: nil)), accumulating: accumulating)
        }
    }

    /// An operand repeated to the result's shape, at one index of the axis `apart`.
    private func view(_ operand: Operand, at index: Int, of apart: Int?) -> Matrix {
        var (strides, stride) = (extents.map { _ in 0 }, 1)
        for axis in extents.indices.reversed() where operand.side.map({ !repeats[$0][axis] }) ?? true {
            strides[axis] = stride
            stride *= extents[axis]
        }
        let axes = extents.indices.filter { $0 != apart }
        return Matrix(
            operand.buffer, at: apart.map { index * strides[$0] } ?? 0, batches: extents[axes[0]],
            rows: extents[axes[1]], columns: extents[axes[2]], batchStride: strides[axes[0]],
            rowStride: strides[axes[1]], columnStride: strides[axes[2]])
    }

    /// Whether the operand has the result's shape already.
    func isWhole(_ side: Int) -> Bool { !repeats[side].contains(true) }

    /// `dx += scale · Σ t`, the sum over the axes along which the operand repeats; t has the result's shape.
    func addSum(of t: Buffer, scale: Float, to dx: Buffer, side: Int, on backend: any Backend) {
        var (extents, current) = (extents, t)
        let axes = isWhole(side) ? [0] : extents.indices.filter { repeats[side][$0] }
        if isWhole(side) { extents = [1, extents.product, 1] }
        for axis in axes {
            let isLast = axis == axes.last
            let (before, after) = (extents[..<axis].product, extents[(axis + 1)...].product)
            let sums = isLast ? dx : backend.makeBuffer(.float32, count: before * after)
            backend.reduce(
                .sum, rowsOf: Matrix(current, batches: before, rows: extents[axis], columns: after),
                scale: isLast ? scale : 1, into: Matrix(sums, rows: before, columns: after),
                accumulating: isLast)
            (extents[axis], current) = (1, sums)
        }
    }
}
