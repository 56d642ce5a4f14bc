import UnrollData
import UnrollTraining

/// The rows of every batch, of which those of the epoch under way are kept.
final class EpochBatches {
    private let batches: LengthBatches
    private var (epoch, current): (Int, [[Int]])

    /// - Parameter batches: as many in every epoch.
    init(_ batches: LengthBatches) {
        self.batches = batches
        (epoch, current) = (0, batches.batches(epoch: 0))
    }

    /// How many an epoch has.
    var count: Int { current.count }

    /// The rows of a batch.
    subscript(_ place: BatchPlace) -> [Int] {
        if place.epoch != epoch { (epoch, current) = (place.epoch, batches.batches(epoch: place.epoch)) }
        return current[place.number]
    }
}
