extension OpenCLBackend {
    /// Whether a small sweep over all groups gives the bits it gives step by step. It runs on backends of its own, so that
    /// what fails is nobody's failure and nobody's failure is taken for its own. The last group has fewer units than the
    /// others, and the batch makes groups as large as any sweep's.
    package func tryPersistence(_ cell: Cell) -> Bool {
        let hidden = max(2, OpenCLProgram.vector(profile)) * persistence.limits.groups - 1
        let results = RecurrenceForm.allCases.map { form in
            var limits = persistence.limits
            limits.triesFirst = false
            let backend = try? OpenCLBackend(
                device, name: name, profile: profile, tiles: tiles, Persistence(form: form, limits), trace: nil)
            let results = try? backend?.trialSweep(cell, batch: 300, steps: 5, hidden: hidden)
            return backend?.persistentLaunches == (form == .step ? 0 : 2) ? results?.map { $0.map(\.bitPattern) } : nil
        }
        return results[0] != nil && results.allSatisfy { $0 == results[0] }
    }

    /// All that a sweep forward and back leaves, of random numbers.
    func trialSweep(_ cell: Cell, batch: Int, steps: Int, hidden: Int) throws -> [[Float]] {
        let source = RandomSource(seed: 1)
        let bound = 2 / Float(hidden).squareRoot()
        var site = 0
        let draw = { (count: Int) in
            site += 1
            return self.makeBuffer(source.uniform(count: count, site: site).map { (2 * $0 - 1) * bound })
        }
        let rows = { (buffer: Buffer) in Matrix(buffer, batches: batch, rows: steps, columns: hidden) }
        let output = draw(batch * steps * hidden)
        let sweep = RecurrentSweep(
            cell: cell, rows: StepRows(batch: batch, steps: steps), hidden: hidden,
            recurrentWeight: draw(cell.gates * hidden * hidden),
            recurrentBias: draw(cell.gates * hidden), saved: draw(steps * batch * cell.saved * hidden),
            states: (0..<cell.states).map { _ in draw((steps + 1) * batch * hidden) }, output: rows(output))
        let carry = (0..<cell.states).map { _ in draw(batch * hidden) }
        forward(sweep)
        backward(sweep, SweepGradients(output: rows(draw(batch * steps * hidden)), carry: carry))
        return try ([output, sweep.saved] + sweep.states + carry).map { try read($0) }
    }
}
