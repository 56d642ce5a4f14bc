import Testing
import UnrollCompute
import UnrollData
import UnrollTestSupport
import UnrollTraining

@Suite struct ScheduleTests {
    static let file = try! Safetensors(path: fixture("schedules.safetensors"))
    static let schedules: [(name: String, schedule: Schedule)] = [
        ("step", .step(every: 7, by: 0.5)), ("exponential", .exponential(by: 0.9)),
        ("cosine", .cosine(updates: 60, end: 0.125)), ("restarts", .cosine(updates: 9, end: 0.0625, growth: 1)),
        ("growing", .cosine(updates: 5, growth: 3)), ("one-cycle", .oneCycle(updates: 60)),
        ("one-cycle-early", .oneCycle(updates: 60, rise: 0.125, start: 0.25, end: 0.03125)),
        ("warm-up", .warmUp(updates: 6)), ("warm-up-step", .warmUp(updates: 11, then: .step(every: 7, by: 0.5))),
        ("plateau", .plateau(by: 0.5, patience: 2, threshold: 0.02)),
        ("plateau-end", .plateau(by: 0.1, patience: 0, threshold: 0, end: 0.02)),
    ]

    /// The factor of every one of sixty updates.
    @Test(arguments: schedules.map(\.name)) func followsPyTorch(_ name: String) throws {
        let schedule = Self.schedules.first { $0.name == name }!.schedule
        let (expected, losses) = (Self.file.doubles(name), Self.file.doubles("losses"))
        #expect(expected.count == 60 && Set(expected).count > 1)
        for (update, factor) in expected.enumerated() {
            let found = schedule.factor(at: update, validations: Array(losses[..<update]))
            #expect(abs(found - factor) < 1e-9, "update \(update): \(found), PyTorch \(factor)")
        }
    }

    @Test func endsStayTheEnd() {
        #expect(Schedule.cosine(updates: 10, end: 0.1).factor(at: 999) == 0.1)
        #expect(abs(Schedule.oneCycle(updates: 10).factor(at: 999) - 4e-6) < 1e-15)
        #expect(Schedule.constant.factor(at: 12345) == 1)
        #expect(Schedule.warmUp(updates: 0, then: .exponential(by: 0.5)).factor(at: 2) == 0.25)
        for updates in 1...4 {
            for update in 0..<6 {
                for schedule in [Schedule.cosine(updates: updates), .oneCycle(updates: updates, rise: 0)] {
                    let factor = schedule.factor(at: update)
                    #expect(factor >= 0 && factor <= 1, "\(schedule) at \(update)")
                }
            }
        }
        // Only what is better by enough counts, for losses below zero too.
        let plateau = Schedule.plateau(by: 0.5, patience: 1, threshold: 0.1)
        #expect(plateau.factor(at: 0, validations: [-1, -1.05, -1.05]) == 0.5)
        #expect(plateau.factor(at: 0, validations: [-1, -1.2, -1.4, -1.7]) == 1)
    }

    /// An optimizer with a schedule moves as one whose learning rate is set by hand.
    @Test(arguments: TestedBackend.allAndReference) func theOptimizerFollows(_ tested: TestedBackend) throws {
        let file = OptimizerTests.file
        let (one, other) = (Pair(file, on: tested.device), Pair(file, on: tested.device))
        let schedule = Schedule.warmUp(updates: 2, then: .plateau(by: 0.5, patience: 0))
        let (scheduled, byHand) = (SGD(learningRate: 0.25, momentum: 0.5), SGD(learningRate: 0, momentum: 0.5))
        scheduled.schedule = schedule
        for step in 0..<6 {
            byHand.learningRate = [0.125, 0.25, 0.25, 0.25, 0.125, 0.0625][step]
            scheduled.update(one, one.gradients(file, step: step))
            byHand.update(other, other.gradients(file, step: step))
            if step > 0 { scheduled.observe(validation: step == 1 ? 4 : 3) }
        }
        #expect(scheduled.validations == [4, 3, 3, 3, 3])
        for ((_, a), (_, b)) in zip(one.parameters, other.parameters) {
            #expect(try a.value.floats() == b.value.floats())
        }
    }
}
