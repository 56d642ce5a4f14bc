import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

@Suite struct TapeTests {
    let device = Device.reference

    @Test func inferenceRecordsNothing() {
        let operands = Operands([[3, 5], [5, 7]], on: device)
        #expect(operands.values[0].matmul(operands.values[1]).node == nil)
        _ = operands.valueWithGradient { () -> Tensor in
            let product = operands.values[0].matmul(operands.values[1])
            #expect(product.node != nil)
            #expect(product.detached().node == nil)
            #expect((product.detached() * 2).node == nil)
            return product.sum()
        }
        #expect(operands.values.allSatisfy { $0.node == nil })
    }

    @Test func nothingFlowsThroughDetached() throws {
        let operands = Operands([[5], [5]], on: device)
        let (_, gradients) = operands.valueWithGradient { (operands.values[0] * operands.values[1].detached()).sum() }
        #expect(try gradients[operands.tensors[0]]?.doubles() == operands.values[1].doubles())
        #expect(gradients[operands.tensors[1]] == nil)
    }

    @Test func gradientsFromACotangent() throws {
        let x = Operands([[3, 5], [5, 7]], on: device)
        let k = Operands([[3, 7]], on: device).values[0]
        let product = { x.values[0].matmul(x.values[1]) }
        let (value, gradients, _) = x.valueWithGradient(cotangent: k) { (product(), ()) }
        let (_, expected) = x.valueWithGradient { (product() * k).sum() }
        #expect(try value.doubles() == product().doubles())
        for parameter in x.tensors {
            #expect(try gradients[parameter]?.doubles() == expected[parameter]?.doubles())
            #expect(try gradients[parameter]?.doubles().contains { $0 != 0 } == true)
        }
        // A mean's backward pass writes over what comes in; the cotangent stays.
        let ofMean = Operands([[7]], on: device).values[0]
        let before = try ofMean.doubles()
        _ = x.valueWithGradient(cotangent: ofMean) { (product().mean(along: 0), ()) }
        #expect(try ofMean.doubles() == before)
    }

    @Test func largestOnesShareTheGradient() throws {
        let x = Parameter(Tensor([3, 1, 3, 3, 2, 4], shape: [2, 3], on: device))
        let (value, gradients) = Operands([x]).valueWithGradient { (x.value.max(along: 1) * 1.5).sum() }
        #expect(try value.scalar() == 10.5)
        #expect(try gradients[x]?.doubles().map(Float.init) == [0.75, 0, 0.75, 0, 0, 1.5])
    }

    @Test func allIgnoredTargetsGiveNothing() throws {
        let x = Operands([[3, 5]], on: device)
        let targets = Tensor([-1, -1, -1] as [Int32], on: device)
        let (value, gradients) = x.valueWithGradient { x.values[0].crossEntropy(targets) }
        #expect(try value.scalar() == 0)
        #expect(try gradients[x.tensors[0]]?.doubles() == Array(repeating: 0, count: 15))
    }

    /// What an operation saved is freed when the tape has been played, and also when the loss throws.
    @Test(arguments: [false, true]) func savedBuffersAreFreed(throwing: Bool) throws {
        struct Stop: Error {}
        let operands = Operands([[3, 5]], on: device)
        weak var saved: Buffer?
        do {
            _ = try operands.valueWithGradient { () throws -> Tensor in
                let y = operands.values[0].sigmoid()
                saved = y.buffer
                let loss = y.tanh().sum()
                #expect(saved != nil)
                if throwing { throw Stop() }
                return loss
            }
            #expect(!throwing)
        } catch is Stop {
            #expect(throwing)
        }
        #expect(saved == nil)
        #expect(operands.values[0].node == nil)
    }

    /// One mask for all steps of a row, another for another row.
    @Test func lockedDropoutKeepsItsMask() throws {
        let (batch, steps, units) = (5, 7, 103)
        let operands = Operands([[batch, steps, units]], in: 1...1, on: device)
        #expect(try operands.values[0].lockedDropout(0.3).floats().allSatisfy { $0 == 1 })
        let (_, gradients, y) = operands.valueWithGradient(random: RandomSource(seed: 5)) {
            let y = operands.values[0].lockedDropout(0.3)
            return (y.sum(), y)
        }
        let values = try y.doubles()
        #expect(try gradients[operands.tensors[0]]?.doubles() == values)
        let rows = (0..<batch * steps).map { Array(values[$0 * units..<($0 + 1) * units]) }
        for row in 0..<batch {
            #expect((0..<steps).allSatisfy { rows[row * steps + $0] == rows[row * steps] })
            #expect(row == 0 || rows[row * steps] != rows[0])
        }
        #expect(Set(values).count == 2 && values.contains(0))
        #expect(abs(values.reduce(0, +) / Double(values.count) - 1) < 0.1)
    }

    /// A symbol is dropped everywhere or nowhere.
    @Test func rowsAreDroppedWhole() throws {
        let table = Operands([[101, 3]], in: 1...1, on: device)
        let indices = Tensor((0..<303).map { Int32($0 % 101) }, shape: [3, 101], on: device)
        #expect(try table.values[0].rows(at: indices, dropout: 0.3).floats().allSatisfy { $0 == 1 })
        let y = try table.valueWithGradient(random: RandomSource(seed: 5)) {
            let y = table.values[0].rows(at: indices, dropout: 0.3)
            return (y.sum(), y)
        }.auxiliary.doubles()
        let symbols = (0..<303).map { Array(y[3 * $0..<3 * $0 + 3]) }
        #expect(symbols.allSatisfy { Set($0).count == 1 } && Set(y).count == 2 && y.contains(0))
        #expect((0..<202).allSatisfy { symbols[$0] == symbols[$0 + 101] })
        #expect(abs(y.reduce(0, +) / Double(y.count) - 1) < 0.2)
    }

    /// Nothing there: a loss with nothing to add.
    @Test func penaltiesOfNothing() throws {
        let h = Operands([[2, 3, 5]], on: device).values[0]
        let nothing = try SequenceMask(lengths: [0, 0], steps: 3)
        let alone = try SequenceMask([[true, false, true], [false, true, false]])
        #expect(try h.activationPenalty(2, mask: nothing).scalar() == 0)
        #expect(try h.temporalActivationPenalty(2, mask: alone).scalar() == 0)
        #expect(try h.slice(0..<1, along: 1).temporalActivationPenalty(2).scalar() == 0)
    }

    /// Of rows of two steps and of one.
    @Test func penaltiesByHand() throws {
        let h = Tensor([1, 2, 4, -2, 9, 9, -3, 0.5, 9, 9, 9, 9], shape: [2, 3, 2], on: device)
        let mask = try SequenceMask(lengths: [2, 1], steps: 3)
        // (1 + 4 + 16 + 4 + 9 + 0.25) / 6 and ((4 − 1)² + (−2 − 2)²) / 2
        #expect(abs(try h.activationPenalty(12, mask: mask).scalar() - 2 * 34.25) < 1e-4)
        #expect(abs(try h.temporalActivationPenalty(3, mask: mask).scalar() - 3 * 12.5) < 1e-4)
    }

    /// Worked by hand: a row with a hole, a row without a step, a row of one.
    @Test func pooledByHand() throws {
        let x = Tensor([1, -8, 5, 2, 9, 3, 7, 7, 7, 7, 7, 7, -3, -4, 7, 7, 7, 7], shape: [3, 3, 2], on: device)
        let mask = try SequenceMask([[true, false, true], [false, false, false], [true, false, false]])
        #expect(try x.pooled(.last, mask: mask).floats() == [9, 3, 0, 0, -3, -4])
        #expect(try x.pooled(.mean, mask: mask).floats() == [5, -2.5, 0, 0, -3, -4])
        #expect(try x.pooled(.max, mask: mask).floats() == [9, 3, 0, 0, -3, -4])
        #expect(try x.pooled(.max).floats() == [9, 3, 7, 7, 7, 7])
    }

    @Test func dropoutNeedsATapeAndKeepsTheMean() throws {
        let operands = Operands([[101, 103]], in: 1...1, on: device)
        #expect(try operands.values[0].dropout(0.3).floats().allSatisfy { $0 == 1 })
        let masks = try (0..<2).map { step in
            try operands.valueWithGradient(random: RandomSource(seed: 5, step: step)) {
                let y = operands.values[0].dropout(0.3)
                return (y.mean(), y)
            }.auxiliary.doubles()
        }
        #expect(masks[0] != masks[1])
        for mask in masks {
            #expect(Set(mask).count == 2 && mask.contains(0))
            #expect(abs(mask.reduce(0, +) / Double(mask.count) - 1) < 0.02)
        }
    }

    /// In training data is thinned too; not before, not after, and not within `evaluating`.
    @Test func dataIsDropped() throws {
        let (p, other) = (Operands([[5]], on: device), Operands([[3]], on: device))
        let x = Tensor.full([3, 5, 7], with: 1, on: device)
        let table = Tensor.full([105, 1], with: 1, on: device)
        let indices = Tensor((0..<105).map { Int32($0) }, on: device)
        let thinned = { [x.dropout(0.5), x.lockedDropout(0.5), table.rows(at: indices, dropout: 0.5)] }
        let isWhole = { (all: [Tensor]) in try all.allSatisfy { try $0.floats().allSatisfy { $0 == 1 } } }
        func run(_ between: () throws -> Void) throws -> [[Float]] {
            try p.valueWithGradient(random: RandomSource(seed: 3)) {
                let first = thinned()
                try between()
                return (p.values[0].sum(), try (first + thinned()).map { try $0.floats() })
            }.auxiliary
        }
        #expect(try isWhole(thinned()))
        let found = try run {}
        #expect(found.allSatisfy { Set($0) == [0, 2] } && found[0] != found[3])
        // What runs in between has numbers of its own, or none.
        let again = try run {
            let kept = evaluating(thinned)
            #expect(try isWhole(kept))
            let inner = try other.valueWithGradient(random: RandomSource(seed: 4)) {
                let kept = evaluating(thinned)
                #expect(try isWhole(kept))
                return (other.values[0].sum(), try thinned()[0].floats())
            }.auxiliary
            #expect(Set(inner) == [0, 2] && inner != found[0] && inner != found[3])
            let elsewhere = Operands([[3]], on: TestedBackend.cpu[0].device)
            #expect(try elsewhere.valueWithGradient { (elsewhere.values[0].sum(), try isWhole(thinned())) }.auxiliary)
        }
        #expect(again == found)
        #expect(throws: Stop.self) { try run { throw Stop() } }
        #expect(try isWhole(thinned()))
    }

    private struct Stop: Error {}
}

/// Mistakes stop the program.
@Suite struct MistakeTests {
    /// The same calls without a mistake: the others fail for what is wrong in them.
    @Test func noMistake() async {
        await #expect(processExitsWith: .success) {
            let operands = Operands([[3, 5]], on: .reference)
            let kept = operands.valueWithGradient(random: RandomSource(seed: 1)) {
                (operands.values[0].dropout(0.5).sum(), operands.values[0].tanh().detached())
            }.auxiliary
            _ = (kept + Tensor.zeros([5], on: .reference)).matmul(Tensor.zeros([5, 3], on: .reference))
            _ = kept.rows(at: Tensor([0, 2] as [Int32], on: .reference))
            let lengths = try SequenceMask(lengths: [5, 4, 0], steps: 5)
            _ = Tensor.zeros([3, 5, 7], on: .reference).pooled(.mean, mask: lengths)
            _ = kept.softmax(over: lengths)
            _ = kept.crossEntropy(Tensor([0, 4, -1] as [Int32], on: .reference))
        }
    }

    @Test func shapesThatDoNotMultiply() async {
        await #expect(processExitsWith: .failure) {
            let (a, b) = (Tensor.zeros([3, 5], on: .reference), Tensor.zeros([3, 5], on: .reference))
            _ = a.matmul(b)
        }
    }

    @Test func shapesThatDoNotCombine() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([3, 5], on: .reference) + Tensor.zeros([3], on: .reference)
        }
    }

    @Test func indexOutsideItsTable() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([3, 5], on: .reference).rows(at: Tensor([0, 3] as [Int32], on: .reference))
        }
    }

    @Test func targetOutsideTheClasses() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([2, 5], on: .reference).crossEntropy(Tensor([0, 5] as [Int32], on: .reference))
        }
    }

    @Test func dropoutWithoutRandomNumbers() async {
        await #expect(processExitsWith: .failure) {
            let operands = Operands([[3, 5]], on: .reference)
            _ = operands.valueWithGradient { operands.values[0].dropout(0.5).sum() }
        }
    }

    @Test func maskOfAnotherBatch() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([3, 5, 7], on: .reference).pooled(
                .mean, mask: try SequenceMask(lengths: [5, 4], steps: 5))
        }
    }

    @Test func maskOfOtherSteps() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([3, 5], on: .reference).softmax(over: try SequenceMask(lengths: [4, 4, 1], steps: 4))
        }
    }

    @Test func stateThatWasNotDetached() async {
        await #expect(processExitsWith: .failure) {
            let operands = Operands([[3, 5]], on: .reference)
            let kept = operands.valueWithGradient { (operands.values[0].sum(), operands.values[0].tanh()) }.auxiliary
            _ = kept + 1
        }
    }

    @Test func lossOfNothing() async {
        await #expect(processExitsWith: .failure) {
            _ = Operands([[3, 5]], on: .reference).valueWithGradient { Tensor(1, on: .reference) }
        }
    }
}
