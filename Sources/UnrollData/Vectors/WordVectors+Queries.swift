extension WordVectors {
    /// A word and how near it is.
    public struct Neighbour: Sendable, Equatable {
        /// The word.
        public var word: String
        /// Its place among the words.
        public var index: Int
        /// The cosine of the angle between the vectors, −1 to 1.
        public var similarity: Float
    }

    /// The cosine of the angle between the vectors of two words; nil where one of them is not known.
    public func similarity(_ a: String, _ b: String) -> Float? {
        guard let a = index(of: a), let b = index(of: b) else { return nil }
        return unitValues.withUnsafeBufferPointer { units in
            (0..<dimensions).reduce(0) { $0 + units[a * dimensions + $1] * units[b * dimensions + $1] }
        }
    }

    /// The words whose vectors have the smallest angles to that of a word, the nearest first; nil where the word is not
    /// known. The word itself is not among them.
    public func nearest(to word: String, count: Int) -> [Neighbour]? {
        index(of: word).map { nearest(toSumOf: [($0, 1)], count: count) }
    }

    /// The words whose vectors have the smallest angles to a vector, `[dimensions]`, the nearest first.
    public func nearest(to vector: [Float], count: Int) -> [Neighbour] {
        precondition(vector.count == dimensions, "nearest: \(vector.count) numbers for \(dimensions) dimensions")
        return nearest(to: [Self.unit(vector)], among: words.count, count: count, leavingOut: [[]])[0]
    }

    /// What is to `c` as `b` is to `a`: the words nearest to `b − a + c` of unit vectors, the three left out (3CosAdd,
    /// Mikolov et al. 2013; gensim's `most_similar(positive: [b, c], negative: [a])`). Nil where a word is not known.
    public func analogy(_ a: String, _ b: String, _ c: String, count: Int) -> [Neighbour]? {
        guard let a = index(of: a), let b = index(of: b), let c = index(of: c) else { return nil }
        return nearest(toSumOf: [(b, 1), (c, 1), (a, -1)], count: count)
    }

    private func nearest(toSumOf terms: [(index: Int, weight: Float)], count: Int) -> [Neighbour] {
        nearest(to: [unitSum(terms)], among: words.count, count: count, leavingOut: [terms.map(\.index)])[0]
    }

    /// A weighted sum of unit vectors, of length 1.
    func unitSum(_ terms: [(index: Int, weight: Float)]) -> [Float] {
        var sum = [Float](repeating: 0, count: dimensions)
        for (index, weight) in terms {
            for i in 0..<dimensions { sum[i] += weight * unitValues[index * dimensions + i] }
        }
        return Self.unit(sum)
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? vector.map { Float(Double($0) / length) } : vector
    }

    /// The nearest of the first `limit` words to each of many vectors of length 1. Equally near ones are in the order of
    /// the words.
    func nearest(to queries: [[Float]], among limit: Int, count: Int, leavingOut: [[Int]]) -> [[Neighbour]] {
        var found = queries.map { _ in NearestList(count: max(0, min(count, limit))) }
        // A row is read once for several queries: reading is what takes the time.
        let tile = 4
        for first in stride(from: 0, to: queries.count, by: tile) {
            let together = first..<min(first + tile, queries.count)
            let vectors = (0..<tile).flatMap { queries[min(first + $0, queries.count - 1)] }
            unitValues.withUnsafeBufferPointer { units in
                vectors.withUnsafeBufferPointer { vectors in
                    for row in 0..<min(limit, words.count) {
                        let similarities = products(units, row, vectors)
                        for (lane, query) in together.enumerated() where found[query].takes(similarities[lane]) {
                            if !leavingOut[query].contains(row) { found[query].add(row, similarities[lane]) }
                        }
                    }
                }
            }
        }
        return found.map { list in
            list.entries.map { Neighbour(word: words[$0.index], index: $0.index, similarity: $0.similarity) }
        }
    }

    /// The products of a row with four vectors that follow one another.
    @inline(__always)
    private func products(
        _ units: UnsafeBufferPointer<Float>, _ row: Int, _ vectors: UnsafeBufferPointer<Float>
    ) -> SIMD4<Float> {
        var (a, b, c, d) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
        let (start, whole) = (row * dimensions, dimensions / 8 * 8)
        let load = { (values: UnsafeBufferPointer<Float>, place: Int) in
            UnsafeRawPointer(values.baseAddress.unsafelyUnwrapped + place).loadUnaligned(as: SIMD8<Float>.self)
        }
        for i in stride(from: 0, to: whole, by: 8) {
            let x = load(units, start + i)
            a += x * load(vectors, i)
            b += x * load(vectors, dimensions + i)
            c += x * load(vectors, 2 * dimensions + i)
            d += x * load(vectors, 3 * dimensions + i)
        }
        var sums = SIMD4(a.sum(), b.sum(), c.sum(), d.sum())
        for i in whole..<dimensions {
            let x = units[start + i]
            for lane in 0..<4 { sums[lane] += x * vectors[lane * dimensions + i] }
        }
        return sums
    }
}

/// The greatest so far, in order.
private struct NearestList {
    private let count: Int
    private(set) var entries: [(index: Int, similarity: Float)] = []

    init(count: Int) { self.count = count }

    /// Whether there is a place for it. Words come in their order: of equals, those that are there stay.
    func takes(_ similarity: Float) -> Bool {
        guard entries.count == count else { return !similarity.isNaN }
        return entries.last.map { similarity > $0.similarity } ?? false
    }

    mutating func add(_ index: Int, _ similarity: Float) {
        let place = entries.firstIndex { $0.similarity < similarity } ?? entries.count
        if entries.count == count { entries.removeLast() }
        entries.insert((index, similarity), at: place)
    }
}
