import UnrollCompute

/// How two shapes combine: equal extents, or an extent of 1 (or a missing leading axis) repeated along the other's.
///
/// Neighbouring axes that repeat the same operand (or neither) merge into one, which leaves at most the three axes of a
/// `Matrix` in every case that occurs; an operand repeats by strides of 0, so nothing is copied.
struct Broadcast {
    /// The result's.
    let shape: [Int]
    /// The merged axes: batches, rows, columns.
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
        require(axes.count <= 3, "\(operation): shapes \(a) and \(b) alternate too often; reshape one of them")
        shape = zip(a, b).map { max($0, $1) }
        extents = Broadcast.padded(axes.map(\.extent), to: 3)
        repeats = (0..<2).map { side in
            Array(repeating: false, count: 3 - axes.count) + axes.map { $0.repeats[side] }
        }
    }

    private static func padded(_ shape: [Int], to rank: Int) -> [Int] {
        Array(repeating: 1, count: rank - shape.count) + shape
    }

    /// A buffer of the result's shape.
    func result(_ buffer: Buffer) -> Matrix {
        Matrix(buffer, batches: extents[0], rows: extents[1], columns: extents[2])
    }

    /// An operand, repeated to the result's shape.
    func operand(_ side: Int, _ buffer: Buffer) -> Matrix {
        var (strides, stride) = ([0, 0, 0], 1)
        for axis in (0..<3).reversed() where !repeats[side][axis] {
            strides[axis] = stride
            stride *= extents[axis]
        }
        return Matrix(
            buffer, batches: extents[0], rows: extents[1], columns: extents[2], batchStride: strides[0],
            rowStride: strides[1], columnStride: strides[2])
    }

    /// Whether the operand has the result's shape already.
    func isWhole(_ side: Int) -> Bool { !repeats[side].contains(true) }

    /// `dx += scale · Σ t`, the sum over the axes along which the operand repeats; t has the result's shape.
    func addSum(of t: Buffer, scale: Float, to dx: Buffer, side: Int, on backend: any Backend) {
        var (extents, current) = (extents, t)
        let axes = isWhole(side) ? [0] : (0..<3).filter { repeats[side][$0] }
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
