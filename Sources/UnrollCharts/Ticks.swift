import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An axis with its ends and the numbers marked on it.
struct Ticks {
    let scale: Chart.Scale
    /// What is shown, at least all of the numbers: positive where the scale is logarithmic.
    let range: ClosedRange<Double>
    /// In order, with what is written beside them: nothing beside those between.
    let marks: [(value: Double, label: String)]

    /// - Parameters:
    ///   - values: what is to be shown; those without a place are passed over.
    ///   - count: about how many marks there is room for.
    ///   - isLoose: whether the ends are the next marks rather than the numbers'.
    ///   - isWhole: whether only whole numbers are marked.
    init(_ values: some Sequence<Double>, _ scale: Chart.Scale, count: Int, isLoose: Bool, isWhole: Bool = false) {
        self.scale = scale
        let shown = values.filter { Self.hasPlace($0, scale) }
        let (least, greatest) = (shown.min() ?? 1, shown.max() ?? 1)
        switch scale {
        case .linear: (range, marks) = Self.linear(least, greatest, count, isLoose, isWhole ? 1 : 0)
        case .logarithmic: (range, marks) = Self.logarithmic(least, greatest, count)
        case .calendar: (range, marks) = Self.calendar(least, greatest, count)
        }
    }

    /// Names at 0, 1, 2 …, with half of what is between two on either side.
    /// - Parameters:
    ///   - values: what has a place beside them.
    ///   - most: how many there is room to write; of more only every second, third … is written.
    init(categories: [String], _ values: some Sequence<Double>, most: Int) {
        scale = .linear
        let shown = values.filter { Self.hasPlace($0, .linear) }
        let (least, greatest) = (min(shown.min() ?? 0, 0), max(shown.max() ?? 0, Double(categories.count) - 1))
        range = least - 0.5...greatest + 0.5
        let every = max(1, (categories.count + most - 1) / max(most, 1))
        marks = categories.enumerated().filter { $0.offset.isMultiple(of: every) }.map { (Double($0), $1) }
    }

    private typealias Layout = (range: ClosedRange<Double>, marks: [(value: Double, label: String)])

    /// Whether a scale can show a number: to be drawn, the difference of two must be finite too.
    static func hasPlace(_ value: Double, _ scale: Chart.Scale) -> Bool {
        value.isFinite && abs(value) < 1e300 && (scale != .logarithmic || value >= 1e-300)
    }

    /// Where a number lies between the ends, 0 to 1; nil where it has no place.
    func place(_ value: Double) -> Double? {
        guard Self.hasPlace(value, scale) else { return nil }
        let along = { (value: Double) in scale == .logarithmic ? log10(value) : value }
        let (from, to) = (along(range.lowerBound), along(range.upperBound))
        return (along(value) - from) / (to - from)
    }

    /// A number as exactly as what is marked, and a digit more; of a calendar the date.
    func written(_ value: Double) -> String {
        if scale == .calendar, let date = CalendarDate(years: value) { return date.description }
        let digits = marks.map(\.label).map { $0.contains("·") ? 9 : $0.drop { $0 != "." }.dropFirst().count }
        let between = marks.count > 1 ? abs(marks[1].value - marks[0].value) / 10 : 0
        return Self.label(value, digits: (digits.max() ?? 0) + 1, step: between)
    }

    /// 1, 2 or 5 times a power of ten apart, and not less than `apart`.
    private static func linear(
        _ least: Double, _ greatest: Double, _ count: Int, _ isLoose: Bool, _ apart: Double
    ) -> Layout {
        // Numbers that are all the same, or nearly, get room around them.
        let size = max(abs(least), abs(greatest))
        let room = greatest - least > max(size * 1e-9, 1e-290) ? 0 : max(size * 0.1, 0.5)
        let (low, high) = (least - room, greatest + room)
        let rough = max((high - low) / Double(count), apart)
        let power = pow(10, log10(rough).rounded(.down))
        let step = power * ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10)
        let (first, last) = ((low / step).rounded(isLoose ? .down : .up), (high / step).rounded(isLoose ? .up : .down))
        let digits = max(0, Int((-log10(step * 1.001)).rounded(.up)))
        let marks = (0...max(0, Int(last - first))).map { index in
            let value = (first + Double(index)) * step
            return (value: value, label: label(value, digits: digits, step: step))
        }
        // A step may be longer than the axis.
        return (
            isLoose ? first * step...last * step : low...high,
            marks.filter { isLoose || $0.value <= high + step * 1e-9 }
        )
    }

    /// Years, or where they are too far apart what is shorter.
    private static func calendar(_ least: Double, _ greatest: Double, _ count: Int) -> Layout {
        // One day alone gets two on either side.
        let room = greatest > least ? 0 : 2.0 / 365
        let (low, high) = (least - room, greatest + room)
        let months = (high - low) * 12 / Double(count)
        guard months < 7, let first = CalendarDate(years: low), let last = CalendarDate(years: high) else {
            return linear(least, greatest, count, false, 1)
        }
        let isShort = last.instant - first.instant < 2 * 86_400_000
        let marks = isShort ? times(from: first, to: last, count) : days(from: first, to: last, months)
        return (low...high, marks.filter { (low...high).contains($0.value) })
    }

    /// The first days of months so far apart, or days of months: 1, 2, 5 or 10 apart.
    private static func days(
        from first: CalendarDate, to last: CalendarDate, _ months: Double
    ) -> [(value: Double, label: String)] {
        let inMonths = [1, 2, 3, 6].first { Double($0) >= months * 0.999 } ?? 6
        let inDays = [1, 2, 5, 10].first { Double($0) >= months * 30 * 0.999 }
        // Those at a month's end would lie close to the next month's first.
        let days = inDays.map { apart in stride(from: 1, through: 31 - apart / 2, by: apart).map(\.self) } ?? [1]
        return (first.year...last.year).flatMap { year in
            stride(from: 1, through: 12, by: inDays == nil ? inMonths : 1).flatMap { month in
                days.compactMap { CalendarDate(year: year, month: month, day: $0) }
            }
        }.map { date in
            (value: date.years, label: inDays == nil ? String(date.description.dropLast(3)) : date.description)
        }
    }

    /// Times of day, from 1 second to 12 hours apart. The day is written in place of its midnight, or with the first.
    private static func times(
        from first: CalendarDate, to last: CalendarDate, _ count: Int
    ) -> [(value: Double, label: String)] {
        let steps = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
        ]
        let least = Double(last.instant - first.instant) / 1000 / Double(count)
        let step = (steps.first { Double($0) >= least * 0.999 } ?? 43_200) * 1000
        let start = first.instant - first.milliseconds % step
        var dates = stride(from: start, through: last.instant, by: step).compactMap { CalendarDate(instant: $0) }
        dates.removeAll { $0 < first }
        if dates.isEmpty { dates = [first] }
        let hasDay = dates.contains { $0.milliseconds == 0 }
        return dates.enumerated().map { index, date in
            let isDay = date.milliseconds == 0 || index == 0 && !hasDay
            return (value: date.years, label: isDay ? date.description : String(date.description.dropFirst(11)))
        }
    }

    private static func label(_ value: Double, digits: Int, step: Double) -> String {
        abs(value) >= 1e6 || digits > 6 ? scientific(value, step: step) : value.fixed(digits)
    }

    /// Powers of ten, and where there are few the numbers between.
    private static func logarithmic(_ least: Double, _ greatest: Double, _ count: Int) -> Layout {
        let (first, last) = (Int(log10(least).rounded(.down)), Int(log10(greatest).rounded(.up)))
        let (low, high) = (first, max(last, first + 1))
        let decades = high - low
        let every = [1, 2, 3, 5, 10, 20, 50].first { $0 * count >= decades } ?? 100
        let between = decades > 3 ? [1] : decades > 1 ? [1, 2, 5] : Array(1...9)
        let written = decades > 2 ? [1] : [1, 2, 5]
        var marks: [(value: Double, label: String)] = []
        for power in low...high where decades <= 12 || power.isMultiple(of: every) {
            for factor in between where power < high || factor == 1 {
                let isWritten = written.contains(factor) && power.isMultiple(of: every)
                marks.append((Double(factor) * pow(10, Double(power)), isWritten ? label(factor, power) : ""))
            }
        }
        return (pow(10, Double(low))...pow(10, Double(high)), marks)
    }

    /// `factor · 10^power`: plain where it is short.
    private static func label(_ factor: Int, _ power: Int) -> String {
        if (-3...4).contains(power) { return (Double(factor) * pow(10, Double(power))).fixed(max(0, -power)) }
        return (factor == 1 ? "" : "\(factor)·") + "10" + superscript(power)
    }

    /// With as many digits as neighbours a step away need to differ.
    private static func scientific(_ value: Double, step: Double) -> String {
        guard value != 0 else { return "0" }
        let power = Int(log10(abs(value) * 1.000_001).rounded(.down))
        let finest = step > 0 ? Int(log10(step * 1.000_001).rounded(.down)) : power - 1
        let digits = max(1, min(15, power - finest))
        let factor = (value / pow(10, Double(power))).fixed(digits)
        return (digits == 1 && factor.hasSuffix(".0") ? String(factor.dropLast(2)) : factor) + "·10"
            + superscript(power)
    }

    private static func superscript(_ number: Int) -> String {
        let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        return (number < 0 ? "⁻" : "")
            + String(number.magnitude).compactMap(\.wholeNumberValue).map { String(digits[$0]) }.joined()
    }
}
