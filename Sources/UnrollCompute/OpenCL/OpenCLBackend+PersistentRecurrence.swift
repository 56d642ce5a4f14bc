extension OpenCLBackend {
    /// How a sweep is shared out over the device: a group for every `slice` units, whose weights it keeps.
    struct PersistentPlan {
        var slice: Int
        /// k staged at a time.
        var depth: Int
        /// Numbers of local memory.
        var weights, stage: Int
        var groups: Int
        /// Items of a group along units and along rows.
        var across, down: Int

        var range: (global: [Int], local: [Int]) { ([groups * across, down], [across, down]) }
    }

    /// Items of a GPU's group: at least so many, to read with, and at most so many.
    private static let (fewestItems, mostItems) = (64, 256)
    /// Worth a meeting of the group for staging.
    private static let leastDepth = 32

    /// The plan of a sweep that is to run in one launch and can; nil where it is to go step by step.
    func persistentPlan(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> PersistentPlan? {
        switch persistence.form {
        case .step: return nil
        case .persistent: break
        case nil: guard device.isGPU, sweep.part.count > 1 else { return nil }
        }
        guard sweep.batch > 0, !sweep.part.isEmpty, let plan = plan(sweep, pass) else { return nil }
        return persistence.works(for: sweep.cell) { tryPersistence(sweep.cell) } ? plan : nil
    }

    /// The plan, if the weight fits the local memory of all groups.
    private func plan(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> PersistentPlan? {
        let (hidden, vector, groups) = (sweep.hidden, OpenCLProgram.vector(profile), persistence.limits.groups)
        let vectors = ((hidden + groups - 1) / groups + vector - 1) / vector
        let slice = vectors * vector
        // As in recurrence_persistent.cl: rows an item; and on a processor a group is one item.
        let rows = profile == .cpu ? 6 : 2
        let most = profile == .cpu ? 1 : min(Self.mostItems, device.groupSize)
        let fewest = profile == .cpu ? 1 : Self.fewestItems
        let across = profile == .cpu ? 1 : vectors
        let inner = pass == .forward ? hidden : sweep.cell.gates * hidden
        let weights = slice * hidden * sweep.cell.gates
        let least = min(inner, Self.leastDepth)
        // Some words are the kernel's own.
        let free = device.localMemory / 4 - weights - 64
        guard max(across, fewest) <= most else { return nil }
        var down = max((fewest + across - 1) / across, min((sweep.batch + rows - 1) / rows, most / across))
        if down * across > most { down = most / across }
        while down > 1, down * across / 2 >= fewest, (down * rows | 1) * least > free { down /= 2 }
        let pitch = down * rows | 1
        guard pitch * least <= free else { return nil }
        let depth = min(inner, free / pitch)
        return PersistentPlan(
            slice: slice, depth: depth, weights: weights, stage: pitch * depth, groups: (hidden + slice - 1) / slice,
            across: across, down: down)
    }

    func forward(_ sweep: RecurrentSweep, _ plan: PersistentPlan) {
        let arguments: [OpenCLArgument] = [
            .int(sweep.part.lowerBound), .int(sweep.part.upperBound), .int(sweep.batch), .int(sweep.hidden),
            .int(Int(sweep.cell.flags)),
        ]
        let buffers: [OpenCLArgument] = [
            .buffer(sweep.recurrentWeight), .buffer(sweep.recurrentBias), .buffer(sweep.saved),
            .buffer(sweep.states[0]), .buffer(sweep.states.last!),
        ]
        launch("sweep_forward", of: sweep, plan, arguments, buffers + view(sweep.output, or: sweep.saved))
    }

    func backward(_ sweep: RecurrentSweep, _ outputGradient: Matrix?, _ carry: [Buffer], _ plan: PersistentPlan) {
        let steps = sweep.backwardSteps
        let arguments: [OpenCLArgument] = [
            .int(steps.lowerBound), .int(steps.upperBound), .int(sweep.steps), .int(sweep.batch), .int(sweep.hidden),
            .int(Int(sweep.cell.flags)),
        ]
        let buffers: [OpenCLArgument] = [
            .buffer(sweep.recurrentWeight), .buffer(sweep.saved), .buffer(sweep.states[0]),
            .buffer(sweep.states.last!), .buffer(carry[0]), .buffer(carry.last!),
        ]
        launch("sweep_backward", of: sweep, plan, arguments, buffers + view(outputGradient, or: sweep.saved))
    }

    private func launch(
        _ kernel: String, of sweep: RecurrentSweep, _ plan: PersistentPlan, _ sizes: [OpenCLArgument],
        _ buffers: [OpenCLArgument]
    ) {
        let shared: [OpenCLArgument] = [
            .int(plan.slice), .int(plan.depth), .int(persistence.limits.looks), .buffer(meetingPlace()),
            .local(count: plan.weights), .local(count: plan.stage),
        ]
        queue.launch(
            kernel, of: .persistentRecurrence(sweep.cell, profile, on: device), sizes + shared + buffers,
            global: plan.range.global, local: plan.range.local)
        persistence.launched()
    }

    // MARK: Trial

    /// Whether a small sweep over all groups gives the bits it gives step by step. What fails here is nobody's failure.
    private func tryPersistence(_ cell: Cell) -> Bool {
        checkPersistence()
        guard queue.isSound, let persistent = trial(cell, inOneLaunch: true), !hasStalled() else {
            _ = queue.takeFailure()
            return false
        }
        return persistent == trial(cell, inOneLaunch: false)
    }

    /// The bits of all that a sweep forward and back leaves; the last group has fewer units than the others.
    private func trial(_ cell: Cell, inOneLaunch: Bool) -> [[UInt32]]? {
        let (batch, steps) = (3, 5)
        let hidden = 2 * OpenCLProgram.vector(profile) * persistence.limits.groups - 1
        let source = RandomSource(seed: 1)
        let bound = 2 / Float(hidden).squareRoot()
        var site = 0
        let draw = { (count: Int) in
            site += 1
            return self.makeBuffer(source.uniform(count: count, site: site).map { (2 * $0 - 1) * bound })
        }
        let output = Matrix(draw(batch * steps * hidden), batches: batch, rows: steps, columns: hidden)
        let sweep = RecurrentSweep(
            cell: cell, batch: batch, steps: steps, hidden: hidden, recurrentWeight: draw(cell.gates * hidden * hidden),
            recurrentBias: draw(cell.gates * hidden), saved: draw(steps * batch * cell.saved * hidden),
            states: (0..<cell.states).map { _ in draw((steps + 1) * batch * hidden) }, output: output)
        let carry = (0..<cell.states).map { _ in draw(batch * hidden) }
        let outputGradient = Matrix(
            draw(batch * steps * hidden), batches: batch, rows: steps, columns: hidden)
        if inOneLaunch {
            guard let there = plan(sweep, .forward), let back = plan(sweep, .backward) else { return nil }
            forward(sweep, there)
            backward(sweep, outputGradient, carry, back)
        } else {
            forwardByStep(sweep)
            backwardByStep(sweep, outputGradient: outputGradient, carry: carry)
        }
        let results = ([output.buffer, sweep.saved] + sweep.states + carry).map(bits)
        return queue.isSound ? results : nil
    }

    private func bits(_ buffer: Buffer) -> [UInt32] {
        var bits = [UInt32](repeating: 0, count: buffer.count)
        let block = (buffer as! OpenCLBuffer).block
        if block != 0 { bits.withUnsafeMutableBytes { queue.read($0, from: block) } }
        return bits
    }
}
