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

    /// One, two, about a block, about several; enough for work to be shared out, by chains and by blocks.
    package static let scans: [PrimitiveCase] = ScanKind.allCases.flatMap { kind in
        let block = Scan.linearBlock
        let sizes = [
            (1, 1, 1), (2, 2, 3), (3, block - 1, 5), (2, block, 17), (2, block + 5, 1), (1, block + 1, 19),
            (2, 3 * block + 5, 3),
            (1, 7 * block + 9, 33), (6, 5 * block, 67), (13, 70, 35),
        ]
        return sizes.enumerated().flatMap { index, size in
            [false, true].map { reverse in
                let all = ScanCase(
                    kind: kind, reverse: reverse, batch: size.0, steps: size.1, hidden: size.2,
                    masked: (index + (reverse ? 1 : 0)) % 3 != 0, given: index % 2 == (reverse ? 0 : 1))
                return PrimitiveCase(all.name, tolerance: 1e-5) { bench in try bench.values(all.results(bench)) }
            }
        }
    }

    package static let sequences = crfs + ctcs + scans
}

/// What a scan is tried with.
private struct ScanCase {
    let kind: ScanKind
    let reverse: Bool
    let batch: Int
    let steps: Int
    let hidden: Int
    let masked: Bool
    /// Whether there is an initial state, and a gradient of outputs as well as of the final state.
    let given: Bool

    var name: String {
        let marks = [reverse ? "reverse" : "", masked ? "holes" : "", given ? "given state" : ""]
        return "scan \(kind) \(batch)x\(steps)x\(hidden) " + marks.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    func results(_ bench: Bench) -> [String: Buffer] {
        let (count, states) = (batch * steps * hidden, batch * hidden)
        // Coefficients below 1 in size, inputs on both sides of every bend.
        let x = bench.buffer(count * kind.gates, bound: kind == .linear ? 0.99 : 3)
        let weight = bench.buffer(hidden, bound: 1)
        let before = holed(batch: batch, steps: steps).stepsBefore(reverse: reverse)
        let initial = bench.buffer(states)
        let scan = Scan(
            kind, reverse: reverse, batch: batch, steps: steps, hidden: hidden, x: x,
            weight: kind.hasWeight ? weight : nil, initial: given ? initial : nil,
            before: masked ? bench.indices(before) : nil)
        let (y, final) = (bench.buffer(count), bench.buffer(states))
        bench.backend.scan(scan, into: y, final: final)
        let (dy, dFinal) = (bench.buffer(count), bench.buffer(states))
        let (dx, dWeight, dInitial) = (bench.buffer(count * kind.gates), bench.buffer(hidden), bench.buffer(states))
        bench.backend.scanBackward(
            scan, y: y, dy: given || !masked ? dy : nil, dFinal: given || masked ? dFinal : nil, into: dx,
            dWeight: kind.hasWeight ? dWeight : nil, dInitial: given ? dInitial : nil)
        return ["y": y, "final": final, "dx": dx, "dWeight": dWeight, "dInitial": dInitial]
    }
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
