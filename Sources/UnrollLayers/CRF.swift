public import UnrollCompute
public import UnrollTensors

/// A linear-chain conditional random field: an output layer that scores tags by their neighbours as well as by what each
/// step says (its emissions), so that a string of tags is chosen as a whole.   (Lafferty et al. 2001)
///
///     let loss = crf.loss(emissions, tags, mask: mask).mean()
///     let tags = try crf.decode(emissions, mask: mask)
public final class CRF: Module {
    /// `[tags, tags]`: the score of a tag (the row) being followed by another (the column).
    public let transitions: Parameter
    /// `[tags]`: the score of a sequence beginning with a tag.
    public let start: Parameter
    /// `[tags]`: the score of a sequence ending with a tag.
    public let end: Parameter

    /// Starts with numbers spread evenly over ±0.1: knowing nothing of neighbours.
    public init(tags: Int, _ initializer: Initializer) {
        require(tags > 0, "CRF: \(tags) tags are not positive")
        transitions = initializer.uniform([tags, tags], bound: 0.1)
        start = initializer.uniform([tags], bound: 0.1)
        end = initializer.uniform([tags], bound: 0.1)
    }

    private var scores: TagScores {
        TagScores(transitions: transitions.value, start: start.value, end: end.value)
    }

    /// How unlikely these tags are, in nats.
    ///
    /// - Parameters:
    ///   - emissions: `[batch, steps, tags]`
    ///   - tags: integers `[batch, steps]`; anything at steps that are not there.
    ///   - mask: which steps are there; nil is all.
    /// - Returns: the loss of each row, `[batch]`.
    public func loss(_ emissions: Tensor, _ tags: Tensor, mask: SequenceMask? = nil) -> Tensor {
        emissions.crfLoss(tags, scores, mask: mask)
    }

    /// The likeliest tags of each row: one for every step that is there, in order.
    /// - Throws: `ComputeError`: it waits for the device.
    public func decode(_ emissions: Tensor, mask: SequenceMask? = nil) throws -> [[Int]] {
        try emissions.crfDecoded(scores, mask: mask)
    }
}
