/// A text cut into `batch` contiguous rows that are read side by side, `steps` tokens at a time.
///
/// Row r of the inputs is tokens `r·length ..< (r + 1)·length`; a target is the token after its input. What
/// does not fill the rows is dropped. Carried from window to window, a model's state follows each row from its start.
public struct TextRows: Sendable {
    /// The text's tokens by index.
    public let indices: [Int32]
    /// How many rows there are.
    public let batch: Int
    /// How many inputs each row has.
    public let length: Int

    /// - Precondition: there are at least `batch + 1` tokens.
    public init(_ indices: [Int32], batch: Int) {
        precondition(batch > 0 && indices.count > batch, "text rows: \(indices.count) tokens in \(batch) rows")
        (self.indices, self.batch) = (indices, batch)
        length = (indices.count - 1) / batch
    }

    /// How many tokens it takes to fill `batch` rows of one window.
    public static func tokensNeeded(batch: Int, steps: Int) -> Int { batch * steps + 1 }

    /// Inputs and targets `start ..< start + steps` of every row, each `[batch, steps]`.
    public func window(from start: Int, steps: Int) -> (inputs: [Int32], targets: [Int32]) {
        window(0..<batch, from: start, steps: steps)
    }

    /// The same of some of the rows.
    public func window(_ rows: Range<Int>, from start: Int, steps: Int) -> (inputs: [Int32], targets: [Int32]) {
        precondition(
            start >= 0 && steps > 0 && start + steps <= length, "window \(start) + \(steps) of rows of \(length)")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= batch, "rows \(rows) of \(batch)")
        var (inputs, targets): ([Int32], [Int32]) = ([], [])
        inputs.reserveCapacity(rows.count * steps)
        targets.reserveCapacity(rows.count * steps)
        for row in rows {
            let first = row * length + start
            inputs.append(contentsOf: indices[first..<(first + steps)])
            targets.append(contentsOf: indices[(first + 1)..<(first + steps + 1)])
        }
        return (inputs, targets)
    }
}
