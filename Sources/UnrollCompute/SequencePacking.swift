/// How the steps that are there of a batch's rows are put one after the other, in the order a direction reads them: a
/// sweep knows neither directions nor masks, but only rows of falling lengths.
package struct SequencePacking {
    package let rows: StepRows
    /// int32, of each row of each step its place in `[batch, steps]`.
    package let order: Buffer
    /// int32 `[batch, steps]`, the other way; −1 where nothing is there.
    package let places: Buffer
    /// int32 `[batch]`, the rows by falling length, and the other way; nil where they stay in order.
    package let sorting: (order: Buffer, places: Buffer)?
    /// int32, of each row of each step the place of the state it leaves; nil where nobody asks.
    package let after: Buffer?

    /// Nil where everything stays as it is: forward, and nothing is missing.
    package init?(
        _ mask: SequenceMask?, batch: Int, steps: Int, isReversed: Bool, asksForStates: Bool = false,
        on backend: any Backend
    ) {
        let mask = mask.flatMap { $0.isFull ? nil : $0 }
        if mask == nil && !isReversed { return nil }
        let times = (0..<batch).map { row in
            let present = (0..<steps).filter { mask?.contains(row: row, step: $0) ?? true }
            return isReversed ? present.reversed() : present
        }
        // Stable, so that rows of the same length stay in order.
        let sorted = (0..<batch).sorted { (times[$0].count, $1) > (times[$1].count, $0) }
        let rows = StepRows(lengths: sorted.map { times[$0].count })
        let order = (0..<rows.steps).flatMap { step in
            sorted.prefix(rows.count(step)).map { Int32($0 * steps + times[$0][step]) }
        }
        self.rows = rows
        self.order = backend.makeBuffer(order)
        places = backend.makeBuffer(Self.inverse(of: order, count: batch * steps))
        let sorting = sorted.map { Int32($0) }
        self.sorting =
            sorted == Array(0..<batch)
            ? nil : (backend.makeBuffer(sorting), backend.makeBuffer(Self.inverse(of: sorting, count: batch)))
        after = asksForStates ? backend.makeBuffer(rows.placesAfter) : nil
    }

    private static func inverse(of order: [Int32], count: Int) -> [Int32] {
        var inverse = [Int32](repeating: -1, count: count)
        for (place, from) in order.enumerated() { inverse[Int(from)] = Int32(place) }
        return inverse
    }
}

/// The way a layer reads its sequences.
public enum Direction: String, Sendable, Hashable, CaseIterable {
    /// From the first step to the last.
    case forward
    /// From the last step to the first; outputs stay at their steps.
    case reverse
    /// Both, each with weights of its own (Schuster & Paliwal 1997).
    case bidirectional

    /// Whether each direction reads from the end.
    package var isReversed: [Bool] {
        switch self {
        case .forward: [false]
        case .reverse: [true]
        case .bidirectional: [false, true]
        }
    }

    /// How many directions there are.
    package var count: Int { isReversed.count }
}

/// What becomes of the outputs of a bidirectional layer's two directions.
public enum Merge: String, Sendable, Hashable, CaseIterable {
    /// Side by side, forward first: twice as many numbers.
    case concatenated
    /// Their sum.
    case summed
    /// Half of their sum.
    case averaged
    /// Their product, number by number.
    case multiplied
}
