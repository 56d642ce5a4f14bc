import Testing
import UnrollCompute

@Suite struct SequenceMaskTests {
    @Test func lengths() throws {
        let mask = try SequenceMask(lengths: [3, 0, 5], steps: 5)
        #expect((mask.batch, mask.steps) == (3, 5) && !mask.isFull)
        #expect(mask.counts == [3, 0, 5] && mask.ends == [3, 0, 5] && mask.starts == [0, 5, 0])
        #expect(mask.contains(row: 0, step: 2) && !mask.contains(row: 0, step: 3) && mask.contains(row: 2, step: 4))
        #expect(try SequenceMask(lengths: [4, 4], steps: 4).isFull)
    }

    @Test func holes() throws {
        let mask = try SequenceMask([
            [false, true, false, true], [true, false, false, false], [false, false, false, false],
        ])
        #expect(mask.counts == [2, 1, 0] && mask.ends == [4, 1, 0] && mask.starts == [1, 0, 4])
        #expect(
            mask
                == (try SequenceMask([
                    [false, true, false, true], [true] + [false, false, false], .init(repeating: false, count: 4),
                ])))
        #expect(try SequenceMask([[true, true], [false, false]]) == SequenceMask(lengths: [2, 0], steps: 2))
        #expect(try SequenceMask([]).batch == 0)
    }

    @Test func badOnesAreNamed() {
        let long = #expect(throws: SequenceError.self) { try SequenceMask(lengths: [2, 6], steps: 5) }
        #expect("\(long!)" == "length 6 of row 1 is not in 0...5, the steps of the batch")
        let negative = #expect(throws: SequenceError.self) { try SequenceMask(lengths: [-1], steps: 5) }
        #expect("\(negative!)".contains("length -1 of row 0"))
        let uneven = #expect(throws: SequenceError.self) { try SequenceMask([[true, false], [true]]) }
        #expect("\(uneven!)" == "the mask of row 1 has 1 steps, the first has 2")
    }

    /// For a batch that is there already they must be of its shape.
    @Test func ofABatch() throws {
        #expect(
            try SequenceMask(lengths: [2, 0], batch: 2, steps: 5) == SequenceMask(lengths: [2, 0], steps: 5))
        let rows = [[true, false, true], [false, false, true]]
        #expect(try SequenceMask(rows, batch: 2, steps: 3) == SequenceMask(rows))
        for (make, message) in [
            ({ try SequenceMask(lengths: [2, 6], batch: 3, steps: 5) }, "2 lengths for a batch of 3 rows"),
            (
                { try SequenceMask(lengths: [2, 6, 1], batch: 3, steps: 5) },
                "length 6 of row 1 is not in 0...5, the steps of the batch"
            ),
            ({ try SequenceMask(rows, batch: 3, steps: 3) }, "a mask of 2 rows for a batch of 3 rows"),
            ({ try SequenceMask(rows, batch: 2, steps: 4) }, "the mask of row 0 has 3 steps, the batch has 4"),
            (
                { try SequenceMask([[true, true], [true]], batch: 2, steps: 2) },
                "the mask of row 1 has 1 steps, the batch has 2"
            ),
        ] as [(() throws -> SequenceMask, String)] {
            let error = #expect(throws: SequenceError.self) { _ = try make() }
            #expect(error.map { "\($0)" } == message)
        }
    }
}
