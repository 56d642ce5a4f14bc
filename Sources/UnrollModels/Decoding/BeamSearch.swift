public import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a search writes with: a model that says, of several hypotheses side by side, how likely every token is next.
public protocol StepDecoder {
    /// What it remembers of the hypotheses, and of the sources they are for.
    associatedtype State

    /// Reads one more token of every hypothesis.
    /// - Parameters:
    ///   - tokens: one for each hypothesis. Those of a source stand together, as many for every source.
    ///   - state: of the same hypotheses.
    /// - Returns: logits `[hypotheses, tokens]`, and the state after these tokens.
    func step(_ tokens: [Int32], _ state: State) -> (logits: Tensor, state: State)

    /// The state of other hypotheses: of the one that is to be in place i, that of `rows[i]`. Hypotheses stay with
    /// their source, each of which then has `rows.count / sources`.
    func gathered(_ state: State, rows: [Int32]) -> State
}

/// What a search has written.
public struct Hypothesis: Sendable, Equatable {
    /// The tokens, without the one that ends them.
    public var tokens: [Int32]
    /// ln p of all of them, with that of the end.
    public var logProbability: Double
    /// ln p / lengthᵅ; the higher, the better.
    public var score: Double
}

/// Looks for the likeliest texts: at every step the `width` likeliest hypotheses are kept, the others given up.
///
///     score = Σ ln p(token) / lengthᵅ
///
/// with the end among the tokens. Without α the score falls with every token, and short texts win. Width 1 is greedy:
/// always the likeliest token. A hypothesis that ends takes one of the places with it. Of equal ones the one from the
/// better hypothesis counts, then the first in the vocabulary.   (Graves 2012; Sutskever, Vinyals & Le 2014;
/// length: Wu et al. 2016)
public struct BeamSearch: Sendable, Equatable {
    /// How many hypotheses are kept.
    public var width: Int
    /// α.
    public var lengthPower: Double
    /// The token that ends a text; nil where all have the full length.
    public var end: Int32?
    /// The most tokens a text has, the end not counted: one that is so long ends there.
    public var maximum: Int

    /// A search of at least one hypothesis and one token.
    public init(width: Int, lengthPower: Double = 1, end: Int32?, maximum: Int) {
        precondition(width > 0 && maximum > 0, "BeamSearch: width \(width), at most \(maximum) tokens")
        (self.width, self.lengthPower, self.end, self.maximum) = (width, lengthPower, end, maximum)
    }

    /// Writes for several sources at once.
    /// - Parameters:
    ///   - decoder: what writes.
    ///   - state: of one hypothesis for each source, before its first token.
    ///   - first: the token each of them reads first.
    /// - Returns: for each source up to `width` hypotheses, best first.
    /// - Throws: `ComputeError`.
    public func callAsFunction<Decoder: StepDecoder>(
        _ decoder: Decoder, _ state: Decoder.State, first: [Int32]
    ) throws -> [[Hypothesis]] {
        var beams = first.map { Beam(live: [Beam.Live(tokens: [$0], logProbability: 0, row: 0)]) }
        var (state, tokens) = (state, first)
        let steps = maximum + (end == nil ? 0 : 1)
        for length in 1...steps {
            let (logits, next) = decoder.step(tokens, state)
            let logProbabilities = try logits.logSoftmax().floats()
            let share = logProbabilities.count / first.count
            for source in beams.indices {
                advance(
                    &beams[source], logProbabilities[source * share..<(source + 1) * share], of: logits.shape[1],
                    length: length)
            }
            guard length < steps, beams.contains(where: { !$0.live.isEmpty }) else { break }
            // Every source has as many rows: where a hypothesis has ended, there is a copy that nobody looks at.
            let places = tokens.count / first.count
            let live = beams.indices.flatMap { source in
                (0..<width).map { place in
                    let live = beams[source].live
                    let isLive = live.indices.contains(place)
                    return (
                        token: isLive ? live[place].tokens.last ?? 0 : first[source],
                        row: Int32(source * places + (isLive ? live[place].row : 0))
                    )
                }
            }
            tokens = live.map(\.token)
            let rows = live.map(\.row)
            let isSame = places == width && rows.enumerated().allSatisfy { $0.offset == Int($0.element) }
            state = isSame ? next : decoder.gathered(next, rows: rows)
        }
        return beams.map { ranked($0) }
    }

    /// One more token for every hypothesis of a source.
    private func advance(_ beam: inout Beam, _ logProbabilities: ArraySlice<Float>, of count: Int, length: Int) {
        let room = width - beam.ended.count
        var best: [Candidate] = []
        for (place, live) in beam.live.enumerated() {
            let start = logProbabilities.startIndex + place * count
            for token in 0..<count {
                // A text of the greatest length ends.
                if length > maximum, end.map({ Int($0) != token }) ?? true { continue }
                let value = live.logProbability + Double(logProbabilities[start + token])
                if best.count == room, value <= best[room - 1].logProbability { continue }
                let position = best.firstIndex { $0.logProbability < value } ?? best.count
                best.insert(Candidate(place: place, token: Int32(token), logProbability: value), at: position)
                if best.count > room { best.removeLast() }
            }
        }
        let former = beam.live
        beam.live = []
        for candidate in best {
            let tokens = former[candidate.place].tokens
            if candidate.token == end {
                beam.ended.append(
                    hypothesis(Array(tokens.dropFirst()), candidate.logProbability, length: tokens.count))
            } else {
                beam.live.append(
                    Beam.Live(
                        tokens: tokens + [candidate.token], logProbability: candidate.logProbability,
                        row: candidate.place))
            }
        }
    }

    private func hypothesis(_ tokens: [Int32], _ logProbability: Double, length: Int) -> Hypothesis {
        Hypothesis(
            tokens: tokens, logProbability: logProbability, score: logProbability / pow(Double(length), lengthPower))
    }

    /// Best first; among equals what came first.
    private func ranked(_ beam: Beam) -> [Hypothesis] {
        // Still live at the last step are those that have no end.
        let all =
            beam.ended
            + beam.live.map { hypothesis(Array($0.tokens.dropFirst()), $0.logProbability, length: maximum) }
        return all.indices.sorted { (all[$1].score, $0) < (all[$0].score, $1) }.map { all[$0] }
    }

    private struct Candidate {
        var place: Int
        var token: Int32
        var logProbability: Double
    }
}

/// The hypotheses of one source.
private struct Beam {
    struct Live {
        /// With the one that was read first.
        var tokens: [Int32]
        var logProbability: Double
        /// Its place among those of its source at the step before.
        var row: Int
    }

    var live: [Live]
    var ended: [Hypothesis] = []
}
