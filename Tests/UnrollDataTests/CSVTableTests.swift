import Testing
import UnrollData
import UnrollTestSupport

@Suite struct CSVTableTests {
    private func parsed(_ text: String, hasHeader: Bool = true) throws -> CSVTable {
        try CSVTable(parsing: Array(text.utf8), name: "f", hasHeader: hasHeader)
    }

    @Test func readsAsPythonDoes() throws {
        for entry in try FormatFixtures.entries("csv") {
            let table = try parsed(try #require(entry["text"]?.string))
            #expect(try table.columns == entry.strings("columns"))
            let rows = try #require(entry["rows"]?.array).map { try #require($0.array).compactMap(\.string) }
            #expect(table.rows == rows && rows.allSatisfy { $0.count == table.columns.count })
        }
    }

    @Test func columnsAreNumbersDatesAndFlags() throws {
        let table = try parsed(
            "\u{FEFF}\"day\", x ,train,\r\n1962-12-03, -1.5e2 ,TRUE,\r1962/12/04,NA,f,\n\n  \n1962-12,,1,\n2000-1-1 10:30,nan,No,"
        )
        #expect(table.columns == ["day", "x", "train", ""] && table.rows.count == 4)
        let x = try table.numbers("x")
        #expect(x[0] == -150 && x.dropFirst().allSatisfy { $0.isNaN })
        #expect(try table.flags("train") == [true, false, true, false])
        #expect(
            try table.dates("day").map(\.description) == ["1962-12-03", "1962-12-04", "1962-12-01", "2000-01-01 10:30"])
        #expect(try table.strings("x")[0] == " -1.5e2 " && table.index(of: "train") == 2)
        try expectFailure("f: there is no column 'y'; the columns are day, x, train") { _ = try table.numbers("y") }
    }

    @Test func aHeaderIsOptional() throws {
        let table = try parsed("1,2\n3,4\n", hasHeader: false)
        #expect(table.columns == ["1", "2"] && table.rows == [["1", "2"], ["3", "4"]])
        #expect(try table.numbers("2") == [2, 4])
        #expect(try parsed("a,b\n").rows.isEmpty)
    }

    @Test(arguments: [
        ("", 1, 1, "no line with the columns"), ("\n \n", 3, 1, "no line with the columns"),
        ("a,b\n1,2,3\n", 2, 5, "3 fields where the first line has 2"), ("a,b\n\n1\n", 3, 2, "1 field where"),
        ("a,b,a\n", 1, 5, "two columns are called 'a'"), ("a,b\n\"1\n2\",\"x\n", 3, 4, "does not end"),
        ("a,b\né,\"1\"2\n", 2, 6, "more text after the quote"), ("a,b\r1,2\r\n3,4,5", 3, 5, "3 fields"),
    ])
    func refusesWithLineAndColumn(text: String, line: Int, column: Int, reason: String) throws {
        try expectFailure(at: line, column, reason) { _ = try parsed(text) }
    }

    @Test(arguments: [
        ("d,x\n1970-01-01,1\n1970-01-02, 1.2.3 \n", 3, 12, "'1.2.3' in column 'x' is not a number"),
        ("d,x\n\"a\nb\",\"0x10\"\n", 3, 4, "'0x10' in column"), ("d,x\né,inf\n", 2, 3, "'inf'"),
        ("d;x\n1;\"1,5\"\n", 2, 3, "'1,5'"),
    ])
    func namesTheFieldThatIsNoNumber(text: String, line: Int, column: Int, reason: String) throws {
        let table = try parsed(text)
        try expectFailure(at: line, column, reason) { _ = try table.numbers("x") }
        try expectFailure(at: line, column, "is not true or false") { _ = try table.flags("x") }
    }

    @Test func textIsUTF8() throws {
        let bytes = Array("a,b\n1,2\nx,".utf8) + [0xC3, 0x28]
        #expect(throws: DataError.notText(name: "f", offset: 10)) { _ = try CSVTable(parsing: bytes, name: "f") }
    }

    @Test func filesAreRead() throws {
        let folder = TemporaryFolder()
        try Files.write(Array("a\n1\n".utf8), to: folder("t.csv"))
        #expect(try CSVTable(reading: folder("t.csv")).rows == [["1"]])
        #expect(throws: DataError.missing(path: folder("x"))) { try CSVTable(reading: folder("x")) }
    }
}

@Suite struct CalendarDateTests {
    @Test func agreesWithPython() throws {
        for entry in try FormatFixtures.entries("dates") {
            let parts = try #require(entry.array)
            let text = try #require(parts[0].string)
            let date = try #require(CalendarDate(text))
            #expect(date.weekday == parts[1].integer && date.dayNumber == parts[2].integer && date.description == text)
        }
    }

    @Test(arguments: [
        ("1962-12-03", "1962-12-03"), ("1962/1/3", "1962-01-03"), ("1962-12", "1962-12-01"),
        (" 2024-02-29T23:59:59Z ", "2024-02-29 23:59:59"), ("2024-02-29 1:00", "2024-02-29 01:00"),
        ("2024-02-29 00:00:00+00:00", "2024-02-29"), ("2024/2/29 07:05:09.25-0530", "2024-02-29 07:05:09.250"),
        ("2024-02-29T16", "2024-02-29 16:00"), ("2024-02-29 16:30:00.1234567", "2024-02-29 16:30:00.123"),
    ])
    func reads(text: String, date: String) { #expect(CalendarDate(text)?.description == date) }

    @Test(arguments: [
        "", "1962", "1962-", "1962-13", "1962-00-01", "1962-02-30", "1900-02-29", "2023-02-29", "1962-1-32", "62-1-1",
        "1962-12/03", "1962.12.03", "1962-12-03x", "1962-12-03 x", "1962-12-03T", "-1962-12-03", "1962-+1-03",
        "0000-01-01",
        "1962-012-03", "1962-12 10:00", "1962-12-03-04", "１９６２-12-03",
        "1962-12-03 24:00", "1962-12-03 10:60", "1962-12-03 10:00:60", "1962-12-03 10:00:00.", "1962-12-03 10.5",
        "1962-12-03 1:00 PM", "1962-12-03 10:00x", "1962-12-03 10:00+2", "1962-12-03 10:00ZZ", "1962-12-03 :30",
        "1962-12-03 10:00:00:00", "1962-12-03 010:00", "1962-12-03 10:00:01.5x",
    ])
    func refuses(text: String) { #expect(CalendarDate(text) == nil) }

    @Test func ordersByTime() throws {
        let days = try ["1999-12-31", "2000-01-01", "2000-02-01"].map { try #require(CalendarDate($0)) }
        #expect(days[0] < days[1] && days[1] < days[2] && !(days[2] < days[0]))
        // To the end of a leap year, one of 366 days.
        let texts = [
            "2024-12-30 23:59", "2024-12-31 05:00", "2024-12-31 23:59:59.999", "2025-01-01", "2025-01-01 00:00:01",
        ]
        let times = try texts.map { try #require(CalendarDate($0)) }
        for (one, next) in zip(times, times.dropFirst()) { #expect(one < next && one.years < next.years, "\(next)") }
        #expect(times[1] != CalendarDate("2024-12-31") && CalendarDate("2024-07-02")?.years == 2024.5)
    }

    /// Every day of leap years, others and a century that is none.
    @Test func yearsAreDaysAgain() throws {
        for year in [1, 1899, 1900, 2000, 2023, 2024, 9998] {
            for month in 1...12 {
                for day in 1...31 {
                    guard let date = CalendarDate(year: year, month: month, day: day) else { continue }
                    #expect(CalendarDate(years: date.years) == date && Int(date.years) == year)
                    let late = CalendarDate(year: year, month: month, day: day, milliseconds: 86_399_999 - 777 * day)
                    #expect(late.flatMap { CalendarDate(years: $0.years) } == late && late != nil)
                }
            }
        }
        #expect(CalendarDate(years: 2023.5)?.description == "2023-07-02 12:00")
        #expect([0.5, 10_000, .nan, .infinity, (10_000.0).nextDown].allSatisfy { CalendarDate(years: $0) == nil })
    }

    /// More fields of a column say what all should be.
    @Test func timesAreDatesOrNumbers() throws {
        func table(_ fields: String...) throws -> CSVTable {
            let lines = fields.map { "1,\($0)\n" }.joined()
            return try CSVTable(parsing: Array(("x,t\n" + lines).utf8), name: "f")
        }
        #expect(try table("0", " 1.5", "3").times("t").times == [0, 1.5, 3])
        let found = try table("2023-01-01", "2023-07-02 12:00").times("t")
        #expect(found.times == [2023, 2023.5] && found.dates?.count == 2)
        try expectFailure(at: 4, 3, "'Total' in column 't' is not a number") {
            _ = try table("0", "1", "Total").times("t")
        }
        try expectFailure(at: 3, 3, "'' in column 't' is not a number") { _ = try table("0", "", "2").times("t") }
        try expectFailure(at: 4, 3, "'7' in column 't' is not a date") {
            _ = try table("2023-01", "2023-02", "7").times("t")
        }
        try expectFailure(at: 2, 3, "'a' in column 't' is not a date") { _ = try table("a", "b").times("t") }
    }

    @Test(
        arguments: [
            (["2024-11-01", "2024-12-01"], ["2025-01-01", "2025-02-01", "2025-03-01"]),
            (["2024-01-15", "2024-07-15", "2025-01-15"], ["2025-07-15", "2026-01-15", "2026-07-15"]),
            (["2024-02-27", "2024-02-28"], ["2024-02-29", "2024-03-01", "2024-03-02"]),
            (["1969-12-30 12:00", "1969-12-31 00:00"], ["1969-12-31 12:00", "1970-01-01", "1970-01-01 12:00"]),
            (["2024-01-01", "2024-01-02", "2024-01-05"], nil), (["2024-01-01", "2024-01-01"], nil),
            (["2024-01-01"], nil),
            (["2024-01-31", "2024-03-31"], nil), (["9999-12-29", "9999-12-30"], nil),
        ] as [([String], [String]?)])
    func datesGoOn(_ dates: [String], _ expected: [String]?) throws {
        let dates = try dates.map { try #require(CalendarDate($0)) }
        #expect(CalendarDate.following(dates, count: 3)?.map(\.description) == expected)
    }

    /// Of ten days, months or hours some left out; of working days and of two distances that are as frequent none.
    @Test(
        arguments: [
            ((1...12).map { "2024-01-\($0 < 10 ? "0" : "")\($0)" }, []),
            ((1...15).filter { $0 != 6 }.map { "2024-01-\($0 < 10 ? "0" : "")\($0)" }, [5]),
            ((1...12).map { "2023-\($0 < 10 ? "0" : "")\($0)" } + ["2024-03", "2024-04"], [12]),
            ((0...23).filter { $0 != 20 && $0 != 3 }.map { "2024-01-01 \($0 < 10 ? "0" : "")\($0):30" }, [3, 19]),
            ((1...30).filter { $0 % 7 < 5 }.map { "2024-01-\($0 < 10 ? "0" : "")\($0)" }, []),
            (["2024-01-01", "2024-01-02", "2024-01-04"], []), (["2024-01-01"], []), ([], []),
            ((1...24).map { $0 < 24 ? "2024-01-01" : "2024-01-02" }, []),
        ] as [([String], [Int])])
    func datesLeftOut(_ dates: [String], _ expected: [Int]) throws {
        #expect(try CalendarDate.gaps(in: dates.map { try #require(CalendarDate($0)) }) == expected)
    }
}
