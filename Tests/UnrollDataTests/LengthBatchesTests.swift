import Testing
import UnrollData

@Suite struct LengthBatchesTests {
    private let lengths: [Int] = (0..<997).map { 3 + $0 * $0 % 31 % 17 }

    @Test(arguments: LengthBatches.Order.allCases) func everyRowIsThereOnce(order: LengthBatches.Order) {
        let batches = LengthBatches(lengths: lengths, size: 32, order: order, seed: 9)
        for epoch in 0..<3 {
            let epoch = batches.batches(epoch: epoch)
            #expect(epoch.joined().sorted() == Array(0..<997))
            #expect(epoch.allSatisfy { (1...32).contains($0.count) })
        }
        #expect(
            batches.batches(epoch: 4)
                == LengthBatches(lengths: lengths, size: 32, order: order, seed: 9).batches(epoch: 4))
        #expect(batches.batches(epoch: 1) != batches.batches(epoch: 2))
        let other = LengthBatches(lengths: lengths, size: 32, order: order, seed: 8)
        #expect(batches.batches(epoch: 1) != other.batches(epoch: 1))
        #expect(LengthBatches(lengths: [], size: 4, order: order, seed: 1).batches(epoch: 0).isEmpty)
    }

    @Test func batchesHaveOneLengthOrNearlySo() {
        let spread = { (order: LengthBatches.Order) in
            LengthBatches(lengths: lengths, size: 32, order: order, seed: 9).batches(epoch: 0).map { batch in
                (batch.map { lengths[$0] }.max() ?? 0) - (batch.map { lengths[$0] }.min() ?? 0)
            }
        }
        #expect(spread(.equalLengths).allSatisfy { $0 == 0 })
        // Sorted, all batches together spread no more than the lengths do.
        #expect(spread(.byLength).reduce(0, +) <= (lengths.max() ?? 0) - (lengths.min() ?? 0))
        #expect(spread(.shuffled).reduce(0, +) > 200)
        let counts = Dictionary(grouping: lengths) { $0 }.values.map { ($0.count + 31) / 32 }
        #expect(spread(.equalLengths).count == counts.reduce(0, +) && spread(.byLength).count == 32)
    }

    @Test func batchesComeInAnyOrder() {
        let batches = LengthBatches(lengths: lengths, size: 32, order: .byLength, seed: 9).batches(epoch: 0)
        let first = batches.map { lengths[$0[0]] }
        #expect(first != first.sorted())
    }
}
