/// The rows of a batch that take part in each step of a sweep.
///
/// Rows go by falling length, so that those of a step are the first ones; the rows of all steps lie one step after the
/// other, without gaps. A row that has ended takes no time and no memory.
package struct StepRows: Sendable, Hashable {
    package let batch: Int
    package let steps: Int
    /// Where the rows of each step begin among those of all steps; then, twice, how many those are.
    package let starts: [Int]

    /// Every row in every step.
    package init(batch: Int, steps: Int) {
        (self.batch, self.steps) = (batch, steps)
        starts = (0...steps).map { $0 * batch } + [steps * batch]
    }

    /// - Parameter lengths: of the rows, none longer than the one before.
    package init(lengths: [Int]) {
        (batch, steps) = (lengths.count, lengths.first ?? 0)
        var (starts, count) = ([0], lengths.count)
        for step in 0..<steps {
            while count > 0, lengths[count - 1] <= step { count -= 1 }
            starts.append(starts[step] + count)
        }
        self.starts = starts + [starts[steps]]
    }

    /// Of all steps.
    package var total: Int { starts[steps] }

    /// How many rows step `step` has; none after the last.
    package func count(_ step: Int) -> Int { starts[step + 1] - starts[step] }

    /// The rows of some steps, among those of all.
    package func range(_ part: Range<Int>) -> Range<Int> { starts[part.lowerBound]..<starts[part.upperBound] }

    /// Whether every row is in every step.
    package var isFull: Bool { total == batch * steps }

    /// Where a state is that step `step` leaves of row `row`: at the row's place in the next step, or, if the row has
    /// ended, at its own among the `batch` places behind all.
    package func place(after step: Int, row: Int) -> Int {
        row < count(step + 1) ? starts[step + 1] + row : total + row
    }

    /// The same of every row of every step, one after the other.
    var placesAfter: [Int32] {
        (0..<steps).flatMap { step in (0..<count(step)).map { Int32(place(after: step, row: $0)) } }
    }
}
