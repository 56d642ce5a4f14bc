import CUnrollMicroKernels

extension CPUBackend {
    /// The peak everything is measured against: floating-point operations in a second of all workers together, when
    /// multiply-adds wait for nothing; the best of five parts of `seconds`.
    package func multiplyAddsPeak(seconds: Double = 0.2) -> Double {
        let results = makeBuffer(.float32, count: threads)
        guard begins(reading: [], writing: [results]) else { return 0 }
        let clock = ContinuousClock()
        let run = { (rounds: Int) -> Duration in
            // Multiplied by 0 and plus 0, the kernel's sums leave how many multiply-adds a round has.
            let arguments = UnrollMap(
                function: 0, alpha: 0, beta: 0, count: rounds, x: self.floats(results), y: nil, dy: nil,
                result: self.floats(results))
            return clock.measure { self.run(self.kernels.pointee.fused_multiply_adds, arguments, work: .max) }
        }
        let trial = 1 << 20
        _ = run(trial)
        let rounds = max(trial, Int(Double(trial) * (seconds / 5) / (run(trial) / .seconds(1))))
        let best = (0..<5).map { _ in run(rounds) }.min()!
        let perRound = UnsafeBufferPointer(start: floats(results), count: threads).reduce(0, +)
        return withExtendedLifetime(results) { 2 * Double(perRound) * Double(rounds) / (best / .seconds(1)) }
    }
}
