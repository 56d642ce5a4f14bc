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
