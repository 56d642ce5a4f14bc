package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// The plain recursions in the logarithms of probabilities, nothing kept small: Double has room for that.

private func logSum(_ values: [Double]) -> Double {
    let shift = values.max() ?? -.infinity
    return shift == -.infinity ? shift : shift + log(values.reduce(0) { $0 + exp($1 - shift) })
}

// MARK: CRF

/// A row's chain: only the steps that are there.
private struct Chain {
    let tags: Int
    let places: [Int]
    let x: [[Double]]
    let transitions: [[Double]]
    let start: [Double]
    let end: [Double]

    init(_ chains: TagChains, row: Int) {
        let (tags, all) = (chains.tags, chains.transitions.doubles.values)
        (self.tags, places) = (tags, chains.places[row])
        x = places.map { step in
            (0..<tags).map { chains.emissions.doubles.values[(row * chains.steps + step) * tags + $0] }
        }
        transitions = (0..<tags).map { Array(all[$0 * tags..<($0 + 1) * tags]) }
        (start, end) = (chains.start.doubles.values, chains.end.doubles.values)
    }

    func score(_ y: [Int]) -> Double {
        guard let first = y.first, let last = y.last else { return 0 }
        var score = start[first] + end[last]
        for (k, tag) in y.enumerated() { score += x[k][tag] + (k > 0 ? transitions[y[k - 1]][tag] : 0) }
        return score
    }

    /// For every step and tag, the log of all that leads there (the step included), and of all that follows.
    func sums() -> (before: [[Double]], after: [[Double]], total: Double) {
        var before: [[Double]] = []
        for k in x.indices {
            before.append(
                (0..<tags).map { j in
                    x[k][j]
                        + (k == 0 ? start[j] : logSum((0..<tags).map { before[k - 1][$0] + transitions[$0][j] }))
                })
        }
        var after = [[Double]](repeating: end, count: x.count)
        for k in x.indices.dropLast().reversed() {
            after[k] = (0..<tags).map { i in
                logSum((0..<tags).map { transitions[i][$0] + x[k + 1][$0] + after[k + 1][$0] })
            }
        }
        let total = before.last.map { last in logSum((0..<tags).map { last[$0] + end[$0] }) } ?? 0
        return (before, after, total)
    }
}

extension ReferenceBackend {
    package func crf(_ chains: TagChains, targets: Buffer, into losses: Buffer, gradients: TagChainGradients?) {
        let (steps, tags) = (chains.steps, chains.tags)
        if let gradients {
            for buffer in [gradients.emissions, gradients.transitions, gradients.start, gradients.end] {
                fill(buffer, with: 0)
            }
        }
        for row in 0..<chains.batch {
            let chain = Chain(chains, row: row)
            let y = chain.places.map { Int(targets.indices![row * steps + $0]) }
            let (before, after, total) = chain.sums()
            losses.doubles.values[row] = total - chain.score(y)
            guard let gradients, let first = y.first, let last = y.last else { continue }
            let marginal = { (k: Int, j: Int) in exp(before[k][j] + after[k][j] - total) }
            for j in 0..<tags {
                gradients.start.doubles.values[row * tags + j] = marginal(0, j) - (j == first ? 1 : 0)
                gradients.end.doubles.values[row * tags + j] = marginal(y.count - 1, j) - (j == last ? 1 : 0)
                for (k, step) in chain.places.enumerated() {
                    gradients.emissions.doubles.values[(row * steps + step) * tags + j] =
                        marginal(k, j) - (j == y[k] ? 1 : 0)
                }
                for k in y.indices.dropFirst() {
                    for i in 0..<tags {
                        let path = before[k - 1][i] + chain.transitions[i][j] + chain.x[k][j] + after[k][j] - total
                        gradients.transitions.doubles.values[(row * tags + i) * tags + j] +=
                            exp(path) - (i == y[k - 1] && j == y[k] ? 1 : 0)
                    }
                }
            }
        }
    }

    package func viterbi(_ chains: TagChains, into path: Buffer) {
        path.doubles.values = Array(repeating: -1, count: path.count)
        for row in 0..<chains.batch {
            let chain = Chain(chains, row: row)
            // The best path to every tag, as a whole.
            var best: [(score: Double, path: [Int])] = []
            for k in chain.x.indices {
                best = (0..<chain.tags).map { j in
                    let x = chain.x[k][j]
                    if k == 0 { return (chain.start[j] + x, [j]) }
                    let from = (0..<chain.tags).max { i, o in
                        best[i].score + chain.transitions[i][j] < best[o].score + chain.transitions[o][j]
                    }!
                    return (best[from].score + chain.transitions[from][j] + x, best[from].path + [j])
                }
            }
            let last = best.indices.max { best[$0].score + chain.end[$0] < best[$1].score + chain.end[$1] }
            guard let last else { continue }
            for (step, tag) in Swift.zip(chain.places, best[last].path) {
                path.doubles.values[row * chains.steps + step] = Double(tag)
            }
        }
    }
}

// MARK: CTC

extension ReferenceBackend {
    package func ctc(_ alignments: Alignments, into losses: Buffer, gradient: Buffer?) {
        if let gradient { fill(gradient, with: 0) }
        for row in 0..<alignments.batch {
            let (places, labels) = (alignments.places[row], alignments.labels[row])
            let at = { (k: Int, symbol: Int) in
                (row * alignments.steps + places[k]) * alignments.classes + symbol
            }
            let p = { (k: Int, symbol: Int) in alignments.logProbabilities.doubles.values[at(k, symbol)] }
            let symbols = [alignments.blank] + labels.flatMap { [$0, alignments.blank] }
            // Whether a path goes from state i to state j: by 0, by 1, or over a blank between labels that differ.
            let leads = { (i: Int, j: Int) in
                j == i || j == i + 1
                    || (j == i + 2 && symbols[j] != alignments.blank && symbols[j] != symbols[i])
            }
            guard let end = places.indices.last else {
                losses.doubles.values[row] = labels.isEmpty || alignments.zeroInfinity ? 0 : .infinity
                continue
            }
            let states = symbols.indices
            var before = [states.map { $0 < 2 ? p(0, symbols[$0]) : -.infinity }]
            for k in places.indices.dropFirst() {
                before.append(
                    states.map { j in
                        p(k, symbols[j])
                            + logSum((max(0, j - 2)...j).filter { leads($0, j) }.map { before[k - 1][$0] })
                    })
            }
            let isLast = { (state: Int) in state >= symbols.count - 2 }
            let total = logSum(states.filter(isLast).map { before[end][$0] })
            losses.doubles.values[row] = total == -.infinity && alignments.zeroInfinity ? 0 : -total
            guard let gradient, total > -.infinity else { continue }
            var after = states.map { isLast($0) ? 0 : -Double.infinity }
            for k in places.indices.reversed() {
                for symbol in 0..<alignments.classes { gradient.doubles.values[at(k, symbol)] = exp(p(k, symbol)) }
                for state in states {
                    gradient.doubles.values[at(k, symbols[state])] -= exp(before[k][state] + after[state] - total)
                }
                after = states.map { i in
                    logSum(
                        (i...min(i + 2, symbols.count - 1)).filter { leads(i, $0) }.map {
                            after[$0] + p(k, symbols[$0])
                        })
                }
            }
        }
    }
}
