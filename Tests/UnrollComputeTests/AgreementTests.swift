import Testing
import UnrollCompute
import UnrollTestSupport

/// Every primitive and whole stacks, on every backend, against the Double reference.
@Suite struct AgreementTests {
    @Test(arguments: PrimitiveCase.all) func agreement(_ test: PrimitiveCase) throws {
        try agree(TestedBackend.all, test)
    }

    /// Each option of a recurrence and every pair.
    @Test(arguments: PrimitiveCase.recurrentOptions) func options(_ test: PrimitiveCase) throws {
        try agree(TestedBackend.cpu, test)
    }

    @Test(arguments: PrimitiveCase.scanActivations) func activationsOfScans(_ test: PrimitiveCase) throws {
        try agree(TestedBackend.cpu + TestedBackend.openCL.prefix(1), test)
    }

    @Test(arguments: PrimitiveCase.fewRecurrentOptions) func optionsInVectors(_ test: PrimitiveCase) throws {
        try agree(TestedBackend.openCL.prefix(1), test)
    }

    /// The text of an option is the same in tiles, and so is what it reads.
    @Test(arguments: PrimitiveCase.fewRecurrentOptions.filter { $0.name.hasPrefix("lstm ") })
    func optionsInTiles(_ test: PrimitiveCase) throws { try agree(TestedBackend.openCL.suffix(1), test) }

    /// Nothing may need more than 64 items in a group, 32 KB of local memory, or doubles.
    @Test(arguments: PrimitiveCase.plain) func agreementOnASmallDevice(_ test: PrimitiveCase) throws {
        try agree(TestedBackend.smallOpenCL, test)
    }

    /// The same bits, with two fifths of the memory between the passes at most.
    @Test(arguments: TestedBackend.all, [Cell.lstm, .gru])
    func recomputedIsWhatWasSaved(_ tested: TestedBackend, _ cell: Cell) throws {
        let stack = RecurrentStack(cell: cell, inputs: 7, hidden: 33, layers: 2, dropout: 0.3)
        var test = StackCase(stack: stack, batch: 5, steps: 13, explicitInitial: true)
        let saved = try kept(test, on: tested.backend)
        test.stack.memory = .recompute
        let recomputed = try kept(test, on: tested.backend)
        #expect(recomputed.results == saved.results && !saved.results.isEmpty)
        #expect(Double(recomputed.count) <= 0.4 * Double(saved.count))
    }

    /// A run's bits, and how many numbers its trace holds that are not its results.
    private func kept(_ test: StackCase, on backend: any Backend) throws -> (results: [String: [UInt32]], count: Int) {
        let run = StackRun(test, Bench(backend))
        let buffers = backend.forward(test.stack, run.pass).runs.flatMap { [$0.sweep.saved] + $0.sweep.states }
        let count = Dictionary(buffers.map { (ObjectIdentifier($0), $0.count) }, uniquingKeysWith: { $1 }).values
        return (try run.results.mapValues { try backend.read($0).map(\.bitPattern) }, count.reduce(0, +))
    }

    private func agree(_ all: some Collection<TestedBackend>, _ test: PrimitiveCase) throws {
        if all.isEmpty { return }
        let expected = try test.results(on: ReferenceBackend())
        for tested in all {
            let found = try test.results(on: tested.backend)
            #expect(Set(found.keys) == Set(expected.keys) && !found.isEmpty)
            for (name, values) in expected {
                let error = relativeError(found[name] ?? [], values)
                #expect(error <= test.tolerance, "\(tested), \(test): \(name) is off by \(error)")
            }
        }
    }
}
