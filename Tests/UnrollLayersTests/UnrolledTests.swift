import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// A sequence module with its input and initial state as parameters.
private final class Run<Body: SequenceModule>: Module {
    let x: Parameter
    let initial: [Parameter]
    let body: Body

    init(x: Tensor, initial: [Tensor], _ body: Body) {
        (self.x, self.initial, self.body) = (Parameter(x), initial.map(Parameter.init), body)
    }

    /// Output and final states, from the initial states or from nothing.
    func callAsFunction(_ mask: SequenceMask? = nil, fromZeros: Bool = false) -> [Tensor] {
        let (output, state) = body(x.value, fromZeros ? nil : RecurrentState(initial.map(\.value)), mask: mask)
        return [output] + state.tensors
    }
}

@Suite struct UnrolledTests {
    static let masks: [SequenceMask?] = [
        nil, try! SequenceMask(lengths: [4, 0, 6, 1], steps: 6),
        try! SequenceMask([
            [false, true, false, true, true, false], [true, true, true, true, true, true],
            Array(repeating: false, count: 6), [false, false, false, false, false, true],
        ]),
    ]

    /// The equations of the LSTM as a user writes them are the library's: values and every gradient.
    @Test(arguments: TestedBackend.allAndReference, [false, true])
    func aUsersLSTMIsTheLSTM(_ tested: TestedBackend, _ fromZeros: Bool) throws {
        let (batch, steps, inputs, hidden) = (4, 6, 7, 5)
        let fused = Recurrent(.lstm, inputs: inputs, hidden: hidden, Initializer(seed: 5, on: tested.device))
        let users = PlainLSTM(inputs: inputs, hidden: hidden, Initializer(seed: 6, on: tested.device))
        try users.load(Dictionary(uniqueKeysWithValues: try fused.parameterValues()))
        let operands = Operands([[batch, steps, inputs], [1, batch, hidden], [1, batch, hidden]], on: tested.device)
            .values
        func results<Body: SequenceModule>(_ body: Body) throws -> [[Double]] {
            let run = Run(x: operands[0], initial: Array(operands[1...]), body)
            let (_, gradients, results) = run.valueWithGradient {
                let results = run(fromZeros: fromZeros)
                return (results.map { $0.weightedSum() }.reduce(Tensor(0, on: tested.device), +), results)
            }
            let asked = run.parameters.filter { !fromZeros || !$0.name.hasPrefix("initial") }
            return try (results + asked.map { gradients[$0.parameter]! }).map { try $0.doubles() }
        }
        let (found, expected) = (try results(Unrolled(users)), try results(fused))
        #expect(found.count == 3 + (fromZeros ? 1 : 3) + 4)
        for (found, expected) in zip(found, expected) {
            #expect(largest(expected) > 0.01 && relativeError(found, expected) < tested.tolerance)
        }
    }

    @Test(arguments: [false, true], masks)
    func gradientsAreThoseOfFiniteDifferences(_ reversed: Bool, _ mask: SequenceMask?) throws {
        let cell = LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference))
        let operands = Operands([[4, 6, 3], [1, 4, 5], [1, 4, 5]], on: .reference).values
        let run = Run(x: operands[0], initial: Array(operands[1...]), Unrolled(cell, reversed: reversed))
        for fromZeros in [false, true] {
            let asked: any Module = fromZeros ? run.body : run
            let errors = try gradientErrors(of: asked) {
                run(mask, fromZeros: fromZeros).map { $0.weightedSum() }.reduce(Tensor(0, on: .reference), +)
            }
            #expect(errors.count == 4 + (fromZeros ? 0 : 3))
            for error in errors { #expect(error.error < 1e-7 && error.magnitude > 0.01, "\(error)") }
        }
    }

    @Test(arguments: TestedBackend.all, masks)
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ mask: SequenceMask?) throws {
        func results(on device: Device) throws -> [[Double]] {
            let cell = LeakyCell(inputs: 21, hidden: 37, Initializer(seed: 1, on: device))
            let operands = Operands([[4, 6, 21], [1, 4, 37], [1, 4, 37]], on: device).values
            let run = Run(x: operands[0], initial: Array(operands[1...]), Unrolled(cell, reversed: true))
            let (_, gradients, results) = run.valueWithGradient {
                let results = run(mask)
                return (results.map { $0.weightedSum() }.reduce(Tensor(0, on: device), +), results)
            }
            return try (results + run.parameters.map { gradients[$0.parameter]! }).map { try $0.doubles() }
        }
        for (found, expected) in zip(try results(on: tested.device), try results(on: .reference)) {
            #expect(largest(expected) > 0.01 && relativeError(found, expected) < 1e-5)
        }
    }

    /// A masked batch is each of its rows alone, of the steps that are there.
    @Test(arguments: [false, true], masks) func masksPassTheStateOn(_ reversed: Bool, _ mask: SequenceMask?) throws {
        let mask = try mask ?? SequenceMask(lengths: [6, 6, 6, 6], steps: 6)
        let unrolled = Unrolled(
            LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference)), reversed: reversed)
        let operands = Operands([[4, 6, 3], [1, 4, 5], [1, 4, 5]], on: .reference).values
        let state = RecurrentState(Array(operands[1...]))
        let (output, final) = unrolled(operands[0], state, mask: mask)
        for row in 0..<4 {
            let own = RecurrentState(state.tensors.map { $0.slice(row..<row + 1, along: 1) })
            let there = (0..<6).filter { mask.contains(row: row, step: $0) }
            let x = operands[0].slice(row..<row + 1)
            let alone =
                there.isEmpty
                ? nil : unrolled(.concatenated(there.map { x.slice($0..<$0 + 1, along: 1) }, along: 1), own)
            for (found, expected) in zip(final.tensors, (alone?.state ?? own).tensors) {
                #expect(try found.slice(row..<row + 1, along: 1).doubles() == expected.doubles())
            }
            for step in 0..<6 {
                let found = try output.slice(row..<row + 1).slice(step..<step + 1, along: 1).doubles()
                let place = there.firstIndex(of: step)
                let expected = try place.map { try alone!.output.slice($0..<$0 + 1, along: 1).doubles() }
                #expect(found == expected ?? Array(repeating: 0, count: 10))
            }
        }
    }

    /// What lies in a step that is not there reaches nothing.
    @Test func absentStepsMayBeAnything() throws {
        let mask = try #require(Self.masks[1])
        let results = try [Float.nan, 3].map { filler in
            var values = RandomSource(seed: 3).uniform(count: 4 * 6 * 3, site: 0)
            for place in values.indices where !mask.contains(row: place / 18, step: place / 3 % 6) {
                values[place] = filler
            }
            let unrolled = Unrolled(LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference)))
            let (_, gradients, output) = unrolled.valueWithGradient {
                let output = unrolled(Tensor(values, shape: [4, 6, 3], on: .reference), mask: mask).output
                return (output.weightedSum(), output)
            }
            return try [output.doubles()] + unrolled.parameters.map { try gradients[$0.parameter]!.doubles() }
        }
        #expect(results[0] == results[1] && results[0].joined().allSatisfy(\.isFinite))
    }

    @Test func parametersAreTheCells() {
        let cell = LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference))
        #expect(
            Unrolled(cell).parameters.map(\.name) == [
                "cell.input.weight", "cell.input.bias", "cell.recurrent.weight", "cell.pace",
            ])
    }

    @Test func noMistake() async {
        await #expect(processExitsWith: .success) {
            let unrolled = Unrolled(LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference)))
            let state = RecurrentState(Array(repeating: .zeros([1, 2, 5], on: .reference), count: 2))
            _ = unrolled(.zeros([2, 4, 3], on: .reference), state, mask: try SequenceMask(lengths: [1, 4], steps: 4))
        }
    }

    @Test func stateOfAnotherShape() async {
        await #expect(processExitsWith: .failure) {
            let unrolled = Unrolled(LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference)))
            let state = RecurrentState(Array(repeating: .zeros([2, 5], on: .reference), count: 2))
            _ = unrolled(.zeros([2, 4, 3], on: .reference), state)
        }
    }

    @Test func maskOfAnotherShape() async {
        await #expect(processExitsWith: .failure) {
            let unrolled = Unrolled(LeakyCell(inputs: 3, hidden: 5, Initializer(seed: 1, on: .reference)))
            _ = unrolled(.zeros([2, 4, 3], on: .reference), mask: try SequenceMask(lengths: [1, 4], steps: 5))
        }
    }
}
