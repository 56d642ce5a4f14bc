package import UnrollCompute

// Sizes below, at and above a vector and a group's items; rows with nothing, with holes and with padding on the left.

/// Which steps of each row are there, all kinds in turn; nothing missing in row 0.
package func holed(batch: Int, steps: Int) -> SequenceMask {
    let rows = (0..<batch).map { row in
        (0..<steps).map { step in
            switch row % 5 {
            case 0: true
            case 1: step < (row * 7 + 3) % steps + 1
            case 2: step >= steps / 3
            case 3: (step * 5 + row) % 3 != 1
            default: false
            }
        }
    }
    return try! SequenceMask(rows)
}

extension PrimitiveCase {
    private static let chainSizes = [
        (1, 1, 2), (3, 2, 5), (5, 7, 3), (7, 13, 17), (6, 19, 33), (2, 5, 70), (11, 31, 16), (2, 700, 5),
    ]

    package static let crfs: [PrimitiveCase] = chainSizes.flatMap { batch, steps, tags in
        // A single step with large scores has a loss of nothing but rounding.
        (steps == 1 ? [1] : [Float(1), 12]).flatMap { bound in
            [true, false].map { differentiated in
                let name = "crf \(batch)x\(steps)x\(tags) ±\(bound)\(differentiated ? "" : ", value alone")"
                return PrimitiveCase(name, tolerance: 2e-5) { bench in
                    let chains = bench.chains(batch, steps, tags, bound: bound)
                    let targets = bench.indices(bench.integers(batch * steps, below: tags))
                    let losses = bench.buffer(batch)
                    let gradients = TagChainGradients(
                        emissions: bench.buffer(batch * steps * tags), transitions: bench.buffer(batch * tags * tags),
                        start: bench.buffer(batch * tags), end: bench.buffer(batch * tags))
                    bench.backend.crf(
                        chains, targets: targets, into: losses, gradients: differentiated ? gradients : nil)
                    return try bench.values([
                        "losses": losses, "dx": gradients.emissions, "dtransitions": gradients.transitions,
                        "dstart": gradients.start, "dend": gradients.end,
                    ])
                }
            }
        } + [
            PrimitiveCase("viterbi \(batch)x\(steps)x\(tags)", tolerance: 0) { bench in
                let path = bench.buffer(batch * steps)
                bench.backend.viterbi(bench.chains(batch, steps, tags, bound: 2), into: path)
                return try bench.values(["path": path])
            }
        ]
    }

    /// Batch, steps, classes, the longest string.
    package static let ctcs: [PrimitiveCase] = [
        (1, 1, 5, 1), (4, 6, 3, 2), (9, 19, 7, 5), (6, 40, 31, 17), (11, 67, 5, 20), (6, 160, 70, 40), (2, 600, 4, 3),
    ].flatMap { batch, steps, classes, longest in
        [true, false].flatMap { differentiated in
            [0, classes - 1].map { blank in
                let name = "ctc \(batch)x\(steps)x\(classes), blank \(blank)\(differentiated ? "" : ", value alone")"
                return PrimitiveCase(name, tolerance: 2e-5) { bench in
                    // Strings with repetitions, empty ones, and some too long for their row.
                    let labels = (0..<batch).map { row in
                        bench.integers(row % 6 == 5 ? 0 : 1 + (row * 5 + 3) % longest, below: min(classes - 1, 3)).map {
                            Int($0) + (blank == 0 ? 1 : 0)
                        }
                    }
                    let x = bench.buffer(batch * steps * classes, bound: 4)
                    let p = bench.buffer(batch * steps * classes)
                    bench.backend.softmax(x, rows: batch * steps, columns: classes, logarithmic: true, into: p)
                    let (losses, dx) = (bench.buffer(batch), bench.buffer(batch * steps * classes))
                    bench.backend.ctc(
                        Alignments(
                            batch: batch, steps: steps, classes: classes, blank: blank, zeroInfinity: blank > 0,
                            logProbabilities: p,
                            places: IntegerLists(holed(batch: batch, steps: steps).places, on: bench.backend),
                            labels: IntegerLists(labels, on: bench.backend)),
                        into: losses, gradient: differentiated ? dx : nil)
                    return try bench.values(["losses": losses, "dx": dx])
                }
            }
        }
    }

    package static let sequences = crfs + ctcs + scans
}

extension Bench {
    /// Integers in `0..<bound`.
    package func integers(_ count: Int, below bound: Int) -> [Int32] {
        numbers(count, bound: 0.5).map { min(Int32(bound - 1), Int32(($0 + 0.5) * Float(bound))) }
    }

    fileprivate func chains(_ batch: Int, _ steps: Int, _ tags: Int, bound: Float) -> TagChains {
        TagChains(
            batch: batch, steps: steps, tags: tags, emissions: buffer(batch * steps * tags, bound: bound),
            transitions: buffer(tags * tags, bound: bound), start: buffer(tags, bound: bound),
            end: buffer(tags, bound: bound),
            places: IntegerLists(holed(batch: batch, steps: steps).places, on: backend))
    }
}
