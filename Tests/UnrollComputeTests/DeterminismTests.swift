import Testing
import UnrollCompute
import UnrollTestSupport

/// The same bits every run, and for any number of threads.
@Suite struct DeterminismTests {
    @Test(arguments: TestedBackend.all + TestedBackend.matrixUnits)
    func runToRun(_ tested: TestedBackend) throws {
        for test in PrimitiveCase.all {
            let (first, second) = (try test.results(on: tested.backend), try test.results(on: tested.backend))
            for (name, values) in first {
                #expect(values.sameBits(as: second[name] ?? []), "\(tested), \(test): \(name) differs from run to run")
            }
        }
    }

    /// Those with more than `CPUBackend.worthSharing` numbers are shared out, every option among them.
    @Test(arguments: CPUBackend.instructionSets)
    func anyNumberOfThreads(_ set: String) throws {
        let backends = try [1, 2, 3].map { try CPUBackend(threads: $0, instructionSet: set) }
        #expect(backends.map(\.threads) == [1, 2, 3])
        for test in PrimitiveCase.all + PrimitiveCase.sharedOptions {
            let results = try backends.map { try test.results(on: $0) }
            for (name, values) in results[0] {
                #expect(!values.contains { $0.isNaN }, "\(set), \(test): \(name) has grown beyond all numbers")
                for other in results.dropFirst() {
                    #expect(values.sameBits(as: other[name] ?? []), "\(set), \(test): \(name) depends on threads")
                }
            }
        }
    }
}

extension [Double] {
    fileprivate func sameBits(as other: [Double]) -> Bool {
        map(\.bitPattern) == other.map(\.bitPattern)
    }
}
