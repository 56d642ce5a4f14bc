import UnrollCompute

extension PrimitiveCase {
    static let elementwise: [PrimitiveCase] = maps + zips + copies

    private static let maps: [PrimitiveCase] =
        UnaryFunction.Kind.allCases.flatMap { kind in
            [1, 17, 4099].map { count in
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
            [false, true].map { accumulating in
                PrimitiveCase("zip \(f)\(accumulating ? " +" : "")", tolerance: 1e-6) { bench in
                    let a = bench.buffer(3 * 5 * 37)
                    let b = bench.backend.makeBuffer(bench.numbers(3 * 5 * 37).map { $0 < 0 ? $0 - 0.5 : $0 + 0.5 })
                    let row = Matrix(b, at: 3, batches: 3, rows: 5, columns: 37, batchStride: 0, rowStride: 0)
                    let column = Matrix(
                        b, at: 1, batches: 3, rows: 5, columns: 37, batchStride: 5, rowStride: 1, columnStride: 0)
                    let scalar = Matrix(
                        b, batches: 3, rows: 5, columns: 37, batchStride: 0, rowStride: 0, columnStride: 0)
                    let same = Matrix(b, batches: 3, rows: 5, columns: 37)
                    let across = Matrix(b, batches: 3, rows: 37, columns: 5).transposed
                    let seen = Matrix(a, batches: 3, rows: 5, columns: 37)
                    var results: [String: Buffer] = [:]
                    for (name, other) in [
                        ("row", row), ("column", column), ("scalar", scalar), ("same", same), ("across", across),
                    ] {
                        let c = bench.buffer(3 * 5 * 37)
                        bench.backend.zip(
                            f, seen, other, into: Matrix(c, batches: 3, rows: 5, columns: 37),
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

    private static let copies: [PrimitiveCase] = [false, true].map { accumulating in
        PrimitiveCase("copy\(accumulating ? " +" : "")") { bench in
            let x = bench.buffer(4 * 6 * 21)
            let sliced = bench.buffer(4 * 3 * 21)
            let placed = bench.buffer(4 * 9 * 21)
            let turned = bench.buffer(4 * 6 * 21)
            let backend = bench.backend
            // A slice along the middle axis, its way back, and a change from batch-major to time-major.
            backend.copy(
                Matrix(x, at: 2 * 21, batches: 4, rows: 3, columns: 21, batchStride: 6 * 21),
                to: Matrix(sliced, batches: 4, rows: 3, columns: 21), accumulating: accumulating)
            backend.copy(
                Matrix(x, batches: 4, rows: 6, columns: 21),
                to: Matrix(placed, at: 21, batches: 4, rows: 6, columns: 21, batchStride: 9 * 21),
                accumulating: accumulating)
            backend.copy(
                Matrix(x, batches: 4, rows: 6, columns: 21),
                to: Matrix(turned, batches: 4, rows: 6, columns: 21, batchStride: 21, rowStride: 4 * 21),
                accumulating: accumulating)
            return try bench.values(["sliced": sliced, "placed": placed, "turned": turned])
        }
    }

    static let randoms: [PrimitiveCase] = [Float(0), 0.2, 0.5, 0.93].flatMap { probability in
        [false, true].map { accumulating in
            PrimitiveCase("dropout \(probability)\(accumulating ? " +" : "")") { bench in
                let mask = DropoutMask(
                    probability: probability, key: RandomSource(seed: 0xDEAD_BEEF_0123, step: 5).key(site: 3))
                let x = bench.buffer(3 * 5 * 67)
                let y = bench.buffer(3 * 5 * 67)
                bench.backend.dropout(
                    mask, Matrix(x, batches: 3, rows: 5, columns: 67, batchStride: 67, rowStride: 3 * 67),
                    into: Matrix(y, batches: 3, rows: 5, columns: 67), accumulating: accumulating)
                let turned = bench.buffer(5 * 67)
                bench.backend.dropout(
                    mask, Matrix(x, at: 40, rows: 5, columns: 67),
                    into: Matrix(turned, rows: 67, columns: 5).transposed, accumulating: accumulating)
                return try bench.values(["y": y, "turned": turned])
            }
        }
    }

    static let updates: [PrimitiveCase] = {
        let rules: [(String, UpdateRule)] = [
            ("sgd", .sgd(rate: 0.1, momentum: 0.9, decay: 0.01)),
            ("adam", .adam(rate: 0.03, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, root: 7, decay: 0.02, keep: 1)),
            ("adamw", .adam(rate: 0.03, beta1: 0.8, beta2: 0.99, epsilon: 1e-5, root: 3, decay: 0, keep: 0.97)),
        ]
        return rules.flatMap { name, rule in
            [1, 1003].flatMap { count in
                [false, true].map { scaled in
                    PrimitiveCase("update \(name) \(count)\(scaled ? " scaled" : "")") { bench in
                        let parameter = bench.buffer(count)
                        let moments = (0..<rule.moments).map { _ in bench.backend.makeZeros(count: count) }
                        let scale = scaled ? bench.backend.makeBuffer([0.3] as [Float]) : nil
                        for _ in 0..<3 {
                            bench.backend.update(
                                rule, parameter: parameter, gradient: bench.buffer(count), moments: moments,
                                scale: scale)
                        }
                        var results = ["parameter": parameter]
                        for (i, moment) in moments.enumerated() { results["moment \(i)"] = moment }
                        return try bench.values(results)
                    }
                }
            }
        }
    }()
}
