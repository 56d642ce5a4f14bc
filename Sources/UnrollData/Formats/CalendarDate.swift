/// A day of the Gregorian calendar, as tables have it.
public struct CalendarDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1.
    public let year: Int
    /// From 1 to 12.
    public let month: Int
    /// From 1 to 31.
    public let day: Int

    /// The day, if there is one of that number in that month.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Reads `1962-12-03`, `1962/12/03`, or `1962-12` for the first of a month. A time behind the day, after a space or
    /// a `T`, is passed over; so are spaces around it.
    public init?(_ text: String) {
        let text = Array(text.utf8)[...].trimmed
        let end = text.firstIndex { $0 == 0x20 || $0 == UInt8(ascii: "T") } ?? text.endIndex
        // A time begins with its hour.
        if end < text.endIndex {
            guard let hour = text[end...].dropFirst().first, (0x30...0x39).contains(hour) else { return nil }
        }
        guard let separator = text[..<end].first(where: { !(0x30...0x39).contains($0) }),
            separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/")
        else { return nil }
        let parts = text[..<end].split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap(\.integer)
        guard numbers.count == parts.count, parts[0].count == 4, parts.dropFirst().allSatisfy({ $0.count <= 2 }) else {
            return nil
        }
        switch numbers.count {
        case 2 where end == text.endIndex: self.init(year: numbers[0], month: numbers[1], day: 1)
        case 3: self.init(year: numbers[0], month: numbers[1], day: numbers[2])
        default: return nil
        }
    }

    /// Days since 1 January 1970; negative before.
    public var dayNumber: Int {
        // Years begin in March here, so that the leap day is their last; 400 of them have 146,097 days.
        let (years, months) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = 365 * years + years / 4 - years / 100 + years / 400
        return days + (153 * months + 2) / 5 + day - 1 - 719_468
    }

    /// The year, with how much of it is over: 365.25 days are one.
    public var years: Double {
        let first = CalendarDate(year: year, month: 1, day: 1)?.dayNumber ?? dayNumber
        return Double(year) + Double(dayNumber - first) / 365.25
    }

    /// The day nearest to a number that `years` might be.
    public init?(years: Double) {
        guard years.isFinite, (1..<10_000).contains(years) else { return nil }
        let year = Int(years)
        let days = Int(((years - Double(year)) * 365.25).rounded())
        let months = (1...12).compactMap { CalendarDate(year: year, month: $0, day: 1) }
        guard let month = months.last(where: { $0.dayNumber - months[0].dayNumber <= days }) else { return nil }
        let day = days - (month.dayNumber - months[0].dayNumber) + 1
        guard
            let date = CalendarDate(year: year, month: month.month, day: day) ?? Self(year: year + 1, month: 1, day: 1)
        else { return nil }
        self = date
    }

    /// 0 for Monday to 6 for Sunday.
    public var weekday: Int {
        // The first of 1970 was a Thursday.
        let rest = (dayNumber + 3) % 7
        return rest < 0 ? rest + 7 : rest
    }

    /// `1962-12-03`
    public var description: String {
        let two = { (number: Int) in String(number).padded(2, with: "0", left: true) }
        return "\(String(year).padded(4, with: "0", left: true))-\(two(month))-\(two(day))"
    }

    /// Whether one day is before another.
    public static func < (a: CalendarDate, b: CalendarDate) -> Bool { a.dayNumber < b.dayNumber }
}
