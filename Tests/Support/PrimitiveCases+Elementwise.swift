import UnrollCompute

extension PrimitiveCase {
    package static let elementwise: [PrimitiveCase] = maps + zips + copies

    /// So many numbers are shared out between threads, and not evenly.
    static let shared = 20_011

    private static let maps: [PrimitiveCase] =
        UnaryFunction.Kind.allCases.flatMap { kind in
            [1, 17, shared + 3].map { count in
                PrimitiveCase("map \(kind) \(count)", tolerance: 1e-6) { bench in
                    let f = UnaryFunction(kind, alpha: 1.7, beta: 0.3)
                    let positive = [.log, .sqrt, .reciprocal, .clipFactor].contains(kind)
                    // Near zero, ordinary and large numbers.
                    var numbers = bench.numbers(count, bound: 3)
                    for i in stride(from: 0, to: count, by: 7) { numbers[i] *= i % 2 == 0 ? 1e-3 : 9 }
                    if positive { numbers = numbers.map { abs($0) + 0.05 } }
                    let x = bench.backend.makeBuffer(numbers)
                    let y = bench.buffer(count)
                    bench.backend.map(f, x, into: y)
                    let dy = bench.buffer(count)
                    let dx = bench.buffer(count)
                    bench.backend.mapBackward(f, x: x, y: y, dy: dy, into: dx)
                    return try bench.values(["y": y, "dx": dx])
                }
            }
        } + [
            // Relative accuracy near zero shows only where everything is near zero.
            PrimitiveCase("map tanh near 0", tolerance: 1e-6) { bench in
                let x = bench.buffer(133, bound: 1e-4)
                let y = bench.buffer(133)
                bench.backend.map(UnaryFunction(.tanh), x, into: y)
                return try bench.values(["y": y])
            },
            PrimitiveCase("map at the ends of the range", tolerance: 1e-6) { bench in
                let x = bench.backend.makeBuffer([-1e30, -200, -89, -20, 0, 20, 85, 1e30] as [Float])
                let results = [UnaryFunction.Kind.sigmoid, .tanh, .relu].map { kind in
                    let y = bench.buffer(8)
                    bench.backend.map(UnaryFunction(kind), x, into: y)
                    return y
                }
                return try bench.values(["sigmoid": results[0], "tanh": results[1], "relu": results[2]])
            },
            // The last of the finite, the first of what is zero or infinite.
            PrimitiveCase("map exp of large numbers", tolerance: 1e-6) { bench in
                let x = bench.backend.makeBuffer([87.9, 88.05, 88.3, 88.5, 88.72] as [Float])
                let y = bench.buffer(5)
                bench.backend.map(UnaryFunction(.exp), x, into: y)
                return try bench.values(["y": y])
            },
            PrimitiveCase("map exp of small numbers", tolerance: 1e-6) { bench in
                let x = bench.backend.makeBuffer([-87.3, -87.1, -86.9, -86.5] as [Float])
                let y = bench.buffer(4)
                bench.backend.map(UnaryFunction(.exp), x, into: y)
                return try bench.values(["y": y])
            },
            PrimitiveCase("map affine in place") { bench in
                let x = bench.buffer(1001)
                bench.backend.map(.affine(-2, 0.5), x, into: x)
                return try bench.values(["x": x])
            },
            PrimitiveCase("fill") { bench in
                let x = bench.buffer(77)
                bench.backend.fill(x, with: 2.5)
                return try bench.values(["x": x])
            },
        ]

    private static let zips: [PrimitiveCase] =
        BinaryFunction.allCases.flatMap { f in
            [(5, 37, false), (5, 37, true), (67, 101, false)].map { m, n, accumulating in
                PrimitiveCase("zip \(f) \(m)×\(n)\(accumulating ? " +" : "")", tolerance: 1e-6) { bench in
                    let a = bench.buffer(3 * m * n)
                    let b = bench.backend.makeBuffer(bench.numbers(3 * m * n).map { $0 < 0 ? $0 - 0.5 : $0 + 0.5 })
                    let row = Matrix(b, at: 3, batches: 3, rows: m, columns: n, batchStride: 0, rowStride: 0)
                    let column = Matrix(
                        b, at: 1, batches: 3, rows: m, columns: n, batchStride: m, rowStride: 1, columnStride: 0)
                    let scalar = Matrix(
                        b, batches: 3, rows: m, columns: n, batchStride: 0, rowStride: 0, columnStride: 0)
                    let same = Matrix(b, batches: 3, rows: m, columns: n)
                    let across = Matrix(b, batches: 3, rows: n, columns: m).transposed
                    let seen = Matrix(a, batches: 3, rows: m, columns: n)
                    var results: [String: Buffer] = [:]
                    for (name, other) in [
                        ("row", row), ("column", column), ("scalar", scalar), ("same", same), ("across", across),
                    ] {
                        let c = bench.buffer(3 * m * n)
                        bench.backend.zip(
                            f, seen, other, into: Matrix(c, batches: 3, rows: m, columns: n),
                            accumulating: accumulating)
                        results[name] = c
                    }
                    return try bench.values(results)
                }
            }
        } + [
            PrimitiveCase("zip equal of equals, in place") { bench in
                let a = bench.buffer(70)
                let view = Matrix(a, rows: 7, columns: 10)
                bench.backend.zip(.equal, view, view, into: view, accumulating: false)
                return try bench.values(["a": a])
            }
        ]

    private static let copies: [PrimitiveCase] = [(21, false), (21, true), (1709, false)].map { n, accumulating in
        PrimitiveCase("copy \(n)\(accumulating ? " +" : "")") { bench in
            let x = bench.buffer(4 * 6 * n)
            let sliced = bench.buffer(4 * 3 * n)
            let placed = bench.buffer(4 * 9 * n)
            let turned = bench.buffer(4 * 6 * n)
            let backend = bench.backend
            // A slice along the middle axis, its way back, and a change from batch-major to time-major.
            backend.copy(
                Matrix(x, at: 2 * n, batches: 4, rows: 3, columns: n, batchStride: 6 * n),
                to: Matrix(sliced, batches: 4, rows: 3, columns: n), accumulating: accumulating)
            backend.copy(
                Matrix(x, batches: 4, rows: 6, columns: n),
                to: Matrix(placed, at: n, batches: 4, rows: 6, columns: n, batchStride: 9 * n),
                accumulating: accumulating)
            backend.copy(
                Matrix(x, batches: 4, rows: 6, columns: n),
                to: Matrix(turned, batches: 4, rows: 6, columns: n, batchStride: n, rowStride: 4 * n),
                accumulating: accumulating)
            return try bench.values(["sliced": sliced, "placed": placed, "turned": turned])
        }
    }

    package static let randoms: [PrimitiveCase] = [Float(0), 0.2, 0.5, 0.93].flatMap { probability in
        [false, true].map { accumulating in
            PrimitiveCase("dropout \(probability)\(accumulating ? " +" : "")") { bench in
                let n = accumulating ? 67 : 419
                let mask = DropoutMask(
                    probability: probability, key: RandomSource(seed: 0xDEAD_BEEF_0123, step: 5).key(site: 3))
                let x = bench.buffer(3 * 5 * n)
                let y = bench.buffer(3 * 5 * n)
                bench.backend.dropout(
                    mask, Matrix(x, batches: 3, rows: 5, columns: n, batchStride: n, rowStride: 3 * n),
                    into: Matrix(y, batches: 3, rows: 5, columns: n), accumulating: accumulating)
                let turned = bench.buffer(5 * n)
                bench.backend.dropout(
                    mask, Matrix(x, at: 40, rows: 5, columns: n),
                    into: Matrix(turned, rows: n, columns: 5).transposed, accumulating: accumulating)
                return try bench.values(["y": y, "turned": turned])
            }
        }
    }
}
