import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A case of an operator of ONNX of which ONNX Runtime's numbers are there. Its name tells all of it: see
/// `Fixtures/generate_onnx.py`, which has the list.
struct ONNXCase: Sendable, CustomTestStringConvertible {
    /// `lstm`, `gru` or `rnn`.
    let kind: String
    let name: String
    let direction: Direction
    private(set) var cellName: String
    private(set) var options = RecurrentOptions()
    private(set) var lengths: [Int]?
    private(set) var startsFromZeros = true

    /// In every fixture.
    static let (inputs, hidden, steps) = (9, 3, 7)
    static let fixtures = ["lstm", "gru", "rnn"].map { ($0, try! Fixture("onnx-\($0)")) }
    static let all = fixtures.flatMap { kind, fixture in
        fixture.names.filter { $0.hasSuffix("|output") }.map { ONNXCase(kind, String($0.dropLast(7))) }
    }

    var testDescription: String { "\(cellName) \(name)" }
    var fixture: Fixture { ONNXCase.fixtures.first { $0.0 == kind }!.1 }

    /// - Parameter name: a direction and what else there is, joined by semicolons.
    init(_ kind: String, _ name: String) {
        let parts = name.split(separator: ";")
        (self.kind, self.name, cellName) = (kind, name, kind)
        direction = Direction(rawValue: String(parts[0]))!
        for part in parts.dropFirst() {
            let words = part.split(separator: "=")
            switch words[0] {
            case "initial": startsFromZeros = false
            case "peepholes": options.hasPeepholes = true
            case "input_forget": options.couplesGates = words[1] == "1"
            case "linear_before_reset": cellName = words[1] == "1" ? "gru" : "gru-reset-before"
            case "clip": options.clip = Float(words[1])!
            case "sequence_lens": lengths = words[1].split(separator: ",").map { Int($0)! }
            case "activations":
                let named = words[1].split(separator: ",").map { Activation(onnx: $0) }
                // One for all gates, one for the candidate, one for the way from c to h.
                options.activations = ["lstm": [0, 0, 1, 0, 2], "gru": [0, 0, 1], "rnn": [0]][kind]!.map { named[$0] }
            default: preconditionFailure("an ONNX case made of '\(part)'")
            }
        }
    }

    /// ONNX's gates (lstm `i o f c`, gru `z r h`) in PyTorch's order, those of peepholes (`i o f`) likewise; under
    /// PyTorch's names.
    var weights: [String: ParameterValues] {
        let order = ["lstm": [0, 2, 3, 1], "gru": [1, 0, 2], "rnn": [0]][kind]!
        let chosen = direction == .forward ? [0] : direction == .reverse ? [1] : [0, 1]
        var weights: [String: ParameterValues] = [:]
        for number in chosen {
            func add(_ name: String, _ source: String, _ blocks: [Int], columns: Int? = nil) {
                let all = fixture.doubles(source)
                let (start, block) = (number * all.count / 2, ONNXCase.hidden * (columns ?? 1))
                weights[name + "_l0" + (number == 1 && chosen.count == 2 ? "_reverse" : "")] = ParameterValues(
                    shape: [blocks.count * ONNXCase.hidden] + (columns.map { [$0] } ?? []),
                    values: blocks.flatMap { all[(start + $0 * block)..<(start + ($0 + 1) * block)].map { Float($0) } })
            }
            add("weight_ih", "W", order, columns: ONNXCase.inputs)
            add("weight_hh", "R", order, columns: ONNXCase.hidden)
            add("bias_ih", "B", order)
            add("bias_hh", "B", order.map { $0 + order.count })
            if options.hasPeepholes { add("weight_ch", "P", [0, 2, 1]) }
        }
        return weights
    }

    func initial(on device: Device) -> RecurrentState? {
        if startsFromZeros { return nil }
        let rows = direction == .forward ? 0..<1 : direction == .reverse ? 1..<2 : 0..<2
        return RecurrentState(
            (kind == "lstm" ? ["h0", "c0"] : ["h0"]).map { fixture.tensor($0, on: device).slice(rows) })
    }
}

extension Activation {
    /// By ONNX's name, with alpha and beta behind it where they are given: `HardSigmoid:0.3:0.4`.
    fileprivate init(onnx text: Substring) {
        let words = text.split(separator: ":")
        let numbers = words.dropFirst().map { Float($0)! }
        switch (words[0], numbers.count) {
        case ("Sigmoid", 0): self = .sigmoid
        case ("Tanh", 0): self = .tanh
        case ("Relu", 0): self = .relu
        case ("Softsign", 0): self = .softsign
        case ("Softplus", 0): self = .softplus
        case ("LeakyRelu", 0): self = .leakyReLU()
        case ("LeakyRelu", 1): self = .leakyReLU(alpha: numbers[0])
        case ("ThresholdedRelu", 1): self = .thresholdedReLU(alpha: numbers[0])
        case ("Elu", 0): self = .elu()
        case ("Elu", 1): self = .elu(alpha: numbers[0])
        case ("HardSigmoid", 0): self = .hardSigmoid()
        case ("HardSigmoid", 2): self = .hardSigmoid(alpha: numbers[0], beta: numbers[1])
        case ("Affine", 2): self = .affine(alpha: numbers[0], beta: numbers[1])
        case ("ScaledTanh", 2): self = .scaledTanh(alpha: numbers[0], beta: numbers[1])
        default: preconditionFailure("an ONNX activation '\(text)'")
        }
    }
}

@Suite struct ONNXTests {
    /// Outputs and final states. ONNX Runtime computes in float32, in whose rounding a case with unbounded gates differs from
    /// Double by 1.3e-5.
    @Test(arguments: TestedBackend.allAndReference, ONNXCase.all)
    func agreesWithONNXRuntime(_ tested: TestedBackend, _ test: ONNXCase) throws {
        let cell = try #require(Cell(named: test.cellName))
        let recurrent = Recurrent(
            cell, inputs: ONNXCase.inputs, hidden: ONNXCase.hidden, direction: test.direction, options: test.options,
            Initializer(seed: 1, on: tested.device))
        try recurrent.load(test.weights)
        let mask = try test.lengths.map { try SequenceMask(lengths: $0, steps: ONNXCase.steps) }
        let (output, state) = recurrent(
            test.fixture.tensor("x", on: tested.device), test.initial(on: tested.device), mask: mask)
        #expect(state.tensors.count == (test.kind == "lstm" ? 2 : 1))
        for (result, name) in zip([output] + state.tensors, ["output", "h", "c"]) {
            let error = relativeError(try result.doubles(), test.fixture.doubles("\(test.name)|\(name)"))
            #expect(error < 3e-5, "\(name)")
        }
    }

    @Test func noCaseIsLost() {
        let counts = Dictionary(ONNXCase.all.map { ($0.cellName, 1) }, uniquingKeysWith: +)
        #expect(counts == ["lstm": 36, "gru": 26, "gru-reset-before": 26, "rnn": 25])
    }
}
