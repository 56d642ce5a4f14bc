public import UnrollCompute

extension Tensor {
    /// How unlikely strings of labels are, in nats, when nobody has said which step has which label; these are logits
    /// `[batch, steps, classes]`, and logarithms of probabilities are logits too.   (Graves et al. 2006)
    ///
    ///     −log p(string | x) = −log Σ Πₜ softmax(xₜ)[classₜ]     over all alignments
    ///
    /// An alignment gives every step a class, one of which, the blank, stands for no label; merging repetitions and then
    /// leaving out blanks makes it the string. So equal labels that follow one another need a blank between them, and a
    /// string needs as many steps as it has labels and such repetitions. The empty string has one alignment: blanks.
    ///
    /// - Parameters:
    ///   - labels: of each row, its string: classes other than the blank.
    ///   - mask: which steps are there; nil is all. The others are passed over.
    ///   - blank: which class.
    ///   - zeroInfinity: makes the loss of a row that has no alignment 0 instead of +∞. Its gradient is 0 either way.
    /// - Returns: the loss of each row, `[batch]`.
    public func ctcLoss(
        _ labels: [[Int]], mask: SequenceMask? = nil, blank: Int = 0, zeroInfinity: Bool = false
    ) -> Tensor {
        check(labels, blank)
        let p = detached().logSoftmax()
        let alignments = Alignments(
            batch: shape[0], steps: shape[1], classes: shape[2], blank: blank, zeroInfinity: zeroInfinity,
            logProbabilities: p.buffer, places: places(mask, "ctcLoss"), labels: IntegerLists(labels, on: backend))
        let losses = Tensor.empty([alignments.batch], on: device)
        let gradient = node.map { _ in backend.makeBuffer(.float32, count: count, for: "the gradient of CTC") }
        backend.ctc(alignments, into: losses.buffer, gradient: gradient)
        guard let gradient else { return losses }
        return losses.recorded(from: [self]) { [node, backend, batch = alignments.batch] dLoss, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            backend.scaleRows(Matrix(gradient, rows: batch, columns: gradient.count / batch), by: dLoss, into: dx)
        }
    }

    private func check(_ labels: [[Int]], _ blank: Int) {
        require(shape.count == 3, "ctcLoss: logits of shape \(shape) are not [batch, steps, classes]")
        require(labels.count == shape[0], "ctcLoss: \(labels.count) strings of labels for logits \(shape)")
        require((0..<shape[2]).contains(blank), "ctcLoss: the blank \(blank) is not one of \(shape[2]) classes")
        for (row, string) in labels.enumerated() {
            for label in string where !(0..<shape[2]).contains(label) || label == blank {
                fatalError("ctcLoss: label \(label) of row \(row) is not one of \(shape[2]) classes, or is the blank")
            }
        }
    }
}
