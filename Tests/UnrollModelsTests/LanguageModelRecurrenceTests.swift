import Testing
import UnrollCharts
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// What is turned on inside a language model's recurrence and around it.
@Suite struct LanguageModelRecurrenceTests {
    let temporary = TemporaryFolder()

    /// Everything that a cell takes.
    static func everything(_ cell: Cell) -> ModelOptions {
        var options = ModelOptions()
        (options.recurrence.clip, options.recurrence.zoneout) = (2.5, 0.2)
        (options.recurrence.candidateDropout, options.recurrence.recurrentDropout) = (0.15, 0.25)
        (options.recurrence.weightDropout, options.lockedDropout) = (0.1, 0.3)
        (options.embeddingDropout, options.isTied) = (0.2, true)
        (options.recurrence.hasLayerNorm, options.recurrence.locksDropout) = (true, true)
        let gates: [Activation] = [.hardSigmoid(alpha: 0.3, beta: 0.4), .sigmoid, .elu(alpha: 0.7), .softsign, .tanh]
        let depth = cell.below == nil ? [] : [Activation.hardSigmoid(alpha: 0.25, beta: 0.5)]
        options.recurrence.activations = gates.suffix(cell.activations.count - depth.count) + depth
        if cell.states > 1 { (options.recurrence.stateZoneout, options.recurrence.stateClip) = (0.1, 2) }
        if cell.isLSTM { (options.recurrence.hasPeepholes, options.recurrence.couplesGates) = (true, true) }
        return options
    }

    private func model(
        _ cell: Cell, _ options: ModelOptions, dropout: Float = 0.1, on device: Device
    ) -> LanguageModel {
        let configuration = LanguageModelConfiguration(
            cell: cell, hidden: 7, layers: 2, embedding: 7, dropout: dropout, options: options,
            vocabulary: Vocabulary(of: "abcde".unicodeScalars))
        return LanguageModel(configuration, seed: 5, on: device)
    }

    private func characters(_ shape: [Int], _ site: Int, on device: Device) -> Tensor {
        let numbers = RandomSource(seed: 2).uniform(count: shape.product, site: site).map { Int32($0 * 5) }
        return Tensor(numbers, shape: shape, on: device)
    }

    @Test(arguments: Cell.all) func parametersAreCounted(_ cell: Cell) {
        for options in [ModelOptions(), Self.everything(cell)] {
            let model = model(cell, options, on: .reference)
            #expect(model.parameterCount == model.configuration.parameterCount)
            #expect(model.parameters.contains { $0.name == "linear.weight" } != options.isTied)
            let hasPeepholes = options.recurrence.hasPeepholes || cell.below != nil
            #expect(model.parameters.contains { $0.name == "recurrent.weight_ch_l1" } == hasPeepholes)
            let norms = model.parameters.filter { $0.name.hasPrefix("recurrent.gain_") }.count
            #expect(norms == (options.recurrence.hasLayerNorm ? 2 * (cell.states > 1 ? 3 : 2) : 0))
        }
    }

    /// With everything on, and penalties in the loss, in training.
    @Test(arguments: Cell.all, [3, 6]) func gradientsAreThoseOfFiniteDifferences(_ cell: Cell, _ carry: Int) throws {
        let model = model(cell, Self.everything(cell), on: .reference)
        let (inputs, targets) = (characters([3, 6], 0, on: .reference), characters([3, 4], 1, on: .reference))
        let penalties = ActivationPenalties(activation: 0.7, temporal: 0.4)
        let errors = try gradientErrors(of: model, random: RandomSource(seed: 4, step: 3)) {
            model.loss(inputs: inputs, targets: targets, state: nil, carry: carry, penalties: penalties).loss
        }
        #expect(errors.count == model.parameters.count && errors.count > 9)
        // Normalisation of what is near zero, as R·h is at first, bends much within a difference.
        for error in errors { #expect(error.error < 1e-5 && error.magnitude > 1e-4, "\(error)") }
    }

    /// A window run in two parts drops what one run over it does: the same units and weights, all through it.
    @Test(arguments: Cell.all, [0, 2, 5, 6]) func partsOfAWindowDropTheSame(_ cell: Cell, _ carry: Int) throws {
        var options = ModelOptions()
        (options.recurrence.recurrentDropout, options.recurrence.weightDropout) = (0.4, 0.3)
        let model = model(cell, options, dropout: 0, on: .reference)
        let (inputs, targets) = (characters([3, 6], 0, on: .reference), characters([3, 6], 1, on: .reference))
        let random = RandomSource(seed: 4, step: 3)
        let (found, gradients) = model.valueWithGradient(random: random) {
            model.loss(inputs: inputs, targets: targets, state: nil, carry: carry).loss
        }
        let (expected, whole) = model.valueWithGradient(random: random) {
            model.loss(inputs: inputs, targets: targets).loss
        }
        #expect(relativeError(try found.doubles(), try expected.doubles()) < 1e-12)
        for (name, parameter) in model.parameters {
            let (found, expected) = (try gradients[parameter]!.doubles(), try whole[parameter]!.doubles())
            #expect(relativeError(found, expected) < 1e-10, "\(name)")
        }
        #expect(try expected.doubles() != model.loss(inputs: inputs, targets: targets).loss.doubles())
    }

    /// Between layers too, where a sequence has one mask; what is drawn for each step is not drawn twice.
    @Test func partsOfASequenceShareItsDrawsAlone() throws {
        let x = Tensor(RandomSource(seed: 3).uniform(count: 3 * 6 * 5, site: 0), shape: [3, 6, 5], on: .reference)
        func outputs(_ options: RecurrentOptions, cuts: [Range<Int>]) throws -> [[Double]] {
            let recurrent = Recurrent(
                .lstm, inputs: 5, hidden: 7, layers: 3, options: options, dropout: 0.4,
                Initializer(seed: 2, on: .reference))
            var outputs: [Tensor] = []
            _ = recurrent.valueWithGradient(random: RandomSource(seed: 4, step: 3)) {
                let draws = SequenceDraws()
                var state: RecurrentState?
                for cut in cuts {
                    let (output, next) = recurrent(x.slice(cut, along: 1), state, draws: draws)
                    outputs.append(output)
                    // Where the same steps are run twice, from the same state.
                    state = cuts[0] == cuts.last && cuts.count > 1 ? nil : next
                }
                return Tensor.concatenated(outputs, along: 1).sum()
            }
            return try outputs.map { try $0.doubles() }
        }
        var options = RecurrentOptions()
        (options.recurrentDropout, options.weightDropout, options.locksDropout) = (0.4, 0.3, true)
        let twice = try outputs(options, cuts: [0..<4, 0..<4])
        #expect(twice[0] == twice[1])
        let (whole, parts) = (try outputs(options, cuts: [0..<6])[0], try outputs(options, cuts: [0..<4, 4..<6]))
        // Steps 4 and 5 of each row of [3, 6, 7].
        let last: [Double] = [0, 1, 2].flatMap { (row: Int) -> ArraySlice<Double> in
            let start = (6 * row + 4) * 7
            return whole[start..<start + 14]
        }
        #expect(last.count == 42 && relativeError(parts[1], last) < 1e-12)
        var others = [options, options, options]
        (others[0].locksDropout, others[1].zoneout, others[2].candidateDropout) = (false, 0.3, 0.3)
        for options in others {
            let twice = try outputs(options, cuts: [0..<4, 0..<4])
            #expect(twice[0] != twice[1])
        }
    }

    /// Penalties add what they say; and only where training asks for them.
    @Test func penaltiesAdd() throws {
        let model = model(.gru, ModelOptions(), on: .reference)
        let (inputs, targets) = (characters([3, 6], 0, on: .reference), characters([3, 6], 1, on: .reference))
        let loss = { (penalties: ActivationPenalties) in
            try model.loss(inputs: inputs, targets: targets, state: nil, carry: 6, penalties: penalties).loss.doubles()[
                0]
        }
        let h = try model.recurrent(model.embedding(inputs)).output.doubles()
        let plain = try loss(.init())
        #expect(try plain == model.loss(inputs: inputs, targets: targets).loss.doubles()[0])
        let squares = h.reduce(0) { $0 + $1 * $1 } / Double(h.count)
        #expect(abs(try loss(.init(activation: 0.5)) - plain - 0.5 * squares) < 1e-7)
        // (A mean's factor is a float.) [3, 6, 7]: a step is 7 numbers after the one before.
        let changes = h.indices.filter { $0 / 7 % 6 > 0 }.map { h[$0] - h[$0 - 7] }
        let mean = changes.reduce(0) { $0 + $1 * $1 } / Double(changes.count)
        #expect(changes.count == 3 * 5 * 7)
        #expect(abs(try loss(.init(temporal: 0.25)) - plain - 0.25 * mean) < 1e-7)
    }

    /// Training, judging and going on with a text are the reference's on every device.
    @Test(arguments: TestedBackend.all, [Cell.lstm, .gru])
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ cell: Cell) throws {
        let results = try [tested.device, .reference].map { device in
            let model = model(cell, Self.everything(cell), on: device)
            let (inputs, targets) = (characters([3, 6], 0, on: device), characters([3, 6], 1, on: device))
            let (loss, gradients) = model.valueWithGradient(random: RandomSource(seed: 4, step: 3)) {
                model.loss(inputs: inputs, targets: targets).loss
            }
            let judged = try model.evaluate(try inputs.integers(), batch: 2, steps: 4)
            let whole = model(inputs).0
            // Step by step, as text is written.
            var (logits, state): ([Tensor], RecurrentState?) = ([], nil)
            for step in 0..<6 {
                let column = (0..<3).map { try! inputs.integers()[$0 * 6 + step] }
                let (next, after) = model(Tensor(column, shape: [3, 1], on: device), state)
                (logits, state) = (logits + [next], after)
            }
            let streamed = try Tensor.concatenated(logits, along: 1).doubles()
            #expect(relativeError(streamed, try whole.doubles()) < 1e-5)
            return try [loss.doubles(), [judged], whole.doubles()]
                + model.parameters.map { try gradients[$0.parameter]!.doubles() }
        }
        #expect(results[0].count == results[1].count && results[0].count > 12)
        // Normalisation of what is near zero, as R·h is at first, amplifies rounding.
        for (index, (found, expected)) in zip(results[0], results[1]).enumerated() {
            let error = relativeError(found, expected)
            #expect(largest(expected) > 1e-4 && error < 1e-4, "\(index): \(error)")
        }
    }

    @Test(arguments: Cell.all) func optionsComeBackFromFiles(_ cell: Cell) throws {
        let device = TestedBackend.cpu[0].device
        let model = model(cell, Self.everything(cell), on: device)
        let folder = ModelFolder(temporary("model"))
        try Files.makeFolder(folder.path)
        try Files.write(Array(model.configuration.json.indented.utf8), to: folder.configuration)
        try model.save(safetensors: folder.weights)
        let loaded = try LanguageModel(folder, on: device)
        #expect(loaded.configuration == model.configuration)
        let inputs = characters([2, 9], 0, on: device)
        #expect(try loaded(inputs).0.floats() == model(inputs).0.floats())
        // Judged and written by other equations than a plain model's.
        var plain = model.configuration
        plain.options.recurrence.zoneout = 0
        #expect(plain.json != model.configuration.json)
        let other = LanguageModel(plain, seed: 5, on: device)
        #expect(try other(inputs).0.floats() != model(inputs).0.floats())

        let text = model.configuration.json.indented
        var changes = [
            ("\"zoneout\": 0.2", "\"zoneout\": 1.2", ["--zoneout", "1.2"]),
            ("\"zoneout\": 0.2", "\"zoneout\": \"much\"", ["'zoneout'", "much"]),
            ("\"zoneout\": 0.2", "\"zonout\": 0.2", ["'zonout'"]), ("\"tied\": true", "\"tied\": 1", ["'tied'"]),
            ("\"dropout_per_sequence\": true", "\"dropout_per_sequence\": 1", ["'dropout_per_sequence'"]),
            ("\"embedding\": 7", "\"embedding\": 6", ["--tied", "--embedding 6"]),
        ]
        // What `everything` gives cells with so many gates.
        if cell.activations.count > 2 {
            changes += [
                ("\"elu:0.7\"", "\"elu:x\"", ["'activations'", "elu:x"]), ("\"elu:0.7\",", "", ["--activations"]),
            ]
        }
        for (old, new, names) in changes {
            #expect(text.contains(old), "\(old) in \(text)")
            try Files.write(Array(text.replacing(old, with: new).utf8), to: folder.configuration)
            let error = #expect(throws: ModelError.self) { try LanguageModel(folder, on: device) }
            let line = "\(error!)"
            #expect(line.hasPrefix(folder.configuration) && names.allSatisfy(line.contains), "\(line)")
        }
    }

    /// A plain model's file is what it was before there were options.
    @Test func plainModelsHaveNone() throws {
        let model = model(.lstm, ModelOptions(), on: .reference)
        #expect(model.configuration.json["options"] == nil && ModelOptions().description.isEmpty)
        let json = model.configuration.json
        #expect(try LanguageModelConfiguration(json, name: "") == model.configuration)
        let switches = "peepholes, coupled, layer-norm, dropout-per-sequence, tied, gate-clip 2.5"
        #expect(Self.everything(.lstm).description.contains(switches))
    }

    @Test func activationsComeBackFromText() {
        let all: [Activation] = [
            .sigmoid, .tanh, .relu, .softsign, .softplus, .affine(alpha: 0.8, beta: 0.1), .leakyReLU(alpha: 0.2),
            .thresholdedReLU(alpha: 0.15), .scaledTanh(alpha: 1.2, beta: -0.7), .hardSigmoid(alpha: 0.3, beta: 1e-7),
            .elu(alpha: 0.3),
        ]
        for activation in all { #expect(Activation(text: activation.text) == activation) }
        #expect(Set(all.map(\.text)).count == 11 && Activation.names.split(separator: ", ").count == 11)
        let short: [(String, Activation)] = [
            ("hard-sigmoid", .hardSigmoid()), ("affine:2", .affine(alpha: 2)), ("elu", .elu()),
            ("leaky-relu", .leakyReLU()), ("thresholded-relu", .thresholdedReLU()), ("scaled-tanh", .scaledTanh()),
        ]
        for (text, activation) in short { #expect(Activation(text: text) == activation) }
        let wrong = [
            "", "sine", "tanh:1", "elu:", "elu:1:2", "elu:-1", "elu:nan", "scaled-tanh:0", "leaky-relu:-0.1", ":1",
            "Tanh",
            "affine:1:2:3", "affine:inf",
        ]
        for text in wrong { #expect(Activation(text: text) == nil, "\(text)") }
    }

    /// The gradient of a text's batch: of the last step's loss none comes from other steps' outputs.
    @Test(arguments: TestedBackend.all) func inspects(_ tested: TestedBackend) throws {
        // Where h is near zero its normalisation makes the gradient larger towards the start.
        var options = Self.everything(.lstm)
        options.recurrence.hasLayerNorm = false
        let model = model(.lstm, options, on: tested.device)
        let text = String((0..<200).map { Array("abcde")[$0 * $0 / 3 % 5] })
        let found = try model.gradientFlow(over: text, name: "text", batch: 3, steps: 11)
        #expect(found.batch == 3 && found.steps == 11 && found.loss > 1 && model.recurrent.gradientFlow == nil)
        let curves = try found.flow.curves()
        #expect(curves.count == 2 && curves.allSatisfy { $0.norms.count == 11 && $0.norms.allSatisfy { $0 > 0 } })
        #expect(try model.gradientFlow(over: text, name: "text", batch: 3, steps: 11).flow.curves() == curves)
        // Less and less of it further back, where a mean over all steps has something at each.
        let all = try model.gradientFlow(over: text, name: "text", batch: 3, steps: 11, of: .all).flow.curves()
        #expect(curves[1].norms[0] < 0.5 * curves[1].norms[10])
        #expect(zip(all, curves).allSatisfy { $0.norms[0] / $0.norms[10] > $1.norms[0] / $1.norms[10] })
        let chart = try found.flow.chart("Flow")
        #expect(chart.lines.map(\.name) == ["layer 0", "layer 1"] && chart.y.scale == .logarithmic)
        #expect(chart.lines[1].points.map(\.y) == curves[1].norms && chart.lines[1].points[0].x == 1)
        #expect(throws: ModelError.self) { try model.gradientFlow(over: "a", name: "text") }
        #expect(throws: DataError.self) { try model.gradientFlow(over: "ax", name: "text") }
    }

    /// What cannot be computed on any device is refused before memory is taken.
    @Test func inspectingTooMuchIsRefused() throws {
        let configuration = LanguageModelConfiguration(
            cell: .lstm, hidden: 512, layers: 1, embedding: 3, dropout: 0,
            vocabulary: Vocabulary(of: "ab".unicodeScalars))
        let model = LanguageModel(configuration, seed: 1, on: TestedBackend.cpu[0].device)
        let text = String(repeating: "a", count: 16 << 16 | 1)
        let error = #expect(throws: ModelError.self) {
            try model.gradientFlow(over: text, name: "text", batch: 16, steps: 1 << 16)
        }
        #expect("\(error!)".contains("GB") && "\(error!)".hasSuffix("lower --batch or --steps"), "\(error!)")
    }
}
