/// How rows are divided among training, validation and test, all of them: in percent (`80/10/10`) or by number
/// (`8000/0/2000`).
public struct Split: Sendable, Equatable, CustomStringConvertible {
    /// The rows of each part.
    public typealias Parts = (training: [Int], validation: [Int], test: [Int])

    private let training, validation, test: Int

    /// Three whole numbers with slashes between them, or two where there is no validation. They are percentages where
    /// they add up to 100, else numbers of rows.
    /// - Parameter name: who gives them, for errors: a flag.
    /// - Throws: `DataError.unfit`.
    public init(parsing text: String, name: String = "--split") throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap { $0 }
        // Larger numbers are mistakes, and their sum might not be a number.
        guard (2...3).contains(parts.count), numbers.count == parts.count,
            numbers.allSatisfy({ (0...1_000_000_000_000).contains($0) })
        else {
            throw DataError.unfit(
                name: name,
                reason: "'\(text)' is not training/validation/test in percent, 80/10/10, or by number, 8000/0/2000")
        }
        guard numbers[0] > 0 else {
            throw DataError.unfit(name: name, reason: "'\(text)' leaves nothing to train on")
        }
        (training, validation, test) = (numbers[0], numbers.count == 3 ? numbers[1] : 0, numbers[numbers.count - 1])
    }

    /// As it was given, always with three parts.
    public var description: String { "\(training)/\(validation)/\(test)" }

    private var sum: Int { training + validation + test }

    /// Divides rows `0 ..< count`, shuffled or in order. Of percentages every part begins at the whole row at or before
    /// its share, so that no row is left.
    /// - Throws: `DataError.unfit` where the parts are neither 100 % nor all rows: what is left would be a mistyped
    ///   percentage more often than meant.
    public func rows(count: Int, seed: UInt64, inOrder: Bool = false, name: String = "--split") throws -> Parts {
        let (validation, test) = try bounds(of: count, what: "rows", name: name)
        var random = SplitMix(seed: seed)
        let order = inOrder ? Array(0..<count) : random.permutation(count)
        return (Array(order[..<validation]), Array(order[validation..<test]), Array(order[test...]))
    }

    /// Divides rows so that all rows of a key are in the same part; the parts are shares, or numbers, of the different
    /// keys, which are shuffled.
    /// - Parameter keys: of every row, its text.
    /// - Throws: `DataError.unfit` as `rows(count:)`.
    public func rows(keys: [String], seed: UInt64, name: String = "--split") throws -> Parts {
        var (places, rows): ([String: Int], [[Int]]) = ([:], [])
        for (row, key) in keys.enumerated() {
            if let place = places[key] {
                rows[place].append(row)
            } else {
                places[key] = rows.count
                rows.append([row])
            }
        }
        let (validation, test) = try bounds(of: rows.count, what: "different texts", name: name)
        var random = SplitMix(seed: seed)
        random.shuffle(&rows)
        let part = { (range: Range<Int>) in Array(rows[range].joined()) }
        return (part(0..<validation), part(validation..<test), part(test..<rows.count))
    }

    /// The rows where a table's column is true to train on, and the others to test on.
    /// - Parameter validation: the share of the rows to train on, their last, that validates; from 0 to 1.
    public static func rows(isTraining: [Bool], validation: Double = 0) -> Parts {
        precondition((0...1).contains(validation), "split: \(validation) of the training rows for validation")
        let rows = isTraining.indices.filter { isTraining[$0] }
        let kept = rows.count - Int((Double(rows.count) * validation).rounded())
        return (Array(rows[..<kept]), Array(rows[kept...]), isTraining.indices.filter { !isTraining[$0] })
    }

    /// Where validation and test begin.
    private func bounds(of count: Int, what: String, name: String) throws -> (Int, Int) {
        if sum == 100 {
            let bound = { (percent: Int) in
                let (hundreds, rest) = count.quotientAndRemainder(dividingBy: 100)
                return hundreds * percent + rest * percent / 100
            }
            return (bound(training), bound(training + validation))
        }
        guard sum == count else {
            throw DataError.unfit(
                name: name,
                reason: "\(self) add up to \(sum); percentages add up to 100, numbers to the \(count) \(what) there are"
            )
        }
        return (training, training + validation)
    }
}
