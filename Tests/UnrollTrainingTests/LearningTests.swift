import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollModels
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// What lies far back is learnt, from fixed seeds: what the recurrent layers are for.
///
/// Short forms always run; `UNROLL_TESTS=long` asks for the long ones too, each within two minutes on two cores.
@Suite(.serialized) struct LearningTests {
    static let cases = LearningCase.all.filter { testsAreLong || !$0.isLong }

    @Test(arguments: cases) func learns(_ test: LearningCase) throws {
        let (model, outcome) = try test.train(on: .cpu)
        #expect(outcome.hasLearnt && outcome.isInTime, "\(outcome)")
        guard case .recurrent(.lstm, _) = test.layer, test.task is AddingProblem else { return }
        // Along what it has learnt to keep, gradients go back.
        let norms = try test.gradientFlow(of: model, on: .cpu).curves()[0].norms
        #expect(norms[0] > 0.01 * norms.max()!, "\(norms)")
    }

    /// A tanh of a matrix two hundred times over lets no gradient through to what was marked: the answer is still that of
    /// who remembers nothing. The short form goes on for as long as a GRU takes, the long one for five times what that is
    /// given.
    @Test func plainRecurrenceDoesNotLearn() throws {
        let test = LearningCase(
            isLong: testsAreLong, task: AddingProblem(steps: 200), layer: .recurrent(.rnn), hidden: 64,
            iterations: testsAreLong ? 5000 : 500, bar: 0.01)
        let (model, outcome) = try test.train(on: .cpu)
        #expect(outcome.iterations == test.iterations && outcome.lowest > 0.9 * test.task.baseline, "\(outcome)")
        #expect(outcome.isInTime, "\(outcome)")

        let flow = try test.gradientFlow(of: model, on: .cpu)
        let norms = try flow.curves()[0].norms
        #expect(norms.count == 200 && norms.max()! > 0 && norms[0] < 1e-6 * norms.max()!, "\(norms)")
        guard testsAreLong else { return }
        let temporary = TemporaryFolder()
        try flow.chart().write(to: temporary("flow.svg"))
        let svg = String(decoding: try Files.read(temporary("flow.svg")), as: UTF8.self)
        #expect(svg.hasPrefix("<svg") && svg.contains("layer 0") && svg.contains("polyline"), "\(svg.prefix(500))")
    }

    /// The same on another device: the shortest of them.
    @Test(arguments: TestedBackend.openCL.prefix(1)) func learnsOnOpenCL(_ tested: TestedBackend) throws {
        let test = LearningCase(
            isLong: false, task: AddingProblem(steps: 50), layer: .recurrent(.gru), hidden: 64, iterations: 600,
            bar: 0.01)
        let (_, outcome) = try test.train(on: tested.device)
        #expect(outcome.hasLearnt, "\(outcome)")
    }

    /// Bars are well below what comes without memory, and that is what theory says.
    @Test(arguments: LearningCase.all) func barsAreBelowTheBaseline(_ test: LearningCase) throws {
        let (task, count) = (test.task, 10_000)
        let (_, targets) = task.examples(count, from: RandomSource(seed: 4), on: .cpu)
        let ignorant = Double(try task.loss(task.ignorantAnswers(count, on: .cpu), targets).scalar())
        #expect(abs(ignorant - task.baseline) < 0.03 * task.baseline && test.bar < 0.95 * task.baseline, "\(ignorant)")
    }
}
