import Testing
import UnrollCompute
import UnrollTestSupport

/// The judge judged: by plainer code still, by finite differences, and by published numbers.
@Suite struct ReferenceTests {
    /// Known answers of philox4x32-10, from the Random123 distribution.
    @Test func philoxKnownAnswers() {
        let all = UInt32.max
        let answers: [([UInt32], RandomKey, [UInt32])] = [
            ([0, 0, 0, 0], RandomKey(word0: 0, word1: 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [all, all, all, all], RandomKey(word0: all, word1: all),
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], RandomKey(word0: 0xa409_3822, word1: 0x299f_31d0),
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ]
        for (counter, key, answer) in answers {
            #expect(referencePhilox(counter: counter, key: key) == answer)
            let words = RandomSource.philox(counter: (counter[0], counter[1], counter[2], counter[3]), key: key)
            #expect([words.0, words.1, words.2, words.3] == answer)
        }
    }

    /// The stack as the seam lays it out against the equations one sequence at a time.
    @Test(arguments: (StackCase.all + StackCase.options).filter { $0.stack.hidden < 100 })
    func stackAgainstPlainEquations(_ test: StackCase) throws {
        let run = StackRun(test, Bench.reference())
        let (output, final) = naive(test, run)
        #expect(relativeError(run.output.doubles.values, output) < 1e-12)
        for (found, expected) in zip(run.final, final) {
            #expect(relativeError(found.doubles.values, expected) < 1e-12)
        }
    }

    /// Its gradients against central differences of those equations.
    @Test(arguments: (StackCase.all + StackCase.options).filter { $0.stack.hidden <= 11 })
    func stackGradients(_ test: StackCase) throws {
        let run = StackRun(test, Bench.reference())
        let before = StackRun(test, Bench.reference(), backward: false)
        let loss = {
            let (output, final) = naive(test, run)
            var total = 0.0
            if let d = run.gradients.output { total += zip(output, d.doubles.values).reduce(0) { $0 + $1.0 * $1.1 } }
            for (state, d) in zip(final, run.gradients.final) {
                if let d { total += zip(state, d.doubles.values).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            return total
        }
        var bends = 0
        let centre = loss()
        let variables = run.differentiated(since: before)
        for (name, buffer, gradient, start) in variables {
            let step = 1e-6
            let most = test.options.isEmpty ? (testsAreLong ? 23 : 7) : 2
            let places = places(of: buffer.count, about: most, named: name + test.name)
            let pairs = places.compactMap { place -> (Double, Double)? in
                let value = buffer.values[place]
                buffer.values[place] = value + step
                let above = loss()
                buffer.values[place] = value - step
                let below = loss()
                buffer.values[place] = value
                // Between the two may lie an end of a clip or of an activation, where there is no slope.
                let bend = above - 2 * centre + below
                if abs(bend) > 1e-5 * abs(above - below) + 1e-12 { return nil }
                return (gradient.values[place] - start.values[place], (above - below) / (2 * step))
            }
            bends += pairs.isEmpty ? 1 : 0
            let error = relativeError(pairs.map(\.0), pairs.map(\.1))
            // A difference is known to some 1e-9 of the loss, however small the gradient.
            let off = pairs.map { abs($0.0 - $0.1) }.max() ?? 0
            let isNoise = off < 1e-9 * max(1, abs(centre))
            #expect(
                error < (test.options.isEmpty ? 1e-6 : 2e-5) || isNoise, "\(test.name): \(name) is off by \(error)")
        }
        #expect(3 * bends <= variables.count, "\(test.name): \(bends) of \(variables.count) without a slope")
    }
}

/// The run's outputs and final states by `naiveStack`, with the mask the dropout keys stand for.
private func naive(_ test: StackCase, _ run: StackRun) -> (output: [Double], final: [[Double]]) {
    let stack = test.stack
    return naiveStack(
        stack, batch: test.batch, steps: test.steps, x: run.pass.x.doubles.values,
        weights: run.weights.map { $0.map(\.doubles.values) },
        initial: run.pass.initial?.map(\.doubles.values), mask: test.mask, keys: run.pass.keys
    ) { layer, row, step, unit in
        guard let keys = run.pass.dropoutKeys else { return 1 }
        let mask = DropoutMask(probability: stack.dropout, key: keys[layer])
        let words = referencePhilox(
            counter: [UInt32(unit / 4), UInt32(stack.options.locksDropout ? 0 : step), UInt32(row), 0], key: keys[layer]
        )
        return words[unit % 4] < mask.threshold ? 0 : 1 / (1 - Double(stack.dropout))
    }
}
