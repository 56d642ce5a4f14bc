import UnrollData

/// The columns of a table that a forecaster reads, in the order of time, and which rows are for what.
public struct SeriesTable: Sendable {
    /// A column that is known ahead.
    enum Known: Sendable {
        /// NaN where one is missing.
        case numbers([Double])
        /// One of a few names in each row; nil where it is missing.
        case names([String?])
    }

    /// For errors: the path.
    let name: String
    /// Of each input its numbers, NaN where one is missing.
    private(set) var inputs: [[Double]]
    /// What is forecast, NaN where it is missing.
    private(set) var target: [Double]
    /// What is known ahead.
    private(set) var known: [Known]
    /// Where each row is in time: a number, a year with its fraction, or only the row.
    private(set) var times: [Double]
    /// What the times are.
    let timeName: String
    /// What the times are of, where the table has dates.
    private(set) var dates: [CalendarDate]?
    /// How people read a row's time.
    private(set) var timeTexts: [String]
    /// What a person should know of the table's dates: where some are left out.
    let gaps: String?
    /// Which rows are for what.
    private(set) var split: Split.Parts
    /// Rows left out at the beginning as a number is missing, where the series is read as one.
    private(set) var dropped = 0

    /// How many rows there are.
    var count: Int { target.count }

    /// Which columns of a table to read.
    struct Columns {
        var target: String
        var inputs: [String]
        /// What is known ahead, and whether it is numbers, as a model has it; nil to find out.
        var known: [(name: String, isNumber: Bool?)]
        var date: String?
    }

    /// Reads a table, every row of which is for testing.
    /// - Throws: `DataError`.
    init(_ file: ReadFile, _ columns: Columns) throws {
        try self.init(CSVTable(parsing: file.bytes, name: file.name), columns)
    }

    private init(_ table: CSVTable, _ columns: Columns) throws {
        name = table.name
        inputs = try columns.inputs.map { try table.finite($0) }
        target = try table.finite(columns.target)
        (times, timeTexts) = (target.indices.map { Double($0 + 1) }, target.indices.map { "row \($0 + 1)" })
        if let date = columns.date {
            timeTexts = try table.strings(date)
            (times, dates) = try table.times(date)
            for row in times.indices.dropFirst() where times[row] < times[row - 1] {
                throw try table.failure(
                    "'\(timeTexts[row])' of column '\(date)' comes after '\(timeTexts[row - 1])'; sort the rows by time, "
                        + "the earliest first" + (dates == nil ? "" : " (offsets from UTC are passed over)"),
                    row: row, column: date)
            }
        }
        timeName = columns.date ?? "row"
        let places = dates.map { CalendarDate.gaps(in: $0) } ?? []
        gaps = places.first.map { [timeTexts] first in
            let which = places.count == 1 ? "a gap" : "\(places.count.grouped) gaps, the first"
            return "\(which) between \(timeTexts[first - 1]) and \(timeTexts[first]): read as if nothing were missing"
        }
        known = try columns.known.map { [dates] in try Known($0.name, isNumber: $0.isNumber, of: table, dates) }
        split = ([], [], Array(target.indices))
    }

    /// Reads a table and divides its rows.
    /// - Throws: `DataError`, `ModelError`.
    init(_ file: ReadFile, _ settings: ForecasterSettings) throws {
        let table = try CSVTable(parsing: file.bytes, name: file.name)
        try self.init(
            table,
            Columns(
                target: settings.target, inputs: settings.columns, known: settings.known.map { ($0, nil) },
                date: settings.date))
        var isTraining = try settings.splitColumn.map { try table.flags($0) }
        if settings.carries {
            let whole = keepWholeRows()
            isTraining = isTraining.map { flags in whole.map { flags[$0] } }
        }
        if let isTraining {
            split = Split.rows(isTraining: isTraining, validation: Double(settings.validation))
            if settings.carries, let end = isTraining.firstIndex(of: false), isTraining[end...].contains(true) {
                throw ModelError.badSetting(
                    flag: "--carry", value: "with --split-column \(settings.splitColumn ?? "")",
                    expected: "a column whose rows to train on come before all others")
            }
        } else {
            split = try Split(parsing: settings.split).rows(count: count, seed: 0, inOrder: true)
        }
    }

    /// The same rows with others to train and to test on.
    func divided(_ fold: WalkForward.Fold) -> SeriesTable {
        var table = self
        table.keep(Array(0..<fold.test.upperBound))
        table.split = (Array(0..<fold.test.lowerBound), [], Array(fold.test))
        return table
    }

    /// Leaves out rows in which a number is missing, over which a state is carried as if they were not there; all that are
    /// left are for testing.
    /// - Returns: which are left.
    @discardableResult
    mutating func keepWholeRows() -> [Int] {
        let whole = wholeRows
        dropped = count - whole.count
        keep(whole)
        split = ([], [], Array(target.indices))
        return whole
    }

    private mutating func keep(_ rows: [Int]) {
        inputs = inputs.map { column in rows.map { column[$0] } }
        (target, times, timeTexts) = (rows.map { target[$0] }, rows.map { times[$0] }, rows.map { timeTexts[$0] })
        dates = dates.map { dates in rows.map { dates[$0] } }
        known = known.map { known in
            switch known {
            case .numbers(let numbers): .numbers(rows.map { numbers[$0] })
            case .names(let names): .names(rows.map { names[$0] })
            }
        }
    }

    /// Rows in which nothing is missing.
    private var wholeRows: [Int] {
        target.indices.filter { row in
            !target[row].isNaN && inputs.allSatisfy { !$0[row].isNaN } && known.allSatisfy { $0.isThere(row) }
        }
    }
}

extension SeriesTable.Known {
    /// Of a row, whether it is there.
    func isThere(_ row: Int) -> Bool {
        switch self {
        case .numbers(let numbers): !numbers[row].isNaN
        case .names(let names): names[row] != nil
        }
    }

    /// A column of the table; else what dates say by themselves.
    /// - Parameter isNumber: nil where it is numbers if all of it can be read as such, however few there are.
    fileprivate init(_ column: String, isNumber: Bool?, of table: CSVTable, _ dates: [CalendarDate]?) throws {
        if let dates, isNumber != true, !table.columns.contains(column) {
            switch column {
            case "day_of_week": self = .names(dates.map { Self.weekdays[$0.weekday] })
            case "month": self = .names(dates.map { Self.months[$0.month - 1] })
            default: throw DataError.unfit(name: table.name, reason: "there is no column '\(column)'")
            }
            return
        }
        // A model of names reads names, though those of another table may happen to be numbers; one of numbers nothing else.
        let numbers = isNumber == false ? nil : isNumber == true ? try table.finite(column) : try? table.finite(column)
        if let numbers {
            self = .numbers(numbers)
        } else {
            self = .names(try table.strings(column).map { $0.isEmpty ? nil : $0 })
        }
    }

    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
}

extension CSVTable {
    /// A column of numbers, of which none is infinite or beyond what a Float holds.
    fileprivate func finite(_ column: String) throws -> [Double] {
        let numbers = try numbers(column)
        if let row = numbers.firstIndex(where: { !$0.isNaN && !(abs($0) < 1e30) }) {
            throw try failure("\(numbers[row]) in column '\(column)' is too large", row: row, column: column)
        }
        return numbers
    }
}
