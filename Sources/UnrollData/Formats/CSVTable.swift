/// A table in a text file: a line of names, and lines of as many fields (RFC 4180).
///
/// ```
/// date,"volume, log",train
/// 1962-12-03,0.032573,TRUE
/// ```
///
/// Fields are separated by `,`, `;` or tabs, whichever the first line has most of. A field in quotes may hold
/// separators, ends of lines, and quotes, doubled. Lines end with `\n`, `\r\n` or `\r`; blank lines are passed over.
public struct CSVTable: Sendable {
    /// The columns' names; without the spaces around them.
    public let columns: [String]
    /// The fields of every line below the names, as they stand.
    public let rows: [[String]]
    /// What the table is, for errors: a path.
    public let name: String

    /// Where each row begins, to find a field again that is not what it should be.
    private let rowStarts: [Int]
    private let scanner: CSVScanner

    /// Reads a file.
    /// - Throws: `DataError`: what `Files.read` throws, and what `init(parsing:name:hasHeader:)` does.
    public init(reading path: String, hasHeader: Bool = true) throws {
        try self.init(parsing: try Files.read(path), name: path, hasHeader: hasHeader)
    }

    /// Reads the bytes of a file.
    /// - Parameters:
    ///   - name: what the bytes are, for errors: a path.
    ///   - hasHeader: whether the first line has the names; without, the columns are `1`, `2`, ….
    /// - Throws: `DataError.malformedText` with line and column: no header, a line with more or fewer fields, a name
    ///   given twice, a quote without end; `.notText` for bytes that are not UTF-8.
    public init(parsing bytes: [UInt8], name: String, hasHeader: Bool = true) throws {
        let scanner = CSVScanner(bytes: bytes, name: name)
        guard let first = try scanner.record(at: bytes.markEnd) else {
            throw scanner.failure("there is no line with the columns' names", at: bytes.endIndex)
        }
        let width = first.fields.count
        columns = hasHeader ? try scanner.names(first.fields) : (1...width).map(String.init)

        var (rows, starts): ([[String]], [Int]) = ([], [])
        var next = hasHeader ? try scanner.record(at: first.end) : first
        while let record = next {
            guard record.fields.count == width else {
                let place = record.fields.count > width ? record.fields[width].start : record.textEnd
                let fields = record.fields.count == 1 ? "1 field" : "\(record.fields.count) fields"
                throw scanner.failure("\(fields) where the first line has \(width)", at: place)
            }
            rows.append(try record.fields.map { try scanner.string($0) })
            starts.append(record.start)
            next = try scanner.record(at: record.end)
        }
        (self.rows, rowStarts, self.scanner, self.name) = (rows, starts, scanner, name)
    }
}

extension CSVTable {
    /// The place of a column.
    /// - Throws: `DataError.unfit`, which lists the columns there are.
    public func index(of column: String) throws -> Int {
        if let index = columns.firstIndex(of: column) { return index }
        let shown = columns.prefix(30).joined(separator: ", ") + (columns.count > 30 ? ", …" : "")
        throw DataError.unfit(name: name, reason: "there is no column '\(column)'; the columns are \(shown)")
    }

    /// A column's fields.
    /// - Throws: `DataError.unfit` where there is no such column.
    public func strings(_ column: String) throws -> [String] {
        let index = try index(of: column)
        return rows.map { $0[index] }
    }

    /// A column of numbers; NaN where a field is blank, `NA`, `N/A`, `NaN` or `null`.
    /// - Throws: `DataError.unfit` where there is no such column, `.malformedText` with the place of a field that is
    ///   no number.
    public func numbers(_ column: String) throws -> [Double] {
        try fields(column, "a number") { text in
            let text = Array(text.utf8)[...].trimmed
            return text.double ?? (Self.isMissing(text) ? .nan : nil)
        }
    }

    /// A column of days, or times of days.
    /// - Throws: `DataError.unfit` where there is no such column, `.malformedText` with the place of a field that is
    ///   no date.
    public func dates(_ column: String) throws -> [CalendarDate] {
        try fields(column, Self.dateKind) { CalendarDate($0) }
    }

    private static let dateKind = "a date such as 1962-12-03 or 1962-12-03 16:30"

    /// A column of times, none of which is missing: dates, as years, or numbers. What more of its fields are is what all
    /// must be.
    /// - Throws: as `dates` and `numbers`.
    package func times(_ column: String) throws -> (times: [Double], dates: [CalendarDate]?) {
        let number = { (text: String) in Array(text.utf8)[...].trimmed.double }
        let texts = try strings(column)
        if texts.count(where: { CalendarDate($0) != nil }) < texts.count(where: { number($0) != nil }) {
            return (try fields(column, "a number, as most there are", read: number), nil)
        }
        let kind = texts.contains { CalendarDate($0) != nil } ? Self.dateKind : Self.dateKind + ", or a number"
        let dates = try fields(column, kind) { CalendarDate($0) }
        return (dates.map(\.years), dates)
    }

    /// A column of true and false: `TRUE`, `true`, `T`, `yes`, `1` and their opposites.
    /// - Throws: `DataError.unfit` where there is no such column, `.malformedText` with the place of a field that is
    ///   neither.
    public func flags(_ column: String) throws -> [Bool] {
        try fields(column, "true or false") { text in
            switch String(decoding: Array(text.utf8)[...].trimmed, as: UTF8.self).lowercased() {
            case "true", "t", "yes", "1": true
            case "false", "f", "no", "0": false
            default: nil
            }
        }
    }

    private static func isMissing(_ text: ArraySlice<UInt8>) -> Bool {
        ["", "na", "n/a", "nan", "null"].contains(String(decoding: text, as: UTF8.self).lowercased())
    }

    private func fields<Value>(_ column: String, _ kind: String, read: (String) -> Value?) throws -> [Value] {
        let index = try index(of: column)
        return try rows.enumerated().map { row, fields in
            if let value = read(fields[index]) { return value }
            let shown = Array(fields[index].utf8)[...].trimmed.quoted
            throw try failure("\(shown) in column '\(column)' is not \(kind)", row: row, column: column)
        }
    }

    /// An error with the line and column of a field.
    package func failure(_ reason: String, row: Int, column: String) throws -> DataError {
        let index = try index(of: column)
        let start = try scanner.record(at: rowStarts[row])?.fields[index].start ?? rowStarts[row]
        return scanner.failure(reason, at: start)
    }
}
