/// Evaluation by a rolling origin: a model is trained on the rows up to an origin and tested on those after it, then
/// the origin moves on (Tashman, 2000, doi:10.1016/S0169-2070(00)00065-0).
public struct WalkForward: Sendable, Equatable {
    /// One origin.
    public struct Fold: Sendable, Equatable {
        /// The rows known at the origin.
        public let training: Range<Int>
        /// The rows right after it.
        public let test: Range<Int>
    }

    /// In the order of time. Where `step` is `test`, each row after the first origin is tested once, but for a rest
    /// that fills no fold.
    public let folds: [Fold]

    /// As many origins as asked for: the rows behind the first are divided among them, and each is tested once.
    /// - Parameters:
    ///   - rows: how many the series has.
    ///   - initial: how many rows the first origin knows.
    ///   - folds: how many origins. Of the rows tested from one there are as many as from any other, or one more.
    /// - Precondition: there is a row to know and, for each origin, one to test.
    public init(rows: Int, initial: Int, folds: Int) {
        precondition(
            initial > 0 && folds > 0 && rows - initial >= folds,
            "walk forward: \(rows) rows, \(initial) at first, \(folds) origins")
        let (size, longer) = (rows - initial).quotientAndRemainder(dividingBy: folds)
        // The longer ones come last.
        let ends = (0...folds).map { initial + $0 * size + max(0, $0 - (folds - longer)) }
        self.folds = zip(ends, ends.dropFirst()).map { Fold(training: 0..<$0, test: $0..<$1) }
    }

    /// All origins of a series.
    /// - Parameters:
    ///   - rows: how many the series has.
    ///   - initial: how many rows the first origin knows.
    ///   - test: how many rows are tested from an origin.
    ///   - step: how many rows an origin lies after the one before; as many as are tested where none is given.
    ///   - window: how many rows before an origin are trained on, the latest; all where none is given.
    /// - Precondition: all are positive.
    public init(rows: Int, initial: Int, test: Int, step: Int? = nil, window: Int? = nil) {
        let step = step ?? test
        precondition(
            rows >= 0 && initial > 0 && test > 0 && step > 0 && window ?? 1 > 0,
            "walk forward: \(rows) rows, \(initial) at first, \(test) tested, steps of \(step)")
        let origins = stride(from: initial, through: rows - test, by: step)
        folds = origins.map { origin in
            Fold(training: max(0, origin - (window ?? origin))..<origin, test: origin..<(origin + test))
        }
    }
}
