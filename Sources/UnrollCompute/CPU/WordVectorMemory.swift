import CUnrollMicroKernels

/// Memory that the word vectors' tasks share, zeroed, and freed with its owner.
final class WordVectorMemory<Element> {
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int, repeating value: Element) {
        (start, self.count) = (.allocate(capacity: max(count, 1)), count)
        start.initialize(repeating: value, count: max(count, 1))
    }

    convenience init(_ values: [Element], else value: Element) {
        self.init(count: values.count, repeating: value)
        _ = UnsafeMutableBufferPointer(start: start, count: count).update(fromContentsOf: values)
    }

    deinit { start.deallocate() }
}

/// Rows of word vectors as the micro-kernels want them: `[2, words, columns]`, columns a multiple of 16.
struct WordVectorRows {
    let words: Int
    let dimensions: Int
    let columns: Int
    let memory: WordVectorMemory<Float>

    init(words: Int, dimensions: Int, repeating value: Float = 0) {
        (self.words, self.dimensions, columns) = (words, dimensions, (dimensions + 15) / 16 * 16)
        memory = WordVectorMemory(count: 2 * words * columns, repeating: value)
    }

    /// Sets one of the two halves from `[words, dimensions]`.
    func set(_ values: [Float], half: Int) {
        require(
            values.count == words * dimensions, "word vectors: \(values.count) numbers for \(words) × \(dimensions)")
        for word in 0..<words {
            let row = memory.start + (half * words + word) * columns
            for i in 0..<dimensions { row[i] = values[word * dimensions + i] }
        }
    }

    /// One of the two halves: `[words, dimensions]`.
    func values(half: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: words * dimensions) { values, count in
            for word in 0..<words {
                let row = memory.start + (half * words + word) * columns
                for i in 0..<dimensions { values[word * dimensions + i] = row[i] }
            }
            count = words * dimensions
        }
    }
}
