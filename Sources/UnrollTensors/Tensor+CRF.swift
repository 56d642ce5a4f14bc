public import UnrollCompute

/// The scores of a linear-chain conditional random field over `tags` tags, apart from what each step says by itself.
public struct TagScores {
    /// `[tags, tags]`: of a tag (the row) being followed by another (the column).
    public var transitions: Tensor
    /// `[tags]`: of a sequence beginning with a tag.
    public var start: Tensor
    /// `[tags]`: of a sequence ending with a tag.
    public var end: Tensor

    /// Scores of these shapes.
    public init(transitions: Tensor, start: Tensor, end: Tensor) {
        (self.transitions, self.start, self.end) = (transitions, start, end)
    }
}

extension Tensor {
    /// How unlikely tags are, in nats, by a conditional random field; these are its emissions `[batch, steps, tags]`.
    ///
    ///     −log p(y | x) = log Σ exp(score(y')) − score(y)      over all strings of tags y'     (Lafferty et al. 2001)
    ///     score(y) = start[y₁] + Σ emissions[t, yₜ] + Σ transitions[yₜ₋₁, yₜ] + end[y_T]
    ///
    /// The sum is worked out by the forward algorithm, its gradient by forward and backward: batch · steps · tags² either
    /// way. A score of −∞ forbids.
    ///
    /// - Parameters:
    ///   - tags: integers `[batch, steps]` in `0..<tags`; anything at steps that are not there.
    ///   - mask: which steps are there; nil is all. What follows a step is the next that is there. A row with none is 0.
    /// - Returns: the loss of each row, `[batch]`.
    public func crfLoss(_ tags: Tensor, _ scores: TagScores, mask: SequenceMask? = nil) -> Tensor {
        let chains = chains(scores, mask, "crfLoss")
        require(
            tags.shape == Array(shape.dropLast()) && tags.device == device,
            "crfLoss: emissions \(shape) on \(device) and tags \(tags.shape) on \(tags.device) do not fit")
        let targets = tags.indices("crfLoss")
        for (row, places) in chains.places.lists.enumerated() {
            for tag in places.map({ targets[row * chains.steps + $0] }) where tag < 0 || tag >= chains.tags {
                fatalError("crfLoss: tag \(tag) of row \(row) is not one of \(chains.tags)")
            }
        }
        let losses = Tensor.empty([chains.batch], on: device)
        let operands = [self, scores.transitions, scores.start, scores.end]
        let isRecorded = operands.contains { $0.node != nil }
        let gradients = isRecorded ? TagChainGradients(of: chains, on: backend) : nil
        backend.crf(chains, targets: tags.buffer, into: losses.buffer, gradients: gradients)
        guard let gradients else { return losses }
        let ways = zip(
            operands.map(\.node), [gradients.emissions, gradients.transitions, gradients.start, gradients.end])
        return losses.recorded(from: operands) {
            [backend, batch = chains.batch, ways = Array(ways)] dLoss, cotangents in
            for (place, way) in ways.enumerated() {
                guard let dx = cotangents.accumulator(for: way.0) else { continue }
                let each = Matrix(way.1, rows: batch, columns: way.1.count / batch)
                if place == 0 {
                    backend.scaleRows(each, by: dLoss, into: dx)
                } else {  // Σ over rows of dLoss[b] · gradient[b]
                    backend.multiply(
                        Matrix(dLoss, rows: 1, columns: batch), each, into: Matrix(dx, rows: 1, columns: each.columns),
                        bias: nil, accumulating: true)
                }
            }
        }
    }

    /// The likeliest tags by a conditional random field with these emissions `[batch, steps, tags]`.   (Viterbi 1967)
    ///
    /// - Returns: of each row, a tag for every step that is there, in order; of equally likely ones the smaller.
    /// - Throws: `ComputeError`: it waits for the device.
    public func crfDecoded(_ scores: TagScores, mask: SequenceMask? = nil) throws -> [[Int]] {
        let chains = chains(scores, mask, "crfDecoded")
        let path = backend.makeBuffer(.float32, count: chains.batch * chains.steps)
        backend.viterbi(chains, into: path)
        let tags = try backend.read(path)
        return chains.places.lists.enumerated().map { row, places in
            places.map { Int(tags[row * chains.steps + $0]) }
        }
    }

    private func chains(_ scores: TagScores, _ mask: SequenceMask?, _ operation: String) -> TagChains {
        Tensor.check(operation, self, scores.transitions, scores.start, scores.end)
        require(shape.count == 3, "\(operation): emissions of shape \(shape) are not [batch, steps, tags]")
        let tags = shape[2]
        require(
            scores.transitions.shape == [tags, tags] && scores.start.shape == [tags] && scores.end.shape == [tags],
            "\(operation): \(tags) tags, but transitions \(scores.transitions.shape), start \(scores.start.shape) and "
                + "end \(scores.end.shape)")
        return TagChains(
            batch: shape[0], steps: shape[1], tags: tags, emissions: buffer, transitions: scores.transitions.buffer,
            start: scores.start.buffer, end: scores.end.buffer, places: places(mask, operation))
    }

    /// Which steps of these `[batch, steps, …]` are there.
    func places(_ mask: SequenceMask?, _ operation: String) -> IntegerLists {
        IntegerLists((checked(mask, operation) ?? SequenceMask(batch: shape[0], steps: shape[1])).places, on: backend)
    }

    /// The mask, which is of as many rows and steps as this `[batch, steps, …]`; nil where nothing is missing.
    func checked(_ mask: SequenceMask?, _ operation: String) -> SequenceMask? {
        guard let mask else { return nil }
        require(
            mask.batch == shape[0] && mask.steps == shape[1],
            "\(operation): a mask of \(mask.batch) rows of \(mask.steps) steps for shape \(shape)")
        return mask.isFull ? nil : mask
    }
}

extension Backend {
    /// `dx[b] += scale[b] · x[b]`, row by row.
    func scaleRows(_ x: Matrix, by scale: Buffer, into dx: Buffer) {
        let factors = Matrix(scale, rows: x.rows, columns: x.columns, rowStride: 1, columnStride: 0)
        zip(.multiply, x, factors, into: Matrix(dx, rows: x.rows, columns: x.columns), accumulating: true)
    }
}

extension TagChainGradients {
    /// Room for those of these chains.
    init(of chains: TagChains, on backend: any Backend) {
        let (batch, tags) = (chains.batch, chains.tags)
        let room = { (count: Int) in backend.makeBuffer(.float32, count: count, for: "the gradient of a CRF") }
        self.init(
            emissions: room(batch * chains.steps * tags), transitions: room(batch * tags * tags),
            start: room(batch * tags), end: room(batch * tags))
    }
}
