import Testing
import UnrollData
import UnrollModels
import UnrollTraining

@Suite struct EpochBatchesTests {
    /// The parts of every update are, together, one of the batches that there are without parts.
    @Test(arguments: [LengthBatches.Order.byLength, .shuffled], [2, 3, 4, 6, 12])
    func partsAreOfTheRowsOfOneBatch(_ order: LengthBatches.Order, _ parts: Int) {
        // Eight batches of 12 rows, and one of 7.
        let lengths = (0..<103).map { $0 * 37 % 29 + 1 }
        let whole = EpochBatches(lengths: lengths, size: 12, order: order, seed: 5)
        let cut = EpochBatches(lengths: lengths, size: 12, parts: parts, order: order, seed: 5)
        for epoch in [0, 1, 7, 0] {
            let batches = (0..<whole.count).map { whole[BatchPlace(epoch: epoch, number: $0)] }
            let pieces = (0..<cut.count).map { cut[BatchPlace(epoch: epoch, number: $0)] }
            let updates = stride(from: 0, to: pieces.count, by: parts).map { first in
                pieces[first..<min(first + parts, pieces.count)].flatMap(\.self)
            }
            #expect(batches.count == 9 && updates.count == 9 && Set(updates) == Set(batches))
            #expect(pieces.allSatisfy { (1...12 / parts).contains($0.count) })
        }
    }
}
