import Testing
import UnrollCompute
import UnrollTestSupport

/// One launch for all steps gives the bits of a launch a step, or gives up and says so. One test after another: groups that
/// wait for each other must not wait for another test's kernels to be compiled.
@Suite(.serialized) struct PersistentRecurrenceTests {
    typealias Profile = OpenCLBackend.Profile

    /// Whether the device is a processor, which never runs three groups a unit at once: a GPU may.
    static let isProcessor = (try? OpenCLPlatform.devices.get().first)?.isCPU == true

    /// Both profiles on a processor; the weights of a processor's form are large for a GPU's local memory.
    static let profiles: [Profile] = TestedBackend.openCL.isEmpty ? [] : isProcessor ? Profile.allCases : [.gpu]

    /// Cases of every cell; those of one that shares its kernels with another are few, and steps in stages have no other form.
    static let cases = StackCase.all.filter { test in
        !test.stack.goesInStages && test.batch < 1000 && (test.stack.cell != .rnnReLU || test.stack.hidden == 67)
    }

    /// One launch a step, and one for all with at least two groups, untried.
    static func pair(
        _ profile: Profile, limits: OpenCLLimits = OpenCLLimits()
    ) throws -> (steps: OpenCLBackend, persistent: OpenCLBackend) {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step, limits: limits).soonCompiled()
        var persistence = OpenCLBackend.Persistence.Limits(of: steps.device)
        persistence.triesFirst = false
        #expect(persistence.groups >= 2, "one group alone never meets another")
        let persistent = try OpenCLBackend(
            device: 0, profile: profile, recurrence: .persistent, persistence: persistence, limits: limits
        ).soonCompiled()
        return (steps, persistent)
    }

    // MARK: The same bits

    @Test(arguments: profiles)
    func theSameBitsAsStepByStep(_ profile: Profile) throws {
        let (steps, persistent) = try Self.pair(profile)
        #expect(Set(Self.cases.map(\.stack.cell)) == Set(Cell.all.filter { $0.firstGates == $0.gates }))
        for test in Self.cases {
            let before = persistent.persistentLaunches
            let (expected, found) = (try results(test, on: steps), try results(test, on: persistent))
            #expect(!found.isEmpty && found == expected, "\(profile), \(test.name): \(differing(found, expected))")
            let launches = persistent.persistentLaunches - before
            let isEmpty = test.mask?.counts.allSatisfy { $0 == 0 } == true
            let fits = !isEmpty && fits(test.stack.cell, hidden: test.stack.hidden, persistent)
            let passes = test.stack.memory == .recompute ? 3 : 2
            #expect(
                launches == (fits ? passes * test.stack.sweeps : 0), "\(profile), \(test.name): \(launches) launches")
        }
        #expect(steps.persistentLaunches == 0)
    }

    /// A weight that does not fit the groups' local memory goes step by step.
    @Test(arguments: profiles, [(33, true), (130, false)])
    func onASmallDevice(_ profile: Profile, _ size: (hidden: Int, fits: Bool)) throws {
        let (steps, persistent) = try Self.pair(profile, limits: OpenCLLimits(local: 32768, group: 64, double: false))
        #expect(fits(.lstm, hidden: size.hidden, persistent) == size.fits)
        let expected = try sweep(.lstm, hidden: size.hidden, inPartsOf: .max, on: steps)
        #expect(try sweep(.lstm, hidden: size.hidden, inPartsOf: .max, on: persistent) == expected)
        #expect(persistent.persistentLaunches == (size.fits ? 2 : 0))
    }

    /// Whether the recurrent weights of a slice leave room for something else in local memory.
    private func fits(_ cell: Cell, hidden: Int, _ backend: OpenCLBackend) -> Bool {
        let (groups, vector) = (backend.device.computeUnits, backend.profile == .cpu ? 16 : 1)
        let slice = ((hidden + groups - 1) / groups + vector - 1) / vector * vector
        // Beside the weight there has to be room for some rows of h.
        return 4 * cell.gates * slice * hidden < backend.device.localMemory * 7 / 8
    }

    /// A sweep in parts, with one unit more than a slice for each of two groups and with one less.
    @Test(arguments: profiles, [17, 95])
    func partsOfASweep(_ profile: Profile, _ hidden: Int) throws {
        let (steps, persistent) = try Self.pair(profile)
        for cell in [Cell.rnn, .lstm, .gru] {
            let expected = try sweep(cell, hidden: hidden, inPartsOf: .max, on: steps)
            for (most, parts) in [(1, 5), (3, 2), (.max, 1)] {
                let before = persistent.persistentLaunches
                let found = try sweep(cell, hidden: hidden, inPartsOf: most, on: persistent)
                #expect(found == expected, "\(profile), \(cell.name) \(hidden) in parts of \(most)")
                #expect(persistent.persistentLaunches - before == 2 * parts)
            }
        }
    }

    /// Forward of a layer: one launch for all steps, one for the states before and one for those after, one a projection,
    /// and in vectors one for each weight of those that is packed.
    @Test(arguments: profiles, [Cell.lstm, .gru])
    func launchesOfALayer(_ profile: Profile, _ cell: Cell) throws {
        let backend = try Self.pair(profile).persistent
        let test = try #require(Self.cases.first { $0.stack.cell == cell && $0.steps > 10 && $0.stack.layers == 1 })
        let run = StackRun(test, Bench(backend), backward: false)
        let (runs, before) = (cell.inputRuns.count, backend.persistentLaunches)
        backend.resetCounts()
        _ = backend.forward(test.stack, run.pass)
        let counts = backend.counts
        #expect(backend.persistentLaunches == before + 1)
        #expect(counts.launches <= 1 + 2 + runs + (profile == .cpu ? runs : 0) && counts.hostWaits == 0, "\(counts)")
    }

    // MARK: Trust

    /// A processor's driver may run one group after another: there it is used by who asks for it.
    @Test(arguments: profiles)
    func notUnaskedOnAProcessor(_ profile: Profile) throws {
        let steps = try OpenCLBackend(device: 0, profile: profile)
        let asked = try OpenCLBackend(device: 0, profile: profile, recurrence: .persistent)
        let test = try #require(Self.cases.first { $0.stack.cell == .lstm && $0.stack.layers == 1 })
        #expect(try results(test, on: asked) == results(test, on: steps))
        #expect(asked.persistenceTrials == ["lstm": true] && asked.persistentLaunches == 2)
        #expect(steps.device.isGPU || steps.persistentLaunches == 0)
    }

    /// The trial finds that groups do not meet, and all goes on step by step.
    @Test(.enabled(if: isProcessor), arguments: profiles)
    func whatDoesNotMeetIsNotUsed(_ profile: Profile) throws {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step)
        let test = try #require(StackCase.all.first { $0.stack.cell == .lstm && $0.stack.hidden > 100 })
        let backend = try stalling(profile, triesFirst: true)
        #expect(try results(test, on: backend) == results(test, on: steps))
        #expect(backend.persistenceTrials == ["lstm": false] && backend.persistentLaunches == 0)
    }

    /// Trusted and betrayed: an error at the next read, none after it, and right numbers again.
    @Test(.enabled(if: isProcessor), arguments: profiles)
    func aStallIsAnErrorOnce(_ profile: Profile) throws {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step)
        let test = try #require(StackCase.all.first { $0.stack.cell == .gru && $0.stack.hidden > 100 })
        let backend = try stalling(profile, triesFirst: false)
        let error = try #require(#expect(throws: ComputeError.self) { try results(test, on: backend) })
        #expect(error == .recurrenceStalled(device: "opencl:0"))
        #expect("\(error)".contains("UNROLL_OPENCL_RECURRENCE=step") && !"\(error)".contains("\n"))
        let launches = backend.persistentLaunches
        #expect(launches == 2)
        #expect(try results(test, on: backend) == results(test, on: steps))
        #expect(backend.persistentLaunches == launches)
    }

    /// What has failed on the backend is not taken for the trial's failure, and a trial's failure is not told.
    @Test(.enabled(if: isProcessor), arguments: [true, false]) func aTrialTakesNobodysFailure(meets: Bool) throws {
        let backend =
            try meets
            ? OpenCLBackend(device: 0, profile: .cpu, recurrence: .persistent) : stalling(.cpu, triesFirst: true)
        _ = backend.makeBuffer(.float32, count: .max)
        #expect(backend.tryPersistence(.gru) == meets)
        let error = #expect(throws: ComputeError.self) { try backend.synchronize() }
        guard case .outOfMemory = error else { return #expect(Bool(false), "\(error!)") }
        try backend.synchronize()
        // Again with no failure pending: behind the first one, a failure that the trial leaves would not be seen.
        #expect(backend.tryPersistence(.gru) == meets)
        try backend.synchronize()
    }

    /// More groups than can run at once, and little patience.
    private func stalling(_ profile: Profile, triesFirst: Bool) throws -> OpenCLBackend {
        let units = try OpenCLPlatform.devices.get()[0].computeUnits
        return try OpenCLBackend(
            device: 0, profile: profile, recurrence: .persistent,
            persistence: .init(groups: 3 * units, looks: 1, triesFirst: triesFirst))
    }

    // MARK: Results

    private func results(_ test: StackCase, on backend: OpenCLBackend) throws -> [String: [UInt32]] {
        let bench = Bench(backend)
        let run = StackRun(test, bench)
        return try run.results.mapValues { try backend.read($0).map(\.bitPattern) }
    }

    private func differing(_ a: [String: [UInt32]], _ b: [String: [UInt32]]) -> [String] {
        a.keys.filter { a[$0] != b[$0] }.sorted()
    }

    /// Everything a sweep forward and back leaves.
    private func sweep(
        _ cell: Cell, hidden: Int, inPartsOf most: Int, on backend: OpenCLBackend
    ) throws -> [[UInt32]] {
        let (batch, steps) = (7, 5)
        let bench = Bench(backend)
        let output = bench.buffer(batch * steps * hidden)
        let rows = { (buffer: Buffer) in Matrix(buffer, batches: batch, rows: steps, columns: hidden) }
        let whole = RecurrentSweep(
            cell: cell, rows: StepRows(batch: batch, steps: steps), hidden: hidden,
            recurrentWeight: bench.buffer(cell.gates * hidden * hidden, bound: 0.3),
            recurrentBias: bench.buffer(cell.gates * hidden), saved: bench.buffer(steps * batch * cell.saved * hidden),
            states: (0..<cell.states).map { _ in bench.buffer((steps + 1) * batch * hidden) }, output: rows(output))
        let outputGradient = bench.buffer(batch * steps * hidden)
        let carry = (0..<cell.states).map { _ in bench.buffer(batch * hidden) }
        let parts = whole.parts(ofRows: most == .max ? .max : most * batch)
        for part in parts { backend.forward(part) }
        for part in parts.reversed() {
            backend.backward(part, SweepGradients(output: rows(outputGradient), carry: carry))
        }
        return try ([output, whole.saved] + whole.states + carry).map { try backend.read($0).map(\.bitPattern) }
    }
}
