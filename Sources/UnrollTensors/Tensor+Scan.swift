public import UnrollCompute

extension Tensor {
    /// `hₜ = decayₜ · hₜ₋₁ + xₜ`, element by element, for this x `[batch, steps, hidden]`: blocks of steps are gone through
    /// side by side, so that a long sequence keeps a whole device busy.   (Blelloch 1990)
    ///
    /// - Parameters:
    ///   - decay: of x's shape.
    ///   - initial: h before the first step, `[batch, hidden]`; nil is zeros.
    ///   - mask: which steps are there; nil is all. The others leave h as it was and have an output of zeros.
    ///   - reverse: goes through time from its end.
    /// - Returns: h after every step `[batch, steps, hidden]`, and after the last `[batch, hidden]`.
    public func linearScan(
        decay: Tensor, initial: Tensor? = nil, mask: SequenceMask? = nil, reverse: Bool = false
    ) -> (output: Tensor, final: Tensor) {
        require(decay.shape == shape, "linearScan: decay \(decay.shape) for \(shape)")
        return Tensor.concatenated([decay, self], along: -1)
            .scan(.linear, initial: initial, mask: mask, reverse: reverse)
    }

    /// A recurrence of single units over these inputs `[batch, steps, gates·hidden]`: one entry on the tape.
    ///
    /// - Parameters:
    ///   - weight: `[hidden]`, for kinds that have one.
    ///   - key: of the options' random numbers; nil is inference.
    ///   - flow: is told ∂h of every step, as that of its sweep.
    ///   - again: makes these inputs once more for the backward pass; nil keeps them for it.
    package func scan(
        _ kind: ScanKind, weight: Tensor? = nil, initial: Tensor? = nil, mask: SequenceMask? = nil,
        reverse: Bool = false, options: RecurrentOptions = .init(), key: RandomKey? = nil,
        flow: (run: GradientFlow.Run, sweep: Int)? = nil, again: (() -> Tensor)? = nil
    ) -> (output: Tensor, final: Tensor) {
        Tensor.check("scan", self, weight ?? self, initial ?? self)
        require(
            shape.count == 3 && shape[2] % kind.gates == 0,
            "scan: inputs of shape \(shape) are not [batch, steps, \(kind.gates)·hidden]")
        let (batch, steps, hidden) = (shape[0], shape[1], shape[2] / kind.gates)
        require(
            weight?.shape ?? [hidden] == [hidden] && initial?.shape ?? [batch, hidden] == [batch, hidden],
            "scan: \(hidden) units of \(batch) rows, but weight \(weight?.shape ?? []), state \(initial?.shape ?? [])")
        let before = (checked(mask, "scan")?.stepsBefore(reverse: reverse)).map { backend.makeBuffer($0) }
        let scan = { [weight = weight?.buffer, initial = initial?.buffer] (x: Buffer) in
            var scan = Scan(
                kind, reverse: reverse, batch: batch, steps: steps, hidden: hidden, x: x, weight: weight,
                initial: initial, before: before)
            (scan.options, scan.key) = (options, key)
            return scan
        }
        let y = Tensor.empty([batch, steps, hidden], on: device)
        let final = Tensor.empty([batch, hidden], on: device)
        backend.scan(scan(buffer), into: y.buffer, final: final.buffer)
        let operands = [self] + [weight, initial].compactMap { $0 }
        let nodes = (x: node, weight: weight?.node, initial: initial?.node)
        let inputs = again.map { again in { again().buffer } } ?? { [buffer] in buffer }
        let results = Tensor.recorded([y, final], from: operands) { [backend, count, y = y.buffer] dy, cotangents in
            backend.scanBackward(
                scan(inputs()), y: y, dy: dy[0], dFinal: dy[1],
                into: cotangents.accumulator(for: nodes.x) ?? backend.makeZeros(count: count),
                dWeight: cotangents.accumulator(for: nodes.weight),
                dInitial: cotangents.accumulator(for: nodes.initial),
                flow: flow.map { $0.run.observe($0.sweep, batch: batch, on: backend) })
        }
        return (results[0], results[1])
    }
}
