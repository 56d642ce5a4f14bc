import Testing
import UnrollTestSupport

/// Every parser of the module, shown what it does not expect.
@Suite struct FuzzTests {
    @Test func nothingStopsAParser() throws {
        for (name, outcome) in try FuzzedFormat.fuzz(FuzzedFormat.all()) {
            // Neither all is refused at once, nor is all taken.
            #expect(
                outcome.faults.isEmpty && outcome.refused > 0 && outcome.read > 0,
                "\(name): \(outcome.read) read, \(outcome.refused) refused \(outcome.faults)")
        }
    }
}
