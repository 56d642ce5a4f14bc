import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// A task, who is to learn it, and how: the one list of what the recurrent layers must be able to do.
struct LearningCase: Sendable, CustomStringConvertible {
    enum Layer: Sendable {
        case recurrent(Cell, Initializer.Scheme = .init())
        case elementwise(ElementwiseCell, layers: Int)
    }

    /// Whether it takes too long to be tried every time.
    let isLong: Bool
    let task: any SyntheticTask
    let layer: Layer
    let hidden: Int
    var batch = 32
    var rate: Float = 0.01
    let iterations: Int
    /// The loss of unseen sequences below which it has learnt.
    let bar: Double

    var description: String {
        switch layer {
        case .recurrent(let cell, let scheme):
            "\(task), \(cell.name) \(hidden)" + (scheme == .init() ? "" : ", identity")
        case .elementwise(let cell, let layers): "\(task), \(cell.rawValue) \(hidden)x\(layers)"
        }
    }

    /// Adam; gradients clipped to 1.
    func train(on device: Device) throws -> (model: Learner, outcome: Learning.Outcome) {
        let model = Learner(self, on: device)
        let learning = Learning(name: "\(self)", bar: bar, iterations: iterations)
        let outcome = try learning.run(model, Adam(learningRate: rate)) { source in
            let (x, targets) = task.examples(batch, from: source, on: device)
            return task.loss(model(x), targets)
        } figure: { count, source in
            // In parts, each from numbers of its own.
            let parts = count / 500
            return try (0..<parts).reduce(0.0) { sum, part in
                let own = RandomSource(seed: source.seed, step: part)
                let (x, targets) = task.examples(500, from: own, on: device)
                return sum + Double(try task.loss(model(x), targets).scalar()) / Double(parts)
            }
        }
        return (model, outcome)
    }

    /// The gradient of the loss of unseen sequences through time, of a `Recurrent`.
    func gradientFlow(of model: Learner, on device: Device) throws -> GradientFlow {
        let (recurrent, flow) = (model.layer as! Recurrent, GradientFlow())
        recurrent.gradientFlow = flow
        defer { recurrent.gradientFlow = nil }
        let (x, targets) = task.examples(100, from: RandomSource(seed: 5), on: device)
        _ = model.valueWithGradient { task.loss(model(x), targets) }
        return flow
    }
}

extension LearningCase {
    /// The rectifier that starts by remembering everything. Inputs begin small, else sums over two hundred steps explode
    /// in training, but not as small as Le et al.'s, which takes as long again.
    private static let irnn = Layer.recurrent(
        .rnnReLU, .init(input: .normal(deviation: 0.01), recurrent: .identity(), bias: .constant(0)))

    /// Rates are those PyTorch's cells learn the same tasks with.
    static let all: [LearningCase] = [
        .init(
            isLong: false, task: AddingProblem(steps: 200), layer: .recurrent(.gru), hidden: 64, iterations: 1000,
            bar: 0.01),
        .init(
            isLong: false, task: AddingProblem(steps: 50), layer: .recurrent(.lstm), hidden: 64, iterations: 2000,
            bar: 0.01),
        .init(
            isLong: true, task: AddingProblem(steps: 200), layer: .recurrent(.lstm), hidden: 64, iterations: 6000,
            bar: 0.01),
        .init(
            isLong: false, task: AddingProblem(steps: 50), layer: irnn, hidden: 100, rate: 1e-3, iterations: 3000,
            bar: 0.02),
        .init(
            isLong: true, task: AddingProblem(steps: 200), layer: irnn, hidden: 100, rate: 1e-4, iterations: 8000,
            bar: 0.01),
        .init(
            isLong: false, task: CopyMemory(blanks: 10), layer: .recurrent(.gru), hidden: 128, batch: 64,
            iterations: 1200, bar: 0.35),
        .init(
            isLong: true, task: CopyMemory(blanks: 50), layer: .recurrent(.gru), hidden: 128, batch: 64, rate: 0.003,
            iterations: 6000, bar: 0.16),
        .init(
            isLong: true, task: CopyMemory(blanks: 50), layer: .recurrent(.lstm), hidden: 128, batch: 64, rate: 0.003,
            iterations: 6000, bar: 0.27),
        .init(
            isLong: false, task: SelectiveCopy(among: 60), layer: .elementwise(.minGRU, layers: 3), hidden: 64,
            rate: 0.003, iterations: 3000, bar: 0.1),
    ]
}

/// A recurrence and a matrix that says what is to be said.
final class Learner: Module {
    let layer: any SequenceModule
    let linear: Linear
    private let answersAtTheEnd: Bool

    init(_ test: LearningCase, on device: Device) {
        let (task, hidden) = (test.task, test.hidden)
        switch test.layer {
        case .recurrent(let cell, let scheme):
            layer = Recurrent(cell, inputs: task.inputs, hidden: hidden, Initializer(seed: 1, on: device, scheme))
        case .elementwise(let cell, let layers):
            layer = ElementwiseRecurrent(
                cell, inputs: task.inputs, hidden: hidden, layers: layers, Initializer(seed: 1, on: device))
        }
        linear = Linear(inputs: hidden, outputs: task.outputs, Initializer(seed: 2, on: device))
        answersAtTheEnd = task.answersAtTheEnd
    }

    /// `[batch, steps, outputs]`, or `[batch, outputs]` at the end alone.
    func callAsFunction(_ x: Tensor) -> Tensor {
        let h = layer(x, nil, mask: nil).output
        return linear(answersAtTheEnd ? h.pooled(.last) : h)
    }
}
