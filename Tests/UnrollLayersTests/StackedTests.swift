import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// What it says is what it reads: embedding and output share one table, in a model as a user writes it.
private final class Tied: Module {
    let embedding: Embedding
    let recurrent: Recurrent
    let locked = LockedDropout(0.3)
    let output: Linear

    init(_ initializer: Initializer) {
        embedding = Embedding(count: 11, size: 5, dropout: 0.25, initializer)
        recurrent = Recurrent(.gru, inputs: 5, hidden: 5, initializer)
        output = Linear(tiedTo: embedding, initializer)
    }

    func loss(_ words: Tensor, _ targets: Tensor) -> Tensor {
        let h = recurrent(embedding(words)).output
        let dropped = locked(h)
        return output(dropped).crossEntropy(targets) + dropped.activationPenalty(2) + h.temporalActivationPenalty(1)
    }
}

@Suite struct StackedTests {
    private func deep(_ initializer: Initializer) -> Stacked {
        Stacked([
            Recurrent(.lstm, inputs: 3, hidden: 7, initializer), LockedDropout(0.2),
            Residual(Stacked([LayerNorm(size: 7, initializer), Recurrent(.gru, inputs: 7, hidden: 7, initializer)])),
            Highway(Recurrent(.rnn, inputs: 7, hidden: 7, initializer), size: 7, initializer),
            Highway(size: 7, gateBias: -0.5, initializer), Apply { $0.tanh() }, Dropout(0.1),
            Residual(Unrolled(PlainLSTM(inputs: 7, hidden: 7, initializer))),
        ])
    }

    @Test func gradientsAreThoseOfFiniteDifferences() throws {
        let stacked = deep(Initializer(seed: 1, on: .reference))
        #expect(stacked.stateCount == 2 + 1 + 1 + 2)
        let operands = Operands([[2, 5, 3]] + (0..<6).map { _ in [1, 2, 7] }, on: .reference).values
        for state in [nil, RecurrentState(Array(operands[1...]))] {
            let errors = try gradientErrors(of: stacked, random: RandomSource(seed: 2)) {
                let (output, final) = stacked(operands[0], state)
                return ([output] + final.tensors).map { $0.weightedSum() }.reduce(Tensor(0, on: .reference), +)
            }
            #expect(errors.count == 4 + 2 + 4 + 4 + 2 + 4 + 4)
            for error in errors { #expect(error.error < 1e-6 && error.magnitude > 0.001, "\(error)") }
        }
    }

    /// What each says it computes, from its parts.
    @Test func equations() throws {
        let initializer = Initializer(seed: 1, on: .reference)
        let body = Recurrent(.gru, inputs: 5, hidden: 5, initializer)
        let x = Operands([[2, 3, 5]], on: .reference).values[0]
        let h = body(x).output
        let residual = Residual(body)(x).output
        #expect(relativeError(try residual.doubles(), try (x + h).doubles()) < 1e-12)
        let highway = Highway(body, size: 5, gateBias: -2, initializer)
        #expect(try highway.gate.bias!.value.floats() == Array(repeating: -2, count: 5))
        let g = highway.gate(x).sigmoid()
        #expect(relativeError(try highway(x).output.doubles(), try (g * h + (1 - g) * x).doubles()) < 1e-12)
        let original = Highway(size: 5, initializer)
        let linear = try #require((original.body as? Stacked)?.layers[0] as? Linear)
        let gate = original.gate(x).sigmoid()
        let expected = gate * linear(x).relu() + (1 - gate) * x
        #expect(relativeError(try original(x).output.doubles(), try expected.doubles()) < 1e-12)
    }

    /// Two halves with the state carried between them are the whole.
    @Test(arguments: TestedBackend.allAndReference) func stateCarriesOn(_ tested: TestedBackend) throws {
        let stacked = deep(Initializer(seed: 1, on: tested.device))
        let x = Operands([[2, 7, 3]], on: tested.device).values[0]
        let whole = stacked(x)
        let first = stacked(x.slice(0..<3, along: 1))
        let second = stacked(x.slice(3..<7, along: 1), first.state.detached())
        let joined = try Tensor.concatenated([first.output, second.output], along: 1).doubles()
        #expect(relativeError(joined, try whole.output.doubles()) < tested.tolerance)
        for (carried, expected) in zip(second.state.tensors, whole.state.tensors) {
            #expect(relativeError(try carried.doubles(), try expected.doubles()) < tested.tolerance)
        }
    }

    /// Every part hears of the mask.
    @Test func masksReachEveryPart() throws {
        let initializer = Initializer(seed: 1, on: .reference)
        let stacked = Stacked([
            Unrolled(PlainLSTM(inputs: 3, hidden: 5, initializer)), BatchNorm(size: 5, initializer),
            Residual(Unrolled(PlainLSTM(inputs: 5, hidden: 5, initializer), reversed: true)),
        ])
        let mask = try SequenceMask(lengths: [2, 4], steps: 4)
        let x = Operands([[2, 4, 3]], on: .reference).values[0]
        let (output, state) = stacked(x, mask: mask)
        let short = stacked(x.slice(0..<1).slice(0..<2, along: 1))
        #expect(try output.slice(0..<1).slice(0..<2, along: 1).doubles() == short.output.doubles())
        #expect(try output.slice(0..<1).slice(2..<4, along: 1).doubles().allSatisfy { $0 == 0 })
        for (all, short) in zip(state.tensors, short.state.tensors) {
            #expect(try all.slice(0..<1, along: 1).doubles() == short.doubles())
        }
    }

    @Test func tiedWeightsAreOneParameterWithBothGradients() throws {
        let model = Tied(Initializer(seed: 1, on: .reference))
        #expect(model.output.weight === model.embedding.weight)
        #expect(
            model.parameters.map(\.name) == [
                "embedding.weight", "recurrent.weight_ih_l0", "recurrent.weight_hh_l0", "recurrent.bias_ih_l0",
                "recurrent.bias_hh_l0", "output.bias",
            ])
        let words = Tensor([3, 10, 3, -1, 0, 7] as [Int32], shape: [2, 3], on: .reference)
        let targets = Tensor([1, 4, 3, 9, -1, 7] as [Int32], shape: [2, 3], on: .reference)
        let errors = try gradientErrors(of: model, random: RandomSource(seed: 4)) { model.loss(words, targets) }
        #expect(errors.count == 6)
        for error in errors { #expect(error.error < 1e-6 && error.magnitude > 0.001, "\(error)") }
        // A symbol never read still gets a gradient: from the output.
        let (_, gradients) = model.valueWithGradient(random: RandomSource(seed: 4)) { model.loss(words, targets) }
        let gradient = try #require(gradients[model.embedding.weight]).doubles()
        #expect((0..<11).allSatisfy { symbol in gradient[5 * symbol..<5 * symbol + 5].contains { $0 != 0 } })
    }

    // MARK: Training

    /// What is dropped in training is dropped whether there are gradients for what comes before, or for the layer itself.
    @Test(arguments: TestedBackend.allAndReference) func frozenLayersDropAsOthers(_ tested: TestedBackend) throws {
        let x = Operands([[3, 5, 7]], on: tested.device).values[0]
        var random = RecurrentOptions()
        random.recurrentDropout = 0.25
        var zoned = RecurrentOptions()
        zoned.zoneout = 0.25
        for (options, dropout) in [(random, Float(0)), (zoned, 0), (.init(), 0.5)] {
            let initializer = Initializer(seed: 3, on: tested.device)
            let recurrent = Recurrent(
                .lstm, inputs: 7, hidden: 11, layers: 2, options: options, dropout: dropout, initializer)
            let model = Stacked([recurrent, Linear(inputs: 11, outputs: 5, initializer)])
            func output() throws -> [Float] {
                let random = RandomSource(seed: 5, step: 2)
                return try model.valueWithGradient(random: random) {
                    let y = model(x, nil, mask: nil).output
                    return (y.sum(), y)
                }.auxiliary.floats()
            }
            let (trained, evaluated) = (try output(), try model(x, nil, mask: nil).output.floats())
            recurrent.freeze()
            #expect(try output() == trained && trained != evaluated)
            #expect(try model(x, nil, mask: nil).output.floats() == evaluated)
        }
    }

    /// One mask for all steps of what a stack is given.
    @Test(arguments: TestedBackend.allAndReference) func inputsAreDropped(_ tested: TestedBackend) throws {
        let x = Tensor.full([3, 5, 7], with: 1, on: tested.device)
        let recurrent = Recurrent(.gru, inputs: 7, hidden: 11, Initializer(seed: 3, on: tested.device))
        let model = Stacked([LockedDropout(0.3), recurrent])
        let random = RandomSource(seed: 5)
        let y = model.valueWithGradient(random: random) {
            let y = model(x, nil, mask: nil).output
            return (y.sum(), y.detached())
        }.auxiliary
        let thinned = model.valueWithGradient(random: random) {
            (recurrent(x).output.sum(), x.lockedDropout(0.3))
        }.auxiliary
        #expect(Set(try thinned.floats()).count == 2)
        #expect(try y.floats() == recurrent(thinned).output.floats())
        #expect(try model(x, nil, mask: nil).output.floats() == recurrent(x).output.floats())
    }
}
