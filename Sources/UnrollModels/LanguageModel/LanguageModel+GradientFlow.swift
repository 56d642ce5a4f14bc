import UnrollCompute
import UnrollData
import UnrollLayers
public import UnrollTensors

extension LanguageModel {
    /// Which steps' loss a gradient is of.
    public enum JudgedSteps: String, Sendable, CaseIterable {
        /// The last alone: how far back the gradient reaches.
        case last
        /// All, on average, as in training.
        case all
    }

    /// How a gradient flows back through a batch.
    public struct GradientInspection {
        /// Of every step of every layer.
        public let flow: GradientFlow
        /// −ln p, in nats a token.
        public let loss: Double
        /// The sizes of the batch.
        public let batch, steps: Int
    }

    /// Runs one batch, the first steps of a text cut into rows, forward and backward as in training; nothing is learnt.
    /// - Parameters:
    ///   - name: where the text comes from, for errors.
    ///   - batch: at most so many rows: fewer where the text is too short to fill them.
    ///   - steps: at most so many.
    /// - Throws: `DataError.unknownCharacter`, `ModelError.badText`, `.tooLarge`, `ComputeError`.
    public func gradientFlow(
        over text: String, name: String, batch: Int = 16, steps: Int = 64, of judged: JudgedSteps = .last
    ) throws -> GradientInspection {
        let rows = try rows(of: text, name: name, batch: batch, steps: steps)
        let steps = min(steps, rows.length)
        // Weights and gradients.
        try configuration.checkMemory(
            of: "the gradient", tokens: rows.batch * steps, copies: 2, lower: "--batch or --steps")
        let count = judged == .last ? 1 : steps
        let inputs = window(of: rows, from: 0, steps: steps).inputs
        let targets = window(of: rows, from: steps - count, steps: count).targets
        let (flow, before) = (GradientFlow(), recurrent.gradientFlow)
        recurrent.gradientFlow = flow
        defer { recurrent.gradientFlow = before }
        // The same is dropped every time.
        let (loss, _) = valueWithGradient(random: RandomSource(seed: 1, step: 1)) {
            self.loss(inputs: inputs, targets: targets, state: nil, carry: steps).loss
        }
        return GradientInspection(flow: flow, loss: Double(try loss.scalar()), batch: rows.batch, steps: steps)
    }
}
