public import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A string that a sequence may be read as.
public struct CTCHypothesis: Sendable, Equatable {
    /// The string.
    public let labels: [Int]
    /// The logarithm of the probability of the alignments that were followed.
    public let logProbability: Double
}

// Logits `[batch, steps, classes]` read as strings, on the host.

extension Tensor {
    /// Of each row, the string of the likeliest class of every step: repetitions merged, then blanks left out. Of equally
    /// likely classes the smaller.
    ///
    /// - Parameters:
    ///   - mask: which steps are there; nil is all.
    ///   - blank: the class that stands for no label.
    /// - Throws: `ComputeError`: it waits for the device.
    public func ctcGreedy(mask: SequenceMask? = nil, blank: Int = 0) throws -> [[Int]] {
        try logProbabilities(mask, blank, "ctcGreedy").map { steps in
            let best = steps.map { step in step.indices.reduce(0) { step[$1] > step[$0] ? $1 : $0 } }
            return best.indices.filter { best[$0] != blank && ($0 == 0 || best[$0] != best[$0 - 1]) }.map { best[$0] }
        }
    }

    /// Of each row, the likeliest strings, best first: a string's alignments count together, and after each step the
    /// `width` likeliest beginnings are followed.   (Graves & Jaitly 2014, without a language model)
    ///
    /// - Complexity: steps · width · classes for each row.
    /// - Throws: `ComputeError`: it waits for the device.
    public func ctcBeamSearch(width: Int, mask: SequenceMask? = nil, blank: Int = 0) throws -> [[CTCHypothesis]] {
        require(width > 0, "ctcBeamSearch: a width of \(width) is not positive")
        return try logProbabilities(mask, blank, "ctcBeamSearch").map { steps in
            var search = BeamSearch(width: width, blank: blank)
            for step in steps { search.follow(step) }
            return search.hypotheses
        }
    }

    /// Of each row and each of its steps that is there, the logarithm of each class's probability.
    private func logProbabilities(_ mask: SequenceMask?, _ blank: Int, _ operation: String) throws -> [[[Double]]] {
        require(shape.count == 3, "\(operation): logits of shape \(shape) are not [batch, steps, classes]")
        require((0..<shape[2]).contains(blank), "\(operation): the blank \(blank) is not one of \(shape[2]) classes")
        let (steps, classes) = (shape[1], shape[2])
        let mask = checked(mask, operation) ?? SequenceMask(batch: shape[0], steps: steps)
        let values = try detached().logSoftmax().floats()
        return mask.places.enumerated().map { row, places in
            places.map { step in
                let start = (row * steps + step) * classes
                return values[start..<start + classes].map(Double.init)
            }
        }
    }
}

/// Beginnings of strings, as a tree, and the likeliest of them.
private struct BeamSearch {
    private let width: Int
    private let blank: Int
    /// Beginnings by number: each but the empty one, 0, is another and a label.
    private var parents = [0]
    private var labels = [-1]
    private var children: [Extension: Int] = [:]
    private var beams = [Beam(beginning: 0, endingInBlank: 0, endingInLabel: -.infinity)]

    private struct Extension: Hashable {
        let beginning: Int
        let label: Int
    }

    /// The logarithm of what the alignments of a beginning come to, by how they end: only after a blank is the same label
    /// another one.
    private struct Beam {
        let beginning: Int
        var endingInBlank = -Double.infinity
        var endingInLabel = -Double.infinity

        var total: Double { logSum(endingInBlank, endingInLabel) }
    }

    init(width: Int, blank: Int) { (self.width, self.blank) = (width, blank) }

    /// One step further, whose classes have these logarithms of probabilities.
    mutating func follow(_ step: [Double]) {
        var next: [Beam] = []
        var places: [Int: Int] = [:]
        func with(_ beginning: Int, _ change: (inout Beam) -> Void) {
            let place = places[beginning] ?? next.count
            if place == next.count {
                places[beginning] = place
                next.append(Beam(beginning: beginning))
            }
            change(&next[place])
        }
        for beam in beams {
            let (last, total) = (labels[beam.beginning], beam.total)
            with(beam.beginning) { $0.endingInBlank = logSum($0.endingInBlank, total + step[blank]) }
            for label in step.indices where label != blank {
                if label == last {
                    with(beam.beginning) {
                        $0.endingInLabel = logSum($0.endingInLabel, beam.endingInLabel + step[label])
                    }
                }
                let before = label == last ? beam.endingInBlank : total
                with(extended(beam.beginning, by: label)) {
                    $0.endingInLabel = logSum($0.endingInLabel, before + step[label])
                }
            }
        }
        beams = Array(next.filter { $0.total > -.infinity }.sorted(by: Self.isLikelier).prefix(width))
    }

    /// What is left, best first.
    var hypotheses: [CTCHypothesis] {
        beams.sorted(by: Self.isLikelier).map { CTCHypothesis(labels: string($0.beginning), logProbability: $0.total) }
    }

    /// Of equally likely ones, the one found first.
    private static func isLikelier(_ a: Beam, _ b: Beam) -> Bool {
        a.total != b.total ? a.total > b.total : a.beginning < b.beginning
    }

    private mutating func extended(_ beginning: Int, by label: Int) -> Int {
        let key = Extension(beginning: beginning, label: label)
        if let known = children[key] { return known }
        parents.append(beginning)
        labels.append(label)
        children[key] = labels.count - 1
        return labels.count - 1
    }

    private func string(_ beginning: Int) -> [Int] {
        var string: [Int] = []
        var at = beginning
        while at != 0 {
            string.append(labels[at])
            at = parents[at]
        }
        return string.reversed()
    }
}

private func logSum(_ a: Double, _ b: Double) -> Double {
    let (small, large) = (min(a, b), max(a, b))
    return small == -.infinity ? large : large + log1p(exp(small - large))
}
