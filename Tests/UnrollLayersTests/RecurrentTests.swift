import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A recurrent stack with its input and initial state as parameters, so that their gradients can be asked for.
private final class Sequences: Module {
    let x: Parameter
    let initial: [Parameter]
    let recurrent: Recurrent

    init(x: Tensor, initial: [Tensor], _ recurrent: Recurrent) {
        (self.x, self.initial, self.recurrent) = (Parameter(x), initial.map(Parameter.init), recurrent)
    }

    /// Output and final states, from the initial state or from zeros.
    func run(fromZeros: Bool, mask: SequenceMask? = nil) -> [Tensor] {
        let (output, state) = recurrent(x.value, fromZeros ? nil : RecurrentState(initial.map(\.value)), mask: mask)
        return [output] + state.tensors
    }
}

/// A stack of which PyTorch's numbers are there.
struct PyTorchForm {
    let layers: Int
    let direction: Direction
    /// Of a packed sequence.
    let lengths: [Int]?
    /// PyTorch's `proj_size`.
    var projection: Int? = nil

    /// Those PyTorch has.
    static let cells: [Cell] = [.rnn, .rnnReLU, .lstm, .gru]

    static let all = [
        PyTorchForm(layers: 1, direction: .forward, lengths: nil),
        PyTorchForm(layers: 3, direction: .forward, lengths: nil),
        PyTorchForm(layers: 1, direction: .forward, lengths: [2, 4, 1]),
        PyTorchForm(layers: 2, direction: .bidirectional, lengths: nil),
        PyTorchForm(layers: 3, direction: .bidirectional, lengths: [3, 1, 4]),
    ]

    /// PyTorch has projections for LSTM.
    static let projected = [
        PyTorchForm(layers: 1, direction: .forward, lengths: nil, projection: 2),
        PyTorchForm(layers: 1, direction: .forward, lengths: [2, 4, 1], projection: 2),
        PyTorchForm(layers: 1, direction: .bidirectional, lengths: nil, projection: 2),
        PyTorchForm(layers: 3, direction: .bidirectional, lengths: [3, 1, 4], projection: 2),
    ]

    static let stacks = cells.flatMap { cell in all.map { (cell, $0) } } + projected.map { (.lstm, $0) }

    /// Of the fixture, after the cell's.
    var name: String {
        "\(layers)" + (direction == .forward ? "" : "-\(direction)") + (projection == nil ? "" : "-projected")
            + (lengths == nil ? "" : "-packed")
    }
}

@Suite struct RecurrentTests {
    /// Outputs, final states and the gradients of weights, inputs and initial states, as PyTorch has them.
    @Test(arguments: TestedBackend.allAndReference, PyTorchForm.stacks)
    func agreesWithPyTorch(_ tested: TestedBackend, _ stack: (cell: Cell, form: PyTorchForm)) throws {
        let form = stack.form
        let (fixture, device) = (try Fixture("\(stack.cell.name)-\(form.name)"), tested.device)
        let recurrent = Recurrent(
            stack.cell, inputs: 7, hidden: 5, projection: form.projection, layers: form.layers,
            direction: form.direction, Initializer(seed: 1, on: device))
        let mask = try form.lengths.map { try SequenceMask(lengths: $0, steps: 4) }
        try fixture.load(into: recurrent)
        let states = stack.cell.states == 2 ? ["h", "c"] : ["h"]
        let sequences = Sequences(
            x: fixture.tensor("x", on: device), initial: states.map { fixture.tensor("\($0)0", on: device) }, recurrent)

        for (prefix, fromZeros) in [("", false), ("zeros.", true)] {
            let names = ["output"] + states
            let (_, gradients, results) = sequences.valueWithGradient {
                let results = sequences.run(fromZeros: fromZeros, mask: mask)
                let terms = zip(results, names).map { ($0 * fixture.tensor("cotangent.\($1)", on: device)).sum() }
                return (terms.dropFirst().reduce(terms[0], +), results)
            }
            for (result, name) in zip(results, names) {
                let error = relativeError(try result.doubles(), fixture.doubles(prefix + name))
                #expect(error < tested.tolerance, "\(prefix)\(name)")
            }
            var asked = [("x", sequences.x)]
            if !fromZeros { asked += zip(states.map { "\($0)0" }, sequences.initial) + recurrent.parameters.map { $0 } }
            let weights = (form.projection == nil ? 4 : 5) * form.layers * form.direction.count
            #expect(asked.count == (fromZeros ? 1 : 1 + states.count + weights))
            for (name, parameter) in asked {
                let found = try #require(gradients[parameter]).doubles()
                let error = relativeError(found, fixture.doubles("\(prefix)gradient.\(name)"))
                #expect(error < tested.tolerance, "\(prefix)gradient.\(name)")
            }
        }
    }

    /// Sizes beyond one vector and one tile, dropout between layers included.
    @Test(arguments: TestedBackend.all, Cell.all)
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ cell: Cell) throws {
        func results(on device: Device) throws -> [[Double]] {
            let (batch, steps, inputs, hidden, layers) = (13, 6, 21, 37, 2)
            let recurrent = Recurrent(
                cell, inputs: inputs, hidden: hidden, layers: layers, dropout: 0.3, Initializer(seed: 3, on: device))
            let operands = Operands(
                [[batch, steps, inputs]] + (0..<cell.states).map { _ in [layers, batch, hidden] }, on: device)
            let sequences = Sequences(x: operands.values[0], initial: Array(operands.values.dropFirst()), recurrent)
            let (_, gradients, results) = sequences.valueWithGradient(random: RandomSource(seed: 5, step: 2)) {
                let results = sequences.run(fromZeros: false)
                return (results.map { $0.weightedSum() }.reduce(Tensor(0, on: device), +), results)
            }
            return try (results + sequences.parameters.compactMap { gradients[$0.parameter] }).map { try $0.doubles() }
        }
        let (found, expected) = (try results(on: tested.device), try results(on: .reference))
        let parameters = cell.below == nil ? 4 * 2 : 5 * 2
        #expect(found.count == 2 * (1 + cell.states) + parameters && expected.count == found.count)
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            #expect(largest(expected) > 0.01)
            #expect(relativeError(found, expected) < 1e-5, "result \(index)")
        }
    }

    @Test(arguments: Cell.all, [(layers: 1, dropout: Float(0)), (3, 0), (3, 0.4)])
    func gradientsAreThoseOfFiniteDifferences(_ cell: Cell, _ form: (layers: Int, dropout: Float)) throws {
        let (batch, steps, inputs, hidden) = (2, 5, 3, 7)
        let recurrent = Recurrent(
            cell, inputs: inputs, hidden: hidden, layers: form.layers, dropout: form.dropout,
            Initializer(seed: 3, on: .reference))
        let operands = Operands(
            [[batch, steps, inputs]] + (0..<cell.states).map { _ in [form.layers, batch, hidden] }, on: .reference)
        let sequences = Sequences(x: operands.values[0], initial: Array(operands.values.dropFirst()), recurrent)
        for fromZeros in [false, true] {
            let asked: any Module = fromZeros ? recurrent : sequences
            let errors = try gradientErrors(of: asked, random: RandomSource(seed: 5, step: 2)) {
                sequences.run(fromZeros: fromZeros).map { $0.weightedSum() }.reduce(Tensor(0, on: .reference), +)
            }
            #expect(errors.count == recurrent.parameters.count + (fromZeros ? 0 : 1 + cell.states))
            for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.01, "\(error)") }
        }
    }

    /// A final state that nobody uses, and an output that nobody uses, carry no gradient but leave the rest right.
    @Test(arguments: Cell.all)
    func someResultsMayGoUnused(_ cell: Cell) throws {
        let recurrent = Recurrent(cell, inputs: 3, hidden: 5, layers: 2, Initializer(seed: 4, on: .reference))
        let x = Operands([[2, 3, 3]], on: .reference).values[0]
        for part in 0..<1 + cell.states {
            let errors = try gradientErrors(of: recurrent) {
                let (output, state) = recurrent(x)
                return ([output] + state.tensors)[part].weightedSum()
            }
            for error in errors { #expect(error.error < 1e-7, "\(error)") }
        }
    }

    /// Two halves with the state carried between them are the whole.
    @Test(arguments: TestedBackend.allAndReference, Cell.all)
    func stateCarriesOn(_ tested: TestedBackend, _ cell: Cell) throws {
        let recurrent = Recurrent(cell, inputs: 3, hidden: 5, layers: 2, Initializer(seed: 4, on: tested.device))
        let x = Operands([[2, 7, 3]], on: tested.device).values[0]
        let whole = recurrent(x)
        let first = recurrent(x.slice(0..<3, along: 1))
        let second = recurrent(x.slice(3..<7, along: 1), first.state.detached())
        let joined = try Tensor.concatenated([first.output, second.output], along: 1).doubles()
        #expect(relativeError(joined, try whole.output.doubles()) < tested.tolerance)
        for (carried, expected) in zip(second.state.tensors, whole.state.tensors) {
            #expect(relativeError(try carried.doubles(), try expected.doubles()) < tested.tolerance)
        }
    }

    /// Without a tape a long sequence goes in parts; the numbers are those of the whole, to the bit.
    @Test(arguments: TestedBackend.all, Cell.all)
    func inferenceIsForward(_ tested: TestedBackend, _ cell: Cell) throws {
        let (batch, steps, inputs, hidden) = (7, 83, 5, 19)
        let source = Initializer(seed: 4, on: tested.device)
        let recurrent = Recurrent(cell, inputs: inputs, hidden: hidden, layers: 3, source)
        let x = source.uniform([batch, steps, inputs], bound: 1).value
        let state = (0..<cell.states).map { _ in source.uniform([3, batch, hidden], bound: 1).value }
        for initial in [nil, RecurrentState(state)] {
            let inferred = recurrent(x, initial)
            let (_, _, recorded) = recurrent.valueWithGradient {
                let (output, state) = recurrent(x, initial)
                return (output.sum(), [output] + state.tensors)
            }
            for (a, b) in zip([inferred.output] + inferred.state.tensors, recorded) {
                #expect(try a.floats() == b.floats())
            }
        }
    }

    /// What is not a number shows in everything that depends on it, and in nothing else: no training goes on unnoticed.
    @Test(arguments: TestedBackend.all, Cell.all)
    func notANumberPasses(_ tested: TestedBackend, _ cell: Cell) throws {
        let (batch, steps, hidden) = (3, 5, 7)
        var values = [Float](repeating: 0.1, count: batch * steps * 2)
        values[(1 * steps + 2) * 2] = .nan
        let recurrent = Recurrent(cell, inputs: 2, hidden: hidden, layers: 2, Initializer(seed: 1, on: tested.device))
        let output = try recurrent(Tensor(values, shape: [batch, steps, 2], on: tested.device)).output.floats()
        for (index, value) in output.enumerated() {
            let (row, step) = (index / hidden / steps, index / hidden % steps)
            #expect(value.isNaN == (row == 1 && step >= 2), "row \(row), step \(step): \(value)")
        }
    }

    @Test func parametersHavePyTorchNames() {
        let recurrent = Recurrent(.gru, inputs: 7, hidden: 5, layers: 2, Initializer(seed: 1, on: .reference))
        #expect(
            recurrent.parameters.map { "\($0.name) \($0.parameter.shape)" } == [
                "weight_ih_l0 [15, 7]", "weight_hh_l0 [15, 5]", "bias_ih_l0 [15]", "bias_hh_l0 [15]",
                "weight_ih_l1 [15, 5]", "weight_hh_l1 [15, 5]", "bias_ih_l1 [15]", "bias_hh_l1 [15]",
            ])
    }

    /// A state of zeros is what starts without one, projected or not.
    @Test(arguments: [nil, 3]) func zerosAreTheStateThatKnowsNothing(_ projection: Int?) throws {
        let device = Device.reference
        let recurrent = Recurrent(
            .lstm, inputs: 2, hidden: 5, projection: projection, layers: 2, Initializer(seed: 1, on: device))
        let x = Tensor(RandomSource(seed: 3).uniform(count: 4 * 3 * 2, site: 0), shape: [4, 3, 2], on: device)
        let zeros = RecurrentState.zeros(.lstm, layers: 2, batch: 4, hidden: 5, projection: projection, on: device)
        #expect(zeros.tensors.map(\.shape) == recurrent(x).state.tensors.map(\.shape))
        #expect(try recurrent(x, zeros).output.doubles() == recurrent(x).output.doubles())
    }
}
