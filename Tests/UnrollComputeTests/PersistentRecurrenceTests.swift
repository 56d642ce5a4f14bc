import Testing
import UnrollCompute
import UnrollTestSupport

/// One launch for all steps gives the bits of a launch a step, or gives up and says so.
@Suite(.serialized) struct PersistentRecurrenceTests {
    typealias Profile = OpenCLBackend.Profile

    /// Both profiles where there is a device.
    static let profiles: [Profile] = TestedBackend.openCL.isEmpty ? [] : Profile.allCases

    /// Alike but for the recurrence; the persistent one with at least two groups.
    static func pair(_ profile: Profile) throws -> (steps: OpenCLBackend, persistent: OpenCLBackend) {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step)
        let persistent = try OpenCLBackend(device: 0, profile: profile, recurrence: .persistent)
        return (steps, persistent)
    }

    @Test(arguments: profiles)
    func theSameBitsAsStepByStep(_ profile: Profile) throws {
        let (steps, persistent) = try Self.pair(profile)
        #expect(persistent.device.computeUnits >= 2, "one group alone never meets another")
        for test in StackCase.all {
            let before = persistent.persistentLaunches
            let (expected, found) = (try results(test, on: steps), try results(test, on: persistent))
            let launches = persistent.persistentLaunches - before
            #expect(launches >= 2 * test.stack.layers, "\(profile), \(test.name): \(launches) launches")
            #expect(steps.persistentLaunches == 0)
            #expect(!found.isEmpty && found == expected, "\(profile), \(test.name): \(differing(found, expected))")
        }
    }

    /// A sweep in parts, with sizes around a slice of two groups: one unit, one vector and one more, one below two slices.
    @Test(arguments: profiles, [1, 17, 31, 33, 95])
    func partsOfASweep(_ profile: Profile, _ hidden: Int) throws {
        let (steps, persistent) = try Self.pair(profile)
        for cell in Cell.all {
            let expected = try sweep(cell, hidden: hidden, inPartsOf: .max, on: steps)
            for most in [1, 3, .max] {
                let found = try sweep(cell, hidden: hidden, inPartsOf: most, on: persistent)
                #expect(found == expected, "\(profile), \(cell.name) \(hidden) in parts of \(most)")
            }
        }
        #expect(persistent.persistentLaunches > 0)
    }

    /// The trial finds that groups do not meet, and all goes on step by step.
    @Test(arguments: profiles)
    func whatDoesNotMeetIsNotUsed(_ profile: Profile) throws {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step)
        let test = try #require(StackCase.all.first { $0.stack.cell == .lstm && $0.stack.hidden > 100 })
        let backend = try stalling(profile, triesFirst: true)
        #expect(try results(test, on: backend) == results(test, on: steps))
        #expect(backend.persistentLaunches == 2, "one trial, forward and back")
    }

    /// Trusted and betrayed: an error at the next read, none after it, and right numbers again.
    @Test(arguments: profiles)
    func aStallIsAnErrorOnce(_ profile: Profile) throws {
        let steps = try OpenCLBackend(device: 0, profile: profile, recurrence: .step)
        let test = try #require(StackCase.all.first { $0.stack.cell == .gru && $0.stack.hidden > 100 })
        let backend = try stalling(profile, triesFirst: false)
        let error = #expect(throws: ComputeError.self) { try results(test, on: backend) }
        #expect(error == .recurrenceStalled(device: "opencl:0"))
        let launches = backend.persistentLaunches
        #expect(launches == 2)
        #expect(try results(test, on: backend) == results(test, on: steps))
        #expect(backend.persistentLaunches == launches)
    }

    /// More groups than can run at once, and little patience.
    private func stalling(_ profile: Profile, triesFirst: Bool) throws -> OpenCLBackend {
        let units = try OpenCLPlatform.devices.get()[0].computeUnits
        return try OpenCLBackend(
            device: 0, profile: profile, recurrence: .persistent,
            persistence: .init(groups: 3 * units, looks: 1000, triesFirst: triesFirst))
    }

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
            cell: cell, batch: batch, steps: steps, hidden: hidden,
            recurrentWeight: bench.buffer(cell.gates * hidden * hidden, bound: 0.3),
            recurrentBias: bench.buffer(cell.gates * hidden), saved: bench.buffer(steps * batch * cell.saved * hidden),
            states: (0..<cell.states).map { _ in bench.buffer((steps + 1) * batch * hidden) }, output: rows(output))
        let outputGradient = bench.buffer(batch * steps * hidden)
        let carry = (0..<cell.states).map { _ in bench.buffer(batch * hidden) }
        let parts = whole.parts(ofRows: most == .max ? .max : most * batch)
        #expect(parts.count == (most == .max ? 1 : (steps + most - 1) / most))
        for part in parts { backend.forward(part) }
        for part in parts.reversed() { backend.backward(part, outputGradient: rows(outputGradient), carry: carry) }
        return try ([output, whole.saved] + whole.states + carry).map { try backend.read($0).map(\.bitPattern) }
    }
}
