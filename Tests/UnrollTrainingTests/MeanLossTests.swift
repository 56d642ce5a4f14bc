import Testing
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

@Suite struct MeanLossTests {
    /// More than are kept on the device at once, and asked twice.
    @Test(arguments: TestedBackend.all) func isWeighted(_ tested: TestedBackend) throws {
        var losses = MeanLoss(on: tested.device)
        #expect(try losses.mean() == 0)
        var (sum, weight) = (0, 0)
        for count in 1...150 {
            try losses.add(Tensor([Float(count * count)], shape: [], on: tested.device), weight: 3 * count + 1)
            sum += count * count * (3 * count + 1)
            weight += 3 * count + 1
            if count == 97 { #expect(try losses.mean() == Double(sum) / Double(weight)) }
        }
        #expect(losses.weight == weight)
        #expect(try losses.mean() == Double(sum) / Double(weight))
    }
}
