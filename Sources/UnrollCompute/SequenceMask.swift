/// Which steps of each row of a batch of sequences are there: by a length for each row, or one by one, with holes.
///
/// A step that is not there leaves the state as it was and has an output of zeros.
public struct SequenceMask: Sendable, Hashable {
    /// How many rows there are.
    public let batch: Int
    /// How many steps each row has, there or not.
    public let steps: Int
    /// `[batch, steps]`, row by row.
    package let presence: [Bool]

    /// Rows whose first steps are there: of a row of length 3, steps 0, 1 and 2; of one of length 0 none.
    ///
    /// - Parameter steps: of the padded batch.
    /// - Throws: `SequenceError` for a length that is negative or beyond the steps.
    public init(lengths: [Int], steps: Int) throws(SequenceError) {
        for (row, length) in lengths.enumerated() where !(0...steps).contains(length) {
            throw .badLength(length, row: row, steps: steps)
        }
        self.init(
            presence: lengths.flatMap { length in (0..<steps).map { $0 < length } }, batch: lengths.count, steps: steps)
    }

    /// The same for a batch that is there already: as many lengths as it has rows.
    ///
    /// - Parameters:
    ///   - batch: how many rows there are.
    ///   - steps: of the padded batch.
    /// - Throws: `SequenceError` for another count of lengths, and for a length that is negative or beyond the steps.
    public init(lengths: [Int], batch: Int, steps: Int) throws(SequenceError) {
        if lengths.count != batch { throw .badCount(lengths: lengths.count, batch: batch) }
        try self.init(lengths: lengths, steps: steps)
    }

    /// Rows whose steps are there where `rows` says so: padding may be on the left, and holes anywhere.
    ///
    /// - Parameter rows: for each row, all of the same count, whether each of its steps is there.
    /// - Throws: `SequenceError` for a row of another count than the first.
    public init(_ rows: [[Bool]]) throws(SequenceError) {
        let steps = rows.first?.count ?? 0
        for (row, presence) in rows.enumerated() where presence.count != steps {
            throw .unevenMask(count: presence.count, row: row, expected: steps)
        }
        self.init(presence: Array(rows.joined()), batch: rows.count, steps: steps)
    }

    /// The same for a batch that is there already: of its shape.
    ///
    /// - Parameters:
    ///   - rows: for each of `batch` rows, whether each of its `steps` steps is there.
    ///   - batch: how many rows there are.
    ///   - steps: how many steps each has.
    /// - Throws: `SequenceError` for another count of rows, and for a row of another count of steps.
    public init(_ rows: [[Bool]], batch: Int, steps: Int) throws(SequenceError) {
        if rows.count != batch { throw .badMask(rows: rows.count, batch: batch) }
        for (row, presence) in rows.enumerated() where presence.count != steps {
            throw .badRow(count: presence.count, row: row, steps: steps)
        }
        self.init(presence: Array(rows.joined()), batch: batch, steps: steps)
    }

    init(presence: [Bool], batch: Int, steps: Int) {
        (self.presence, self.batch, self.steps) = (presence, batch, steps)
    }

    /// Whether a step of a row is there.
    public func contains(row: Int, step: Int) -> Bool { presence[row * steps + step] }

    /// Of each row, how many steps are there.
    public var counts: [Int] { rows { row in row.count { $0 } } }

    /// Of each row, the step after the last that is there: its length, where nothing is missing before.
    public var ends: [Int] { rows { row in (row.lastIndex(of: true) ?? row.startIndex - 1) - row.startIndex + 1 } }

    /// Of each row, the first step that is there; `steps` where there is none.
    public var starts: [Int] { rows { row in (row.firstIndex(of: true) ?? row.endIndex) - row.startIndex } }

    /// Whether every step of every row is there.
    public var isFull: Bool { !presence.contains(false) }

    private func rows<Value>(_ body: (ArraySlice<Bool>) -> Value) -> [Value] {
        (0..<batch).map { body(presence[$0 * steps..<($0 + 1) * steps]) }
    }
}

/// What is wrong with lengths or masks of sequences.
public enum SequenceError: Error, Equatable, CustomStringConvertible {
    /// A length that no row of so many steps can have.
    case badLength(Int, row: Int, steps: Int)
    /// A row of a mask that has another count of steps than the first.
    case unevenMask(count: Int, row: Int, expected: Int)
    /// Another count of lengths than the batch has rows.
    case badCount(lengths: Int, batch: Int)
    /// A mask of another count of rows than the batch has.
    case badMask(rows: Int, batch: Int)
    /// A row of a mask that has another count of steps than the batch.
    case badRow(count: Int, row: Int, steps: Int)

    /// One line, with the numbers.
    public var description: String {
        switch self {
        case .badLength(let length, let row, let steps):
            "length \(length) of row \(row) is not in 0...\(steps), the steps of the batch"
        case .unevenMask(let count, let row, let expected):
            "the mask of row \(row) has \(count) steps, the first has \(expected)"
        case .badCount(let lengths, let batch):
            "\(lengths) lengths for a batch of \(batch) rows"
        case .badMask(let rows, let batch):
            "a mask of \(rows) rows for a batch of \(batch) rows"
        case .badRow(let count, let row, let steps):
            "the mask of row \(row) has \(count) steps, the batch has \(steps)"
        }
    }
}
