/// What many timings of the same thing come to, in seconds.
package struct Statistics: Sendable, Equatable {
    package let median, minimum: Double
    /// The distance from the first quartile to the third, as a part of the median: half of all timings lie within it.
    package let spread: Double
    /// The timing that one in a hundred exceeds.
    package let percentile99: Double

    /// - Parameter samples: at least one.
    package init(_ samples: [Double]) {
        let sorted = samples.sorted()
        // Between two timings the line from one to the other counts.
        let quantile = { (part: Double) in
            let place = part * Double(sorted.count - 1)
            let below = sorted[Int(place)], above = sorted[min(Int(place) + 1, sorted.count - 1)]
            return below + (above - below) * (place - place.rounded(.down))
        }
        (median, minimum, percentile99) = (quantile(0.5), sorted[0], quantile(0.99))
        spread = (quantile(0.75) - quantile(0.25)) / quantile(0.5)
    }
}

/// Somebody who can do the work: one of our devices, or a peer.
struct Contestant {
    /// Does it so many times and says how many seconds a time took: one mean, or one for each; nil when it is gone.
    let time: (_ calls: Int) throws -> [Double]?
}

/// How long and how often is measured.
struct Measurement {
    /// Rounds; nil for as many as `seconds` allow, at least `leastRounds`.
    var rounds: Int?
    var leastRounds = 7
    /// What one contestant's rounds should take together.
    var seconds = 0.8
    /// A round is as many calls as fit in this, at least one.
    var secondsOfRound = 0.02

    /// Small and short: whether it works, more than how fast.
    static let quick = Measurement(leastRounds: 3, seconds: 0, secondsOfRound: 0.002)

    /// The contestants take turns, one round of each, so that whatever else the machine does slows all of them alike.
    /// - Returns: for each, what its rounds came to; nil for one that is gone.
    func take(_ contestants: [Contestant]) throws -> [Statistics?] {
        let calls = try contestants.map { try round(of: $0) }
        let longest = calls.compactMap { $0?.seconds }.max() ?? 0
        let rounds = rounds ?? max(leastRounds, min(25, Int(seconds / max(longest, 1e-9))))
        var samples = contestants.map { _ -> [Double]? in [] }
        for _ in 0..<rounds {
            for (index, contestant) in contestants.enumerated() {
                guard samples[index] != nil, let calls = calls[index]?.count else { continue }
                if let times = try contestant.time(calls) {
                    samples[index]! += times
                } else {
                    samples[index] = nil
                }
            }
        }
        return samples.map { $0.flatMap { $0.isEmpty ? nil : Statistics($0) } }
    }

    /// How many calls make a round, and how long it takes, once kernels are built, weights packed and memory touched.
    private func round(of contestant: Contestant) throws -> (count: Int, seconds: Double)? {
        var (count, spent) = (1, 0.0)
        while true {
            guard let times = try contestant.time(count) else { return nil }
            let each = max(times.reduce(0, +) / Double(times.count), 1e-9)
            let fitting = max(1, min(5000, Int(secondsOfRound / each)))
            spent += each * Double(count)
            if count >= fitting, count > 1 || spent > 2.5 * each { return (fitting, each * Double(fitting)) }
            count = min(fitting, 8 * count)
        }
    }
}
