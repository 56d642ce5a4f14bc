/// A day of the Gregorian calendar, and a time of that day, as tables have them.
public struct CalendarDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1.
    public let year: Int
    /// From 1 to 12.
    public let month: Int
    /// From 1 to 31.
    public let day: Int
    /// Since midnight.
    public let milliseconds: Int

    private static let millisecondsInDay = 86_400_000

    /// The day, if there is one of that number in that month, and the time, if it is one.
    public init?(year: Int, month: Int, day: Int, milliseconds: Int = 0) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        let lengths = [31, Self.daysInYear(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1], (0..<Self.millisecondsInDay).contains(milliseconds) else { return nil }
        (self.year, self.month, self.day, self.milliseconds) = (year, month, day, milliseconds)
    }

    private static func daysInYear(_ year: Int) -> Int {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
    }

    /// 0 for Monday to 6 for Sunday.
    public var weekday: Int {
        // The first of 1970 was a Thursday.
        let rest = (dayNumber + 3) % 7
        return rest < 0 ? rest + 7 : rest
    }

    /// Whether one is before another.
    public static func < (a: CalendarDate, b: CalendarDate) -> Bool { a.instant < b.instant }
}

// MARK: Text

extension CalendarDate {
    /// Reads `1962-12-03`, `1962/12/03`, or `1962-12` for the first of a month; behind a day, after a space or a `T`, also
    /// `16:30` or `16:30:05.25`. A `Z` or an offset such as `+02:00` behind a time is passed over, as are spaces around
    /// all of it: a time is the one that clocks show.
    public init?(_ text: String) {
        let text = Array(text.utf8)[...].trimmed
        let end = text.firstIndex { $0 == 0x20 || $0 == UInt8(ascii: "T") } ?? text.endIndex
        let time = end < text.endIndex ? Self.milliseconds(text[end...].dropFirst()) : 0
        guard let time, let separator = text[..<end].first(where: { !$0.isDigit }),
            separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/")
        else { return nil }
        let parts = text[..<end].split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap(\.integer)
        guard numbers.count == parts.count, parts[0].count == 4, parts.dropFirst().allSatisfy({ $0.count <= 2 }) else {
            return nil
        }
        switch numbers.count {
        case 2 where end == text.endIndex: self.init(year: numbers[0], month: numbers[1], day: 1)
        case 3: self.init(year: numbers[0], month: numbers[1], day: numbers[2], milliseconds: time)
        default: return nil
        }
    }

    /// Of a time, with what may stand behind it.
    private static func milliseconds(_ text: ArraySlice<UInt8>) -> Int? {
        let (colon, point) = (UInt8(ascii: ":"), UInt8(ascii: "."))
        let end = text.firstIndex { !$0.isDigit && $0 != colon && $0 != point } ?? text.endIndex
        let halves = text[..<end].split(separator: point, maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: colon, omittingEmptySubsequences: false)
        let numbers = parts.compactMap(\.integer)
        guard isZone(text[end...]), numbers.count == parts.count, parts.count <= 3,
            parts.allSatisfy({ $0.count <= 2 }), zip(numbers, [24, 60, 60]).allSatisfy({ $0 < $1 })
        else { return nil }
        let whole = zip(numbers, [3_600_000, 60_000, 1000]).reduce(0) { $0 + $1.0 * $1.1 }
        if halves.count == 1 { return whole }
        guard parts.count == 3, !halves[1].isEmpty, halves[1].allSatisfy(\.isDigit) else { return nil }
        return zip(halves[1], [100, 10, 1]).reduce(whole) { $0 + Int($1.0 - 0x30) * $1.1 }
    }

    /// Whether it is nothing, `Z`, `+02`, `+0200` or `+02:00`.
    private static func isZone(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first else { return true }
        if first == UInt8(ascii: "Z") { return text.count == 1 }
        let parts = text.dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return (first == UInt8(ascii: "+") || first == UInt8(ascii: "-"))
            && [[2], [4], [2, 2]].contains(parts.map(\.count)) && parts.joined().allSatisfy(\.isDigit)
    }

    /// `1962-12-03`, and where it is not midnight `1962-12-03 16:30` or `1962-12-03 16:30:05.250`.
    public var description: String {
        func two(_ number: Int) -> String { String(number).padded(2, with: "0", left: true) }
        let date = "\(String(year).padded(4, with: "0", left: true))-\(two(month))-\(two(day))"
        if milliseconds == 0 { return date }
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let minutes = "\(date) \(two(seconds / 3600)):\(two(seconds / 60 % 60))"
        if milliseconds % 60_000 == 0 { return minutes }
        return "\(minutes):\(two(seconds % 60))" + (rest > 0 ? "." + String(rest).padded(3, with: "0", left: true) : "")
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}

// MARK: Numbers

extension CalendarDate {
    /// Days since 1 January 1970; negative before.
    public var dayNumber: Int { Self.dayNumber(year, month, day) }

    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March here, so that the leap day is their last; 400 of them have 146,097 days.
        let (years, months) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = 365 * years + years / 4 - years / 100 + years / 400
        return days + (153 * months + 2) / 5 + day - 1 - 719_468
    }

    /// Milliseconds since the beginning of 1970; negative before.
    package var instant: Int { dayNumber * Self.millisecondsInDay + milliseconds }

    /// What has a number as `instant`.
    package init?(instant: Int) {
        let rest = instant % Self.millisecondsInDay
        let milliseconds = rest < 0 ? rest + Self.millisecondsInDay : rest
        guard (-1_000_000 * Self.millisecondsInDay..<4_000_000 * Self.millisecondsInDay).contains(instant) else {
            return nil
        }
        // As in `dayNumber`, from 1 March of the year 0; the last day of four years, and of 400, is theirs.
        let days = (instant - milliseconds) / Self.millisecondsInDay + 719_468
        guard days >= 0 else { return nil }
        let (cycle, inCycle) = days.quotientAndRemainder(dividingBy: 146_097)
        let years = (inCycle - inCycle / 1460 + inCycle / 36_524 - inCycle / 146_096) / 365
        let inYear = inCycle - (365 * years + years / 4 - years / 100)
        let months = (5 * inYear + 2) / 153
        let day = inYear - (153 * months + 2) / 5 + 1
        self.init(
            year: 400 * cycle + years + (months < 10 ? 0 : 1), month: months < 10 ? months + 3 : months - 9, day: day,
            milliseconds: milliseconds)
    }

    /// The year, with how much of it is over.
    public var years: Double {
        let passed = instant - Self.dayNumber(year, 1, 1) * Self.millisecondsInDay
        return Double(year) + Double(passed) / Double(Self.daysInYear(year) * Self.millisecondsInDay)
    }

    /// The date and time, to a millisecond, of a number that `years` might be.
    public init?(years: Double) {
        guard years.isFinite, (1..<10_000).contains(years) else { return nil }
        let year = Int(years)
        let days = (years - Double(year)) * Double(Self.daysInYear(year)) + Double(Self.dayNumber(year, 1, 1))
        self.init(instant: Int((days * Double(Self.millisecondsInDay)).rounded()))
    }

    /// The dates that go on a series all of which are equally far apart, in months of the calendar or in time; nil where
    /// they are not.
    package static func following(_ dates: [CalendarDate], count: Int) -> [CalendarDate]? {
        guard dates.count > 1, var last = dates.last else { return nil }
        func difference(_ numbers: [Int]) -> Int? {
            let step = numbers[1] - numbers[0]
            return step > 0 && zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 == step } ? step : nil
        }
        let months = areMonthly(dates) ? difference(dates.map(\.monthNumber)) : nil
        guard let step = months ?? difference(dates.map(\.instant)) else { return nil }
        var found: [CalendarDate] = []
        for _ in 0..<count {
            let next = months == nil ? CalendarDate(instant: last.instant + step) : last.later(months: step)
            guard let next else { return nil }
            found.append(next)
            last = next
        }
        return found
    }

    /// Where dates that are mostly equally far apart, in months or in time, leave some out: the places behind such gaps. None
    /// where that holds for fewer than nine distances of ten, as of working days, or where they are mostly the same.
    package static func gaps(in dates: [CalendarDate]) -> [Int] {
        let areMonths = areMonthly(dates)
        let numbers = dates.map { areMonths ? $0.monthNumber : $0.instant }
        let distances = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
        let counts = Dictionary(distances.map { ($0, 1) }, uniquingKeysWith: +)
        let usual = counts.first { 10 * $0.value >= 9 * distances.count }?.key
        guard let usual, usual > 0 else { return [] }
        return distances.indices.filter { distances[$0] > usual }.map { $0 + 1 }
    }

    /// Whether they are all of one day of their months, at one time.
    private static func areMonthly(_ dates: [CalendarDate]) -> Bool {
        dates.allSatisfy { $0.day == dates[0].day && $0.milliseconds == dates[0].milliseconds }
    }

    private var monthNumber: Int { 12 * year + month - 1 }

    private func later(months: Int) -> CalendarDate? {
        let (year, month) = (monthNumber + months).quotientAndRemainder(dividingBy: 12)
        return CalendarDate(year: year, month: month + 1, day: day, milliseconds: milliseconds)
    }
}
