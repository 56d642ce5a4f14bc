import UnrollCompute

extension PrimitiveCase {
    package static let softmaxes: [PrimitiveCase] = [(1, 1), (3, 5), (7, 17), (40, 65), (5, 3001)].flatMap {
        rows, columns in
        [Float(1), 60].flatMap { bound in
            [false, true].map { logarithmic in
                PrimitiveCase("\(logarithmic ? "log-" : "")softmax \(rows)x\(columns) ±\(bound)", tolerance: 5e-6) {
                    bench in
                    let x = bench.buffer(rows * columns, bound: bound)
                    let y = bench.buffer(rows * columns)
                    bench.backend.softmax(x, rows: rows, columns: columns, logarithmic: logarithmic, into: y)
                    let dy = bench.buffer(rows * columns)
                    let dx = bench.buffer(rows * columns)
                    bench.backend.softmaxBackward(
                        y: y, dy: dy, rows: rows, columns: columns, logarithmic: logarithmic, into: dx)
                    return try bench.values(["y": y, "dx": dx])
                }
            }
        } + [crossEntropy(rows, columns)]
    }

    private static func crossEntropy(_ rows: Int, _ columns: Int) -> PrimitiveCase {
        PrimitiveCase("cross-entropy \(rows)x\(columns)", tolerance: 5e-6) { bench in
            let x = bench.buffer(rows * columns, bound: 20)
            // Every third target is ignored, but never the only one.
            let targets = bench.indices((0..<rows).map { $0 % 3 == 2 ? -1 : Int32(($0 * 31 + 7) % columns) })
            let scale = 1 / Float(rows - rows / 3)
            let loss = bench.buffer(1)
            let logSumExp = bench.buffer(rows)
            bench.backend.crossEntropy(
                x, rows: rows, columns: columns, targets: targets, scale: scale, into: loss, logSumExp: logSumExp)
            let dx = bench.buffer(rows * columns)
            bench.backend.crossEntropyBackward(
                x, rows: rows, columns: columns, targets: targets, scale: scale, logSumExp: logSumExp,
                dLoss: bench.backend.makeBuffer([1.3] as [Float]), into: dx)
            return try bench.values(["loss": loss, "logSumExp": logSumExp, "dx": dx])
        }
    }

    package static let normalizations: [PrimitiveCase] = [(1, 1), (3, 2), (7, 37), (131, 16), (5, 1003), (301, 260)]
        .flatMap { rows, columns in
            [true, false].map { wantsInput in
                PrimitiveCase("normalize \(rows)x\(columns)\(wantsInput ? "" : ", a constant")", tolerance: 1e-5) {
                    bench in
                    let backend = bench.backend
                    // Far from 0 beside their spread.
                    let x = backend.makeBuffer(bench.numbers(rows * columns).map { 3 * $0 + 5 })
                    let (scale, shift) = (bench.buffer(columns), bench.buffer(columns))
                    let (y, statistics) = (bench.buffer(rows * columns), bench.buffer(2 * rows))
                    backend.normalize(
                        x, rows: rows, columns: columns, scale: scale, shift: shift, epsilon: 0x1p-7, into: y,
                        statistics: statistics)
                    let (dy, dx) = (bench.buffer(rows * columns), bench.buffer(rows * columns))
                    backend.normalizeBackward(
                        x, dy: dy, rows: rows, columns: columns, scale: scale, statistics: statistics,
                        into: wantsInput ? dx : nil)
                    return try bench.values(["y": y, "statistics": statistics, "dy": dy, "dx": dx])
                }
            }
        }

    package static let lookups: [PrimitiveCase] = [(1, 1, 1), (11, 7, 40), (65, 64, 301), (5, 131, 77)].map {
        rows, columns, count in
        PrimitiveCase("gather and scatter \(rows)x\(columns) by \(count)", tolerance: 5e-6) { bench in
            // Many repeats, some rows of the table never, and −1.
            let indices = bench.indices((0..<count).map { $0 % 13 == 5 ? -1 : Int32(($0 * $0 + $0 / 3) % rows) })
            let table = Matrix(bench.buffer(rows * columns), rows: rows, columns: columns)
            let y = bench.buffer(count * columns)
            bench.backend.gather(
                table, indices: indices, into: Matrix(y, rows: count, columns: columns), accumulating: false)
            // Part of wider rows, added to part of wider rows.
            let wide = Matrix(
                bench.buffer(rows * (columns + 5)), at: 2, rows: rows, columns: columns, rowStride: columns + 5)
            let sum = bench.buffer(count * (columns + 3))
            bench.backend.gather(
                wide, indices: indices,
                into: Matrix(sum, at: 1, rows: count, columns: columns, rowStride: columns + 3), accumulating: true)
            let dTable = bench.buffer(rows * columns)
            bench.backend.scatterAdd(bench.buffer(count * columns), columns: columns, indices: indices, into: dTable)
            return try bench.values(["y": y, "sum": sum, "dTable": dTable])
        }
    }
}
