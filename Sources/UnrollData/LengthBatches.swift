/// Rows divided into batches, anew in every epoch. Every row is in one batch, and the same seed gives the same batches.
public struct LengthBatches: Sendable {
    /// Which rows are together.
    public enum Order: Sendable, CaseIterable {
        /// Rows of about the same length, so that little has to be padded; batches come in random order.
        case byLength
        /// Only rows of the same length, so that nothing is padded; the last batch of each length is smaller.
        case equalLengths
        /// Any rows.
        case shuffled
    }

    private let lengths: [Int]
    private let size: Int
    private let order: Order
    private let seed: UInt64

    /// - Parameters:
    ///   - lengths: of every row.
    ///   - size: how many rows a batch has; the last of them may be fewer.
    public init(lengths: [Int], size: Int, order: Order = .byLength, seed: UInt64) {
        precondition(size > 0, "batches of \(size) rows")
        (self.lengths, self.size, self.order, self.seed) = (lengths, size, order, seed)
    }

    /// The rows of every batch of an epoch.
    public func batches(epoch: Int) -> [[Int]] {
        var random = SplitMix(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
        let rows = random.permutation(lengths.count)
        if order == .shuffled { return cut(rows) }
        // Rows of one length stay in random order.
        let places = rows.indices.sorted { (lengths[rows[$0]], $0) < (lengths[rows[$1]], $1) }
        let sorted = places.map { rows[$0] }
        var batches = order == .byLength ? cut(sorted) : runs(sorted).flatMap { cut($0) }
        random.shuffle(&batches)
        return batches
    }

    private func cut(_ rows: [Int]) -> [[Int]] {
        stride(from: 0, to: rows.count, by: size).map { start in
            Array(rows[start..<(rows.count - start > size ? start + size : rows.count)])
        }
    }

    /// Neighbours of the same length.
    private func runs(_ rows: [Int]) -> [[Int]] {
        var runs: [[Int]] = []
        for row in rows {
            if let last = runs.last?.last, lengths[last] == lengths[row] {
                runs[runs.count - 1].append(row)
            } else {
                runs.append([row])
            }
        }
        return runs
    }
}
