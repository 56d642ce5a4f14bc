extension SequenceMask {
    /// Rows of so many steps, all of which are there.
    package init(batch: Int, steps: Int) {
        self.init(presence: Array(repeating: true, count: batch * steps), batch: batch, steps: steps)
    }

    /// Of each row, which steps are there, in order.
    package var places: [[Int]] {
        (0..<batch).map { row in (0..<steps).filter { contains(row: row, step: $0) } }
    }

    /// Of each step `[batch, steps]`, the step whose state it begins with: the one that is there before it, in the
    /// direction time is gone through; −1 where there is none, and −2 for steps that are not there themselves.
    package func stepsBefore(reverse: Bool) -> [Int32] {
        var before = [Int32](repeating: -2, count: batch * steps)
        for (row, places) in places.enumerated() {
            var last: Int32 = -1
            for step in reverse ? places.reversed() : places {
                before[row * steps + step] = last
                last = Int32(step)
            }
        }
        return before
    }
}
