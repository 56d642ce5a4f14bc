import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

@Suite struct OperationTests {
    @Test(arguments: OperationCase.all)
    func gradientsAreThoseOfFiniteDifferences(_ operation: OperationCase) throws {
        let operands = Operands(operation.shapes, in: operation.range, on: .reference)
        let errors = try gradientErrors(of: operands, random: operation.random) {
            operation.apply(operands.values).weightedSum()
        }
        #expect(errors.count == operation.shapes.count)
        for error in errors { #expect(error.error < 1e-8 && error.magnitude > 0.001, "\(error)") }
    }

    @Test(arguments: TestedBackend.all, OperationCase.all)
    func everyDeviceAgreesWithTheReference(_ tested: TestedBackend, _ operation: OperationCase) throws {
        let (found, expected) = (try operation.results(on: tested.device), try operation.results(on: .reference))
        #expect(found.count == 1 + operation.shapes.count && found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(largest(expected) > 0.001)
            #expect(relativeError(found, expected) < 1e-5, "\(operation.name) on \(tested)")
        }
    }
}

extension OperationCase {
    var random: RandomSource { RandomSource(seed: 7, step: 3) }

    /// The result as inside `valueWithGradient`, and the gradient of every operand.
    fileprivate func results(on device: Device) throws -> [[Double]] {
        let operands = Operands(shapes, in: range, on: device)
        let (_, gradients, y) = operands.valueWithGradient(random: random) {
            let y = apply(operands.values)
            return (y.weightedSum(), y)
        }
        return try [y.doubles()] + operands.tensors.map { try gradients[$0]?.doubles() ?? [] }
    }
}
