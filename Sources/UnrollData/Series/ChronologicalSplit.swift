/// The rows of a series cut into parts in the order of time: what is tested on comes after what was trained on.
public struct ChronologicalSplit: Sendable, Equatable {
    /// The rows to train on.
    public let training: [Int]
    /// The rows to choose settings on; may be none.
    public let validation: [Int]
    /// The rows to report on; may be none.
    public let test: [Int]

    /// The first rows, those after them, and the last, in proportion to three shares: `(80, 10, 10)`.
    ///
    /// A part ends at the whole row nearest to its share of all, so that the parts are all rows.
    /// - Precondition: the shares are finite, not negative, and not all zero.
    public init(rows: Int, shares: (training: Double, validation: Double, test: Double)) {
        let sum = shares.training + shares.validation + shares.test
        precondition(
            rows >= 0 && min(shares.training, shares.validation, shares.test) >= 0 && sum > 0 && sum.isFinite,
            "split: \(rows) rows in shares \(shares)")
        let end = { (share: Double) in min(rows, Int((Double(rows) * (share / sum)).rounded())) }
        let first = end(shares.training)
        let second = max(first, end(shares.training + shares.validation))
        (training, validation, test) = (Array(0..<first), Array(first..<second), Array(second..<rows))
    }

    /// The last rows in the numbers given, and those before them to train on.
    /// - Precondition: the numbers are not negative and together no more than there are rows.
    public init(rows: Int, validation: Int, test: Int) {
        precondition(
            validation >= 0 && test >= 0 && validation <= rows && test <= rows - validation,
            "split: \(rows) rows with \(validation) for validation and \(test) for test")
        let (first, second) = (rows - validation - test, rows - test)
        (training, self.validation, self.test) = (Array(0..<first), Array(first..<second), Array(second..<rows))
    }

    /// The rows where a column is true to train on, and the others to report on: a table's own split.
    /// - Parameter validation: the share of the training rows, their last, to choose settings on.
    /// - Precondition: the share is from 0 to 1.
    public init(isTraining: [Bool], validation: Double = 0) {
        precondition((0...1).contains(validation), "split: \(validation) of the training rows for validation")
        let rows = isTraining.indices.filter { isTraining[$0] }
        let kept = rows.count - Int((Double(rows.count) * validation).rounded())
        (training, self.validation) = (Array(rows[..<kept]), Array(rows[kept...]))
        test = isTraining.indices.filter { !isTraining[$0] }
    }

    /// Reads shares such as `80/10/10` or `0.8/0.1/0.1`; of two, `80/20`, none is for validation.
    public static func shares(_ text: String) -> (training: Double, validation: Double, test: Double)? {
        let parts = Array(text.utf8)[...].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let shares = parts.compactMap(\.double)
        let sum = shares.reduce(0, +)
        guard shares.count == parts.count, shares.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite, shares[0] > 0 else {
            return nil
        }
        switch shares.count {
        case 2: return (shares[0], 0, shares[1])
        case 3: return (shares[0], shares[1], shares[2])
        default: return nil
        }
    }
}
