import UnrollCompute

// Sizes below, at and above a tile in every dimension, odd ones, and one.

extension PrimitiveCase {
    package static let matmuls: [PrimitiveCase] = {
        var cases: [PrimitiveCase] = []
        let sizes = [
            (1, 1, 1), (5, 0, 9), (5, 7, 3), (6, 16, 64), (7, 17, 65), (13, 1, 131), (64, 67, 1), (1, 130, 70),
            (67, 131, 96),
            (33, 1100, 37), (130, 520, 129), (16, 32, 128), (17, 31, 129), (129, 8, 15), (64, 64, 64),
        ]
        for (m, k, n) in sizes {
            for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                cases.append(matmul(m, k, n, ta, tb, accumulating: (m + n) % 2 == 0, bias: ta == tb))
            }
        }
        cases += [again(5, 1100, 71, transposed: true), again(33, 67, 130, transposed: false)]
        cases += [batched(3, 5, 19, 7), batched(4, 33, 8, 70), shared(3, 5, 19, 66), shared(7, 13, 40, 33)]
        cases += [summed(3, 5, 19, 7), summed(13, 70, 9, 67), summed(2, 40, 600, 33), spread]
        return cases
    }()

    private static func matmul(
        _ m: Int, _ k: Int, _ n: Int, _ ta: Bool, _ tb: Bool, accumulating: Bool, bias: Bool
    ) -> PrimitiveCase {
        let marks = [ta ? "Aᵀ" : "A", tb ? "Bᵀ" : "B", accumulating ? "+C" : "", bias ? "+bias" : ""].joined()
        return PrimitiveCase("matmul \(marks) \(m)x\(k)x\(n)", tolerance: 2e-6) { bench in
            let a = bench.buffer(m * k)
            let b = bench.buffer(k * n)
            let c = bench.buffer(m * n)
            let row = bench.buffer(n)
            bench.backend.multiply(
                ta ? Matrix(a, rows: k, columns: m).transposed : Matrix(a, rows: m, columns: k),
                tb ? Matrix(b, rows: n, columns: k).transposed : Matrix(b, rows: k, columns: n),
                into: Matrix(c, rows: m, columns: n), bias: bias ? Matrix(row, rows: 1, columns: n) : nil,
                accumulating: accumulating)
            return try bench.values(["c": c])
        }
    }

    /// The same B several times, then B changed: what a backend keeps of it must not be seen.
    private static func again(_ m: Int, _ k: Int, _ n: Int, transposed: Bool) -> PrimitiveCase {
        PrimitiveCase("matmul again \(transposed ? "ABᵀ" : "AB") \(m)x\(k)x\(n)") { bench in
            let b = bench.buffer(k * n)
            let view = transposed ? Matrix(b, rows: n, columns: k).transposed : Matrix(b, rows: k, columns: n)
            var results: [String: Buffer] = [:]
            for time in 1...5 {
                let (a, c) = (bench.buffer(m * k), bench.buffer(m * n))
                if time == 4 { bench.backend.map(.affine(-0.5, 0.1), b, into: b) }
                bench.backend.multiply(
                    Matrix(a, rows: m, columns: k), view, into: Matrix(c, rows: m, columns: n), bias: nil,
                    accumulating: time == 2)
                // Another part of the same buffer is another operand.
                let part = bench.buffer(m * (n - 3))
                var inner = view
                (inner.offset, inner.columns) = (3 * view.columnStride, n - 3)
                bench.backend.multiply(
                    Matrix(a, rows: m, columns: k), inner, into: Matrix(part, rows: m, columns: n - 3), bias: nil,
                    accumulating: false)
                (results["c\(time)"], results["part\(time)"]) = (c, part)
            }
            return try bench.values(results)
        }
    }

    private static func batched(_ batches: Int, _ m: Int, _ k: Int, _ n: Int) -> PrimitiveCase {
        PrimitiveCase("matmul batched \(batches)x\(m)x\(k)x\(n)") { bench in
            let a = bench.buffer(batches * m * k)
            let b = bench.buffer(batches * k * n)
            let c = bench.buffer(batches * m * n)
            bench.backend.multiply(
                Matrix(a, batches: batches, rows: m, columns: k), Matrix(b, batches: batches, rows: k, columns: n),
                into: Matrix(c, batches: batches, rows: m, columns: n), bias: nil, accumulating: true)
            return try bench.values(["c": c])
        }
    }

    /// One B for all batches, and C's rows interleaved as the time-major projection has them.
    private static func shared(_ batches: Int, _ m: Int, _ k: Int, _ n: Int) -> PrimitiveCase {
        PrimitiveCase("matmul shared B, C time-major \(batches)x\(m)x\(k)x\(n)") { bench in
            let a = bench.buffer(batches * m * k)
            let b = bench.buffer(k * n)
            let c = bench.buffer(batches * m * (n + 5) + 3)
            let bias = bench.buffer(n + 2)
            bench.backend.multiply(
                Matrix(a, batches: batches, rows: m, columns: k),
                Matrix(b, batches: batches, rows: n, columns: k, batchStride: 0).transposed,
                into: Matrix(
                    c, at: 3, batches: batches, rows: m, columns: n, batchStride: n + 5, rowStride: batches * (n + 5)),
                bias: Matrix(bias, at: 2, rows: 1, columns: n), accumulating: false)
            return try bench.values(["c": c])
        }
    }

    /// `C ← C + Σ AᵀB` over batches, A time-major: the weight gradient.
    private static func summed(_ batches: Int, _ m: Int, _ k: Int, _ n: Int) -> PrimitiveCase {
        PrimitiveCase("matmul summed over batches \(batches)x\(m)x\(k)x\(n)") { bench in
            let a = bench.buffer(batches * k * (m + 3))
            let b = bench.buffer(batches * k * n)
            let c = bench.buffer(m * n + 7)
            bench.backend.multiply(
                Matrix(
                    a, at: 1, batches: batches, rows: k, columns: m, batchStride: m + 3, rowStride: batches * (m + 3)
                ).transposed,
                Matrix(b, batches: batches, rows: k, columns: n),
                into: Matrix(c, at: 7, batches: batches, rows: m, columns: n, batchStride: 0), bias: nil,
                accumulating: true)
            return try bench.values(["c": c])
        }
    }

    /// Offsets, rows longer than their columns, and gaps that must stay as they are.
    private static let spread = PrimitiveCase("matmul with gaps") { bench in
        let a = bench.buffer(4 + 11 * 40)
        let b = bench.buffer(9 + 21 * 80)
        let c = bench.buffer(5 + 11 * 90)
        bench.backend.multiply(
            Matrix(a, at: 4, rows: 11, columns: 21, rowStride: 40),
            Matrix(b, at: 9, rows: 21, columns: 71, rowStride: 80),
            into: Matrix(c, at: 5, rows: 11, columns: 71, rowStride: 90), bias: nil, accumulating: false)
        return try bench.values(["c": c])
    }

    package static let reductions: [PrimitiveCase] =
        [Reduction.sum, .sumOfSquares, .maximum].flatMap { reduction in
            [(1, 100_003, 1), (1, 1, 1), (1, 5000, 3), (3, 7, 67), (2, 9001, 40), (5, 70, 1), (1, 3, 1030)].flatMap {
                shape in
                [false, true].filter { !($0 && reduction == .maximum) }.map { accumulating in
                    let (batches, rows, columns) = shape
                    return PrimitiveCase("reduce \(reduction) \(shape)\(accumulating ? " +" : "")", tolerance: 5e-6) {
                        bench in
                        let x = bench.buffer(batches * rows * columns)
                        let y = bench.buffer(batches * columns + 4)
                        bench.backend.reduce(
                            reduction, rowsOf: Matrix(x, batches: batches, rows: rows, columns: columns),
                            scale: reduction == .maximum ? 1 : 0.37,
                            into: Matrix(y, at: 2, rows: batches, columns: columns),
                            accumulating: accumulating)
                        return try bench.values(["y": y])
                    }
                }
            }
        } + [
            PrimitiveCase("reduce sum over strided columns", tolerance: 5e-6) { bench in
                let x = bench.buffer(3 * 50 * 11)
                let y = bench.buffer(3 * 50)
                bench.backend.reduce(
                    .sum, rowsOf: Matrix(x, batches: 3, rows: 50, columns: 11).transposed, scale: 1,
                    into: Matrix(y, rows: 3, columns: 50), accumulating: false)
                return try bench.values(["y": y])
            },
            PrimitiveCase("reduce sum over part of each row", tolerance: 5e-6) { bench in
                let x = bench.buffer(700 * 83)
                let y = bench.buffer(37)
                bench.backend.reduce(
                    .sum, rowsOf: Matrix(x, at: 11, rows: 700, columns: 37, rowStride: 83), scale: 1,
                    into: Matrix(y, rows: 1, columns: 37), accumulating: true)
                return try bench.values(["y": y])
            },
        ]
}
