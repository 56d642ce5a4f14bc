/// Finds the pairs of a byte pair encoding: the most frequent pair of neighbours becomes a token, again and again.
///
/// The different pieces of a text are kept with their counts, and for every pair in which of them it is, so a new token
/// touches only those.
struct BytePairTraining {
    private typealias Pair = BytePairEncoding.Pair

    private var pieces: [[Int32]] = []
    /// How often each piece is in the text.
    private var counts: [Int] = []
    private var pairs: [Pair: Occurrences] = [:]
    private var candidates = Candidates()

    /// A pair's count in the text, and pieces it is in, or was.
    private struct Occurrences {
        var count = 0
        var pieces: [Int] = []
    }

    /// The most frequent pairs in order; among equals the one of lower tokens. There are fewer than `count` where no
    /// pair is left that the text has twice.
    static func merges(of text: [UInt8], count: Int) -> [BytePairEncoding.Pair] {
        var training = BytePairTraining(text)
        var merges: [Pair] = []
        while merges.count < count, let pair = training.mostFrequent() {
            training.merge(pair, as: Int32(256 + merges.count))
            merges.append(pair)
        }
        return merges
    }

    private init(_ text: [UInt8]) {
        var places: [[UInt8]: Int] = [:]
        BytePairEncoding.pieces(of: text) { range in
            let piece = Array(text[range])
            if let place = places[piece] {
                counts[place] += 1
            } else {
                places[piece] = pieces.count
                pieces.append(piece.map { Int32($0) })
                counts.append(1)
            }
        }
        for place in pieces.indices { add(place, since: 0) }
        for (pair, occurrences) in pairs { candidates.insert((occurrences.count, pair)) }
    }

    /// Counts the pairs of a piece, and notes the piece for those that have a token from `since` on: the others know it.
    private mutating func add(_ place: Int, since token: Int32) {
        let piece = pieces[place]
        for (left, right) in zip(piece, piece.dropFirst()) {
            pairs[Pair(left: left, right: right), default: Occurrences()].count += counts[place]
            guard max(left, right) >= token else { continue }
            pairs[Pair(left: left, right: right), default: Occurrences()].pieces.append(place)
        }
    }

    private mutating func remove(_ place: Int) {
        let piece = pieces[place]
        for (left, right) in zip(piece, piece.dropFirst()) {
            pairs[Pair(left: left, right: right), default: Occurrences()].count -= counts[place]
        }
    }

    private mutating func mostFrequent() -> Pair? {
        while let (count, pair) = candidates.removeFirst() {
            let now = pairs[pair]?.count ?? 0
            // What has become rarer goes back to where it belongs now.
            if now == count { return now > 1 ? pair : nil }
            if now > 0, now < count { candidates.insert((now, pair)) }
        }
        return nil
    }

    private mutating func merge(_ pair: Pair, as token: Int32) {
        for place in pairs[pair]?.pieces ?? [] {
            let joined = BytePairEncoding.joined(pieces[place], pair, as: token)
            guard joined.count < pieces[place].count else { continue }
            remove(place)
            pieces[place] = joined
            add(place, since: token)
            for (left, right) in zip(joined, joined.dropFirst()) where max(left, right) == token {
                grown.insert(Pair(left: left, right: right))
            }
        }
        pairs[pair] = nil
        // Only pairs with the new token are more frequent than before.
        for pair in grown { candidates.insert((pairs[pair]?.count ?? 0, pair)) }
        grown.removeAll(keepingCapacity: true)
    }

    private var grown: Set<BytePairEncoding.Pair> = []
}

/// A binary heap of pairs by count. The order is total, so what comes out does not depend on how it was put in.
private struct Candidates {
    typealias Candidate = (count: Int, pair: BytePairEncoding.Pair)
    private var heap: [Candidate] = []

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        heap[a].count == heap[b].count ? heap[a].pair < heap[b].pair : heap[a].count > heap[b].count
    }

    mutating func insert(_ candidate: Candidate) {
        heap.append(candidate)
        var place = heap.count - 1
        while place > 0, precedes(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() -> Candidate? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var place = 0
        while true {
            var best = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && precedes(child, best) {
                best = child
            }
            if best == place { return first }
            heap.swapAt(place, best)
            place = best
        }
    }
}
