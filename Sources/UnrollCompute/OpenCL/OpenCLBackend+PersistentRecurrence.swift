import CUnrollMicroKernels

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

    /// The plan of a sweep that is to run in one launch and can; nil where it is to go step by step, as
    /// with matrix units, which this form has no part for.
    func persistentPlan(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> PersistentPlan? {
        guard persistence.form != .step, units == nil, sweep.batch > 0, !sweep.part.isEmpty else { return nil }
        guard let plan = plan(sweep, pass), persistence.form != nil || suits(sweep, plan) else { return nil }
        return persistence.works(for: sweep.cell) { tryPersistence(sweep.cell) } ? plan : nil
    }

    /// Whether one launch is the better form, unasked: on GPUs, whose groups stay resident (a processor's driver may run one
    /// group after another), for more than a step, and where a group takes all rows at once: with more of them a launch a
    /// step has the larger tiles.
    private func suits(_ sweep: RecurrentSweep, _ plan: PersistentPlan) -> Bool {
        device.isGPU && sweep.part.count > 1 && sweep.batch <= plan.down * rowsOfAnItem
    }

    /// ROWS of recurrence_persistent.cl.
    private var rowsOfAnItem: Int { profile == .cpu ? 6 : 2 }

    /// The plan, if the weight fits the local memory of all groups.
    private func plan(_ sweep: RecurrentSweep, _ pass: PackedForm.Pass) -> PersistentPlan? {
        let (hidden, vector, groups) = (sweep.hidden, OpenCLProgram.vector(profile), persistence.limits.groups)
        let vectors = ((hidden + groups - 1) / groups + vector - 1) / vector
        let slice = vectors * vector
        let rows = rowsOfAnItem
        // On a processor a group is one item.
        let most = profile == .cpu ? 1 : min(Self.mostItems, device.groupSize)
        let fewest = profile == .cpu ? 1 : Self.fewestItems
        let across = min(vectors, most)
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
        launch(
            "sweep_forward", of: sweep, plan, sweep.part, sweep.kernelOptions(hasOutput: sweep.output != nil),
            [.buffer(sweep.recurrentWeight), .buffer(sweep.recurrentBias)], output: sweep.output)
    }

    func backward(_ sweep: RecurrentSweep, _ gradients: SweepGradients, _ plan: PersistentPlan) {
        launch(
            "sweep_backward", of: sweep, plan, sweep.backwardSteps,
            sweep.kernelOptions(hasOutput: gradients.output != nil, showsGradients: gradients.flow != nil),
            [.buffer(sweep.recurrentWeight)], output: gradients.output, buffers(of: gradients))
    }

    private func launch(
        _ kernel: String, of sweep: RecurrentSweep, _ plan: PersistentPlan, _ steps: Range<Int>,
        _ options: UnrollCellOptions, _ weights: [OpenCLArgument], output: Matrix?, _ gradients: [OpenCLArgument] = []
    ) {
        let starts = makeBuffer(sweep.rows.starts.map { Int32($0) })
        guard begins(reading: [starts], writing: []) else { return }
        let sizes: [OpenCLArgument] = [
            .int(steps.lowerBound), .int(steps.upperBound), .int(sweep.steps), .int(sweep.stepsOfBatch),
            .int(sweep.hidden), .options(options), .buffer(starts), .int(plan.slice), .int(plan.depth),
            .int(persistence.limits.looks), .buffer(meetingPlace()), .local(count: plan.weights),
            .local(count: plan.stage),
        ]
        let strides = sweep.strides(of: output)
        let places: [OpenCLArgument] = [
            .int(output?.offset ?? 0), .int(strides.row), .int(strides.step), .int(strides.start),
        ]
        queue.launch(
            kernel, of: .persistentRecurrence(sweep.cell, options, profile, on: device),
            sizes + weights + buffers(of: sweep, output: output) + places + gradients,
            global: plan.range.global, local: plan.range.local)
        persistence.launched()
    }
}
