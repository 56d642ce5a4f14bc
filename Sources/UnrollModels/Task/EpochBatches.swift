package import UnrollData
package import UnrollTraining

/// The rows of every batch, of which those of the epoch under way are kept.
///
/// Where an update is accumulated over several parts, those are of the rows that would otherwise be one batch: its rows are
/// of about the same length, and the same as without. A batch of too few rows for all parts is the epoch's last.
package final class EpochBatches {
    private let batches: LengthBatches
    /// Into how many parts a batch is cut, and how many rows each has.
    private let parts, rows: Int
    private var (epoch, current): (Int, [[Int]])

    /// - Parameters:
    ///   - lengths: of every row.
    ///   - size: how many rows an update is of; a whole multiple of `parts`.
    package convenience init(
        lengths: [Int], size: Int, parts: Int = 1, order: LengthBatches.Order = .byLength, seed: UInt64
    ) {
        self.init(
            LengthBatches(lengths: lengths, size: size, order: order, seed: seed), parts: parts, rows: size / parts)
    }

    /// As the settings of a run say.
    convenience init(lengths: [Int], _ run: RunSettings, order: LengthBatches.Order = .byLength) {
        self.init(
            lengths: lengths, size: run.batch, parts: run.optimization.accumulate, order: order, seed: UInt64(run.seed))
    }

    private init(_ batches: LengthBatches, parts: Int, rows: Int) {
        (self.batches, self.parts, self.rows) = (batches, parts, rows)
        (epoch, current) = (0, [])
        current = cut(epoch: 0)
    }

    /// How many an epoch has: as many in every epoch.
    package var count: Int { current.count }

    /// The rows of a batch.
    package subscript(_ place: BatchPlace) -> [Int] {
        if place.epoch != epoch { (epoch, current) = (place.epoch, cut(epoch: place.epoch)) }
        return current[place.number]
    }

    private func cut(epoch: Int) -> [[Int]] {
        let whole = batches.batches(epoch: epoch)
        if parts == 1 { return whole }
        let cut = whole.map { batch in
            stride(from: 0, to: batch.count, by: rows).map { Array(batch[$0..<min($0 + rows, batch.count)]) }
        }
        return (cut.filter { $0.count == parts } + cut.filter { $0.count < parts }).flatMap(\.self)
    }
}
