import Unroll
import UnrollCompute

extension Benchmark {
    /// A stack of layers over all steps, forward, and with all gradients, as one training step has it.
    static var recurrences: [Benchmark] {
        let sizes = [(batch: 32, steps: 64, hidden: 256, layers: 2), (batch: 64, steps: 32, hidden: 512, layers: 1)]
        return sizes.flatMap { size in
            [Cell.rnn, .lstm, .gru].flatMap { cell in
                [false, true].map { recurrence(cell, size.batch, size.steps, size.hidden, size.layers, training: $0) }
            }
        }
    }

    private static func recurrence(
        _ cell: Cell, _ batch: Int, _ steps: Int, _ hidden: Int, _ layers: Int, training: Bool
    ) -> Benchmark {
        // Two matmuls a layer; the gradients with respect to weights and to inputs are twice as many again.
        let forward = 2 * Double(batch * steps * layers) * Double(cell.gates * hidden) * Double(2 * hidden)
        let name = "\(cell.name) \(layers) × \(hidden), batch \(batch), steps \(steps)"
        return Benchmark(
            name: name + (training ? ", training" : ""), operations: training ? 3 * forward : forward
        ) { device in
            let initializer = Initializer(seed: 1, on: device)
            let model = Recurrent(cell, inputs: hidden, hidden: hidden, layers: layers, initializer)
            let x = initializer.uniform([batch, steps, hidden], bound: 1)
            guard training else { return { _ = model(x.value) } }
            // The input is trained too, so that its gradient is asked for.
            let both = Both(model, x)
            return { _ = both.valueWithGradient { model(x.value).output.mean() } }
        }
    }

    private final class Both: Module {
        let model: Recurrent
        let input: Parameter
        init(_ model: Recurrent, _ input: Parameter) { (self.model, self.input) = (model, input) }
    }
}
