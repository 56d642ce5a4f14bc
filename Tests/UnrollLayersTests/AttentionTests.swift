import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// Attention with what it is asked, and asked of, as parameters.
private final class Asked: Module {
    let attention: Attention
    let queries: Parameter
    let keys: Parameter
    let values: Parameter

    init(_ attention: Attention, queries: Tensor, keys: Tensor, values: Tensor) {
        self.attention = attention
        (self.queries, self.keys, self.values) = (Parameter(queries), Parameter(keys), Parameter(values))
    }

    func callAsFunction(_ mask: SequenceMask?) -> (context: Tensor, weights: Tensor) {
        attention(queries.value, keys.value, values: values.value, mask: mask)
    }
}

private func attention(_ score: String, _ initializer: Initializer) -> Attention {
    switch score {
    case "additive": .additive(queries: 5, keys: 6, hidden: 4, initializer)
    case "general": .general(queries: 5, keys: 6, initializer)
    default: .dot()
    }
}

@Suite struct AttentionTests {
    static let scores = ["additive", "dot", "general"]

    @Test(arguments: TestedBackend.allAndReference, scores)
    func agreesWithPyTorch(_ tested: TestedBackend, _ score: String) throws {
        let (fixture, device) = (try Fixture("attentions"), tested.device)
        let attention = attention(score, Initializer(seed: 1, on: device))
        let weights = [("query", attention.query?.weight), ("key", attention.key?.weight), ("score", attention.score)]
            .compactMap { name, weight in weight.map { ("\(score).\(name)", $0) } }
        #expect(weights.count == ["additive": 3, "dot": 0, "general": 1][score])
        for (name, weight) in weights { weight.value = fixture.tensor(name, on: device) }
        let queries = score == "dot" ? "same" : "queries"
        let asked = Asked(
            attention, queries: fixture.tensor(queries, on: device), keys: fixture.tensor("keys", on: device),
            values: fixture.tensor("values", on: device))
        let lengths = try SequenceMask(lengths: fixture.doubles("lengths").map { Int($0) }, steps: 7)
        for (kind, mask) in [("full", nil), ("masked", lengths)] {
            let (_, gradients, results) = asked.valueWithGradient {
                let (context, weights) = asked(mask)
                let loss =
                    (context * fixture.tensor("cotangent.context", on: device)).sum()
                    + (weights * fixture.tensor("cotangent.weights", on: device)).sum()
                return (loss, [("context", context), ("weights", weights)])
            }
            let inputs = [(queries, asked.queries), ("keys", asked.keys), ("values", asked.values)]
            let found = results + (inputs + weights).map { ("gradient.\($0)", gradients[$1]!) }
            #expect(found.count == 5 + weights.count)
            for (name, tensor) in found {
                let error = relativeError(try tensor.doubles(), fixture.doubles("\(score).\(kind).\(name)"))
                #expect(error < tested.tolerance, "\(kind) \(name): \(error)")
            }
        }
    }

    @Test(arguments: scores) func gradientsAreThoseOfFiniteDifferences(_ score: String) throws {
        let initializer = Initializer(seed: 3, on: .reference)
        let operands = Operands([[3, 2, score == "dot" ? 6 : 5], [3, 7, 6], [3, 7, 9]], on: .reference).values
        let asked = Asked(
            attention(score, initializer), queries: operands[0], keys: operands[1], values: operands[2])
        let holes = try SequenceMask([
            [true, false, true, true, false, true, false], Array(repeating: false, count: 7),
            [false, false, true, true, true, true, true],
        ])
        for mask in [nil, holes] {
            let errors = try gradientErrors(of: asked) {
                let (context, weights) = asked(mask)
                return context.tanh().weightedSum() + weights.weightedSum()
            }
            #expect(errors.count == 3 + asked.attention.parameters.count)
            for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.001, "\(error)") }
        }
    }

    /// What lies in a step that is not there reaches nothing.
    @Test(arguments: scores) func absentStepsMayBeAnything(_ score: String) throws {
        let mask = try SequenceMask(lengths: [2, 0], steps: 3)
        let results = try [Float.nan, 5].map { filler in
            var keys = RandomSource(seed: 3).uniform(count: 2 * 3 * 6, site: 0)
            for place in keys.indices where !mask.contains(row: place / 18, step: place / 6 % 3) {
                keys[place] = filler
            }
            let operands = Operands([[2, 4, score == "dot" ? 6 : 5]], on: .reference)
            let attention = attention(score, Initializer(seed: 3, on: .reference))
            let memory = { attention.memory(Tensor(keys, shape: [2, 3, 6], on: .reference), mask: mask) }
            let (_, gradients, context) = operands.valueWithGradient {
                let context = attention(operands.values[0], memory()).context
                return (context.weightedSum(), context)
            }
            return try [context, gradients[operands.tensors[0]]!].map { try $0.doubles() }
        }
        #expect(results[0] == results[1] && results[0].joined().allSatisfy(\.isFinite))
    }

    /// Asking one by one what was prepared once is asking all together.
    @Test(arguments: TestedBackend.allAndReference, scores)
    func queriesMayComeOneByOne(_ tested: TestedBackend, _ score: String) throws {
        let operands = Operands([[3, 4, score == "dot" ? 6 : 5], [3, 7, 6]], on: tested.device).values
        let attention = attention(score, Initializer(seed: 3, on: tested.device))
        let mask = try SequenceMask(lengths: [5, 0, 7], steps: 7)
        let together = attention(operands[0], operands[1], mask: mask)
        let memory = attention.memory(operands[1], mask: mask)
        let apart = (0..<4).map { attention(operands[0].slice($0..<$0 + 1, along: 1), memory) }
        let context = try Tensor.concatenated(apart.map(\.context), along: 1).doubles()
        let weights = try Tensor.concatenated(apart.map(\.weights), along: 1).doubles()
        #expect(relativeError(context, try together.context.doubles()) < tested.tolerance)
        #expect(relativeError(weights, try together.weights.doubles()) < tested.tolerance)
        for (index, weight) in weights.enumerated() {
            let (row, step) = (index / 28, index % 7)
            #expect((weight == 0) == !mask.contains(row: row, step: step), "row \(row), step \(step)")
        }
    }
}
