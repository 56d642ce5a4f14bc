import Testing
import UnrollCompute
import UnrollTestSupport

/// Every primitive and whole stacks, on every backend, against the Double reference.
@Suite struct AgreementTests {
    @Test(arguments: TestedBackend.all, PrimitiveCase.all)
    func agreement(_ tested: TestedBackend, _ test: PrimitiveCase) throws { try agrees(tested, test) }

    /// Nothing may need more than 64 items in a group, 32 KB of local memory, or doubles.
    @Test(arguments: TestedBackend.smallOpenCL, PrimitiveCase.all)
    func agreementOnASmallDevice(_ tested: TestedBackend, _ test: PrimitiveCase) throws { try agrees(tested, test) }

    private func agrees(_ tested: TestedBackend, _ test: PrimitiveCase) throws {
        let expected = try test.results(on: ReferenceBackend())
        let found = try test.results(on: tested.backend)
        #expect(Set(found.keys) == Set(expected.keys) && !found.isEmpty)
        for (name, values) in expected {
            let error = relativeError(found[name] ?? [], values)
            #expect(error <= test.tolerance, "\(tested), \(test): \(name) is off by \(error)")
        }
    }
}
