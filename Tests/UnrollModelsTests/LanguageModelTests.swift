import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct LanguageModelTests {
    static let letters = Vocabulary(of: "abcdefghijk".unicodeScalars)

    /// The model of `Fixtures/generate.py`, and its fixture.
    static func model(_ cell: String, on device: Device) throws -> (LanguageModel, Safetensors) {
        let file = try Safetensors(path: fixture("\(cell).safetensors"))
        let configuration = LanguageModelConfiguration(
            cell: Cell(named: cell)!, hidden: 9, layers: 2, embedding: 5, dropout: 0, vocabulary: letters)
        let model = LanguageModel(configuration, seed: 5, on: device)
        var start = Safetensors()
        for (name, array) in file.arrays where name.hasPrefix("start.") {
            start.arrays[String(name.dropFirst(6))] = array
        }
        try model.load(start, name: "fixture")
        return (model, file)
    }

    /// Ten steps of truncated backpropagation with Adam and clipping give PyTorch's ten losses.
    @Test(arguments: TestedBackend.allAndReference, ["rnn", "lstm", "gru"])
    func tenLossesOfPyTorch(_ tested: TestedBackend, _ cell: String) throws {
        let (model, file) = try Self.model(cell, on: tested.device)
        guard case .int32(let text) = file.arrays["text"]?.values,
            case .float64(let expected) = file.arrays["losses"]?.values,
            let clip = file.arrays["clip"]?.values.floats?[0]
        else { throw DataError.missing(path: cell) }
        #expect(expected.count == 10)
        let rows = TextRows(text, batch: 3)
        let optimizer = Adam(learningRate: 0.02)
        var state: RecurrentState?
        for (step, loss) in expected.enumerated() {
            let (inputs, targets) = rows.window(from: 7 * step, steps: 7)
            let (value, gradients, next) = model.valueWithGradient {
                let (loss, next) = model.loss(
                    inputs: Tensor(inputs, shape: [3, 7], on: tested.device),
                    targets: Tensor(targets, shape: [3, 7], on: tested.device), state: state)
                return (loss, next.detached())
            }
            gradients.clip(norm: clip)
            optimizer.update(model, gradients)
            state = next
            #expect(abs(Double(try value.scalar()) - loss) < 2e-5, "step \(step)")
        }
    }

    /// Fifty steps with dropout on every backend give the CPU's losses within 1e-3.
    @Test(arguments: TestedBackend.all) func fiftyLossesAgree(_ tested: TestedBackend) throws {
        let losses = try [TestedBackend.cpu[0].device, tested.device].map { device in
            let configuration = LanguageModelConfiguration(
                cell: .lstm, hidden: 19, layers: 2, embedding: 7, dropout: 0.3, vocabulary: Self.letters)
            let model = LanguageModel(configuration, seed: 3, on: device)
            let text: [Int32] = (0..<1801).map { (i: Int32) -> Int32 in (i * i / 5 + i / 3) % 11 }
            let rows = TextRows(text, batch: 4)
            let optimizer = Adam(learningRate: 0.01)
            var state: RecurrentState?
            return try (0..<50).map { step in
                let (inputs, targets) = rows.window(from: 9 * step, steps: 9)
                let random = RandomSource(seed: 8, step: step)
                let (value, gradients, next) = model.valueWithGradient(random: random) {
                    let (loss, next) = model.loss(
                        inputs: Tensor(inputs, shape: [4, 9], on: device),
                        targets: Tensor(targets, shape: [4, 9], on: device), state: state)
                    return (loss, next.detached())
                }
                gradients.clip(norm: 1)
                optimizer.update(model, gradients)
                state = next
                return try value.scalar()
            }
        }
        #expect(losses[0][49] < losses[0][0] - 0.1, "it learns")
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    /// The names a PyTorch module of the same layers has, in the fixture's `state_dict`.
    @Test(arguments: ["rnn", "lstm", "gru"]) func namesArePyTorchs(_ cell: String) throws {
        let (model, file) = try Self.model(cell, on: TestedBackend.cpu[0].device)
        let names = file.arrays.keys.filter { $0.hasPrefix("start.") }.map { String($0.dropFirst(6)) }
        #expect(Set(model.parameters.map(\.name)) == Set(names))
        #expect(model.parameterCount == model.configuration.parameterCount)
        #expect(model.parameters[0].name == "embedding.weight" && model.parameters.last?.name == "linear.bias")
    }

    /// Against a sum of −ln p(character) by the reference backend, one character at a time.
    @Test(arguments: TestedBackend.all, [(2, 5), (3, 2), (40, 64), (97, 8), (1000, 8)])
    func evaluatesEveryCharacter(_ tested: TestedBackend, _ sizes: (count: Int, steps: Int)) throws {
        let batch = 4
        let text = (0..<sizes.count).map { Self.letters.characters[($0 * $0 + $0 / 7) % 11] }
        let (model, _) = try Self.model("lstm", on: tested.device)
        let found = try model.evaluate(string(text), name: "text", batch: batch, steps: sizes.steps)

        let (judge, _) = try Self.model("lstm", on: .reference)
        let indices = try Self.letters.encode(text, name: "")
        let rows = min(batch, max(1, (sizes.count - 1) / sizes.steps))
        let length = (sizes.count - 1) / rows
        var sum = 0.0
        for row in 0..<rows {
            var state: RecurrentState?
            for place in (row * length)..<((row + 1) * length) {
                let x = Tensor([indices[place]], shape: [1, 1], on: .reference)
                let y = Tensor([indices[place + 1]], shape: [1, 1], on: .reference)
                let (loss, next) = judge.loss(inputs: x, targets: y, state: state)
                sum += try loss.doubles()[0]
                state = next
            }
        }
        #expect(abs(found - sum / Double(rows * length)) < 1e-5)
    }

    @Test func evaluationNamesWhatIsWrong() throws {
        let (model, _) = try Self.model("gru", on: TestedBackend.cpu[0].device)
        #expect(throws: DataError.unknownCharacter("z", offset: 3, name: "some.txt")) {
            try model.evaluate("abcz", name: "some.txt")
        }
        for short in ["", "a"] {
            #expect(throws: ModelError.self) { try model.evaluate(short, name: "some.txt") }
        }
    }

    @Test(arguments: TestedBackend.all) func generatesAFunctionOfTheSeed(_ tested: TestedBackend) throws {
        let (model, _) = try Self.model("lstm", on: tested.device)
        var streamed = ""
        let text = try model.generate(prompt: "abc", length: 60, sampling: Sampling(seed: 4)) {
            streamed += $0
        }
        #expect(text == streamed && text.unicodeScalars.count == 60)
        #expect(try text == model.generate(prompt: "abc", length: 60, sampling: Sampling(seed: 4)))
        #expect(try text != model.generate(prompt: "abc", length: 60, sampling: Sampling(seed: 5)))
        #expect(try model.generate(prompt: "abc", length: 30, sampling: Sampling(seed: 4)) == String(text.prefix(30)))
        #expect(try model.generate(length: 0, sampling: Sampling()) == "")
        #expect(try model.generate(length: 5, sampling: Sampling()).count == 5)
        #expect(throws: DataError.unknownCharacter("!", offset: 1, name: "--prompt")) {
            try model.generate(prompt: "a!", length: 5, sampling: Sampling())
        }
    }

    /// The likeliest character each time, found by running the whole text again.
    @Test func temperatureZeroAndOneCandidateAreGreedy() throws {
        let (model, _) = try Self.model("gru", on: TestedBackend.cpu[0].device)
        let text = try model.generate(prompt: "ab", length: 9, sampling: Sampling(temperature: 0))
        #expect(try text == model.generate(prompt: "ab", length: 9, sampling: Sampling(topK: 1, seed: 8)))
        var all = Array("ab".unicodeScalars)
        for character in text.unicodeScalars {
            let x = Tensor(try Self.letters.encode(all, name: ""), shape: [1, all.count], on: model.device)
            let logits = try model(x).0.floats().suffix(11)
            #expect(Self.letters.characters[logits.firstIndex(of: logits.max()!)! - logits.startIndex] == character)
            all.append(character)
        }
    }

    /// Shares of many draws against the softmax.
    @Test func choicesHaveTheModelsProbabilities() throws {
        let logits: [Float] = [0.5, -1, 2, 0, 2]
        for (temperature, topK) in [(Float(1), nil), (0.5, nil), (2, 3), (1, 99)] as [(Float, Int?)] {
            let sampling = try Sampling(temperature: temperature, topK: topK)
            let kept = topK == 3 ? [0, 2, 4] : [0, 1, 2, 3, 4]
            let weights = kept.map { exp(Double(logits[$0] / temperature)) }
            var counts = [Int32: Int]()
            let draws = RandomSource(seed: 3).uniform(count: 20_000, site: 0)
            for draw in draws { counts[sampling.choose(from: logits, draw), default: 0] += 1 }
            for (index, weight) in zip(kept, weights) {
                let share = Double(counts[Int32(index), default: 0]) / 20_000
                #expect(abs(share - weight / weights.reduce(0, +)) < 0.012, "\(index) at \(temperature)")
            }
            #expect(counts.keys.allSatisfy { kept.contains(Int($0)) })
        }
        for (temperature, topK) in [(Float.nan, nil), (-1, nil), (.infinity, nil), (1, 0), (1, -2)] as [(Float, Int?)] {
            #expect(throws: ModelError.self) { try Sampling(temperature: temperature, topK: topK) }
        }
    }
}

/// Characters as one string.
private func string(_ characters: [Unicode.Scalar]) -> String { characters.map { String($0) }.joined() }
