/// Linear chains of tags: a batch of sequences whose steps each have a tag, with scores for every tag of every step and for
/// every pair of tags of steps that follow one another.
///
///     score(y) = start[y₁] + Σₜ emissions[t, yₜ] + Σₜ transitions[yₜ₋₁, yₜ] + end[y_T]
///
/// over the steps that are there; a row with none has no tags, and scores 0.   (Lafferty et al. 2001)
package struct TagChains {
    package var batch: Int
    package var steps: Int
    package var tags: Int
    /// `[batch, steps, tags]`
    package var emissions: Buffer
    /// `[tags, tags]`, from × to
    package var transitions: Buffer
    /// `[tags]`
    package var start: Buffer
    /// `[tags]`
    package var end: Buffer
    /// Of each row, the steps that are there.
    package var places: IntegerLists

    package init(
        batch: Int, steps: Int, tags: Int, emissions: Buffer, transitions: Buffer, start: Buffer, end: Buffer,
        places: IntegerLists
    ) {
        (self.batch, self.steps, self.tags, self.places) = (batch, steps, tags, places)
        (self.emissions, self.transitions, self.start, self.end) = (emissions, transitions, start, end)
    }
}

/// The gradients of each row's loss, by row: written, not added to.
package struct TagChainGradients {
    /// `[batch, steps, tags]`; zeros at steps that are not there.
    package var emissions: Buffer
    /// `[batch, tags, tags]`
    package var transitions: Buffer
    /// `[batch, tags]`
    package var start: Buffer
    /// `[batch, tags]`
    package var end: Buffer

    package init(emissions: Buffer, transitions: Buffer, start: Buffer, end: Buffer) {
        (self.emissions, self.transitions, self.start, self.end) = (emissions, transitions, start, end)
    }
}

/// A batch of sequences, each with a string of labels that it is to be read as: any alignment will do in which every step
/// has a label or a blank, and which becomes the string when repetitions are merged and blanks left out.
/// (Graves et al. 2006)
package struct Alignments {
    package var batch: Int
    package var steps: Int
    package var classes: Int
    /// The class that stands for no label.
    package var blank: Int
    /// Whether the loss of a row that has no alignment is 0 instead of +∞.
    package var zeroInfinity: Bool
    /// `[batch, steps, classes]`, a log-softmax
    package var logProbabilities: Buffer
    /// Of each row, the steps that are there.
    package var places: IntegerLists
    /// Of each row, its string: classes other than the blank.
    package var labels: IntegerLists

    package init(
        batch: Int, steps: Int, classes: Int, blank: Int, zeroInfinity: Bool = false, logProbabilities: Buffer,
        places: IntegerLists, labels: IntegerLists
    ) {
        (self.batch, self.steps, self.classes) = (batch, steps, classes)
        (self.blank, self.zeroInfinity) = (blank, zeroInfinity)
        (self.logProbabilities, self.places, self.labels) = (logProbabilities, places, labels)
    }

    /// States of the longest string: its labels, and blanks around them.
    package var mostStates: Int { 2 * (labels.stride - 1) + 1 }
}

// What backends read and write.

extension TagChains {
    var operands: [Buffer] { [emissions, transitions, start, end, places.buffer] }
}

extension TagChainGradients {
    var all: [Buffer] { [emissions, transitions, start, end] }
}

extension Alignments {
    var operands: [Buffer] { [logProbabilities, places.buffer, labels.buffer] }
}
