import UnrollData

extension Chart {
    /// The drawing.
    public var svg: String { ChartLayout(self).svg }
}

/// A chart laid out.
struct ChartLayout {
    let chart: Chart
    let x, y: Ticks
    let frame: Frame
    let area: Area
    /// How far below the chart its axis's title is.
    private let foot: Double
    /// Whether what is written below the axis leans.
    private let leans: Bool

    init(_ chart: Chart) {
        self.chart = chart
        let looks = Self.looks(chart)
        frame = Frame(title: chart.title, subtitle: chart.subtitle, legend: looks)
        let width = Frame.width - Frame.left - Frame.right
        var area = Area(left: Frame.left, top: frame.top, width: width, height: chart.isEquallyScaled ? 480 : 340)
        var axes = Self.axes(chart, in: area)
        let room = Self.room(for: axes.0, in: area)
        if chart.x.categories.isEmpty, room < area.width {
            area.width = room
            axes = Self.axes(chart, in: area)
        }
        (self.area, x, y) = (area, axes.0, axes.1)
        let widest = chart.x.categories.lazy.map(\.width).max() ?? 0
        leans = widest > area.width / Double(max(chart.x.categories.count, 1)) - 10
        // sin 35° of the width, and the height of type.
        foot = leans ? (min(widest, 120) * 0.57 + 42).rounded() : 42
    }

    /// How long an axis may be, so that what is written below its last marks ends within the drawing.
    private static func room(for x: Ticks, in area: Area) -> Double {
        let rooms = x.marks.compactMap { mark -> Double? in
            guard let place = x.place(mark.value), place > 0 else { return nil }
            // The width is an estimate.
            return (Frame.width - 4 - mark.label.width * 1.08 / 2 - area.left) / place
        }
        return rooms.min().map { max($0, area.width / 2) } ?? area.width
    }

    /// What the legend has: lines, points, bars and bands in order.
    private static func looks(_ chart: Chart) -> [Frame.Entry] {
        var next = 0
        let entry = { (name: String, mark: Frame.Mark, colour: Int?, isDashed: Bool) in
            defer { next += colour == nil ? 1 : 0 }
            return Frame.Entry(name: name, mark: mark, look: Look(colour ?? next, isDashed: isDashed))
        }
        return chart.lines.map { entry($0.name, .line, $0.colour, $0.isDashed) }
            + chart.points.map { entry($0.name, .dot, $0.colour, false) }
            + chart.bars.map { entry($0.name, .bar, $0.colour, false) }
            + chart.bands.map { entry($0.name, .band, $0.colour, false) }
    }

    /// The axes, as long as everything that has a place on both needs them.
    private static func axes(_ chart: Chart, in area: Area) -> (Ticks, Ticks) {
        let points = chart.lines.flatMap(\.points) + chart.points.flatMap(\.points)
        let bands = chart.bands.flatMap(\.intervals)
        let bars = chart.bars.flatMap { $0.values.enumerated() }
        var across = points.map(\.x) + bands.map(\.x) + bars.map { Double($0.offset) }
        var up = points.map(\.y) + bands.flatMap { [$0.lower, $0.upper] } + bars.map(\.element)
        if !bars.isEmpty { up.append(0) }
        for rule in chart.rules {
            switch rule.place {
            case .vertical(let place): across.append(place)
            case .horizontal(let place): up.append(place)
            }
        }
        for range in [chart.x.range].compactMap(\.self) { across += [range.lowerBound, range.upperBound] }
        for range in [chart.y.range].compactMap(\.self) { up += [range.lowerBound, range.upperBound] }
        if chart.isEquallyScaled { (across, up) = equal(across, up, in: area) }
        let isNamed = !chart.x.categories.isEmpty || !chart.bars.isEmpty
        let x =
            isNamed
            ? Ticks(categories: chart.x.categories, across, most: Int(area.width / 16))
            : Ticks(across, chart.x.scale, count: 8, isLoose: false, isWhole: chart.x.isWhole)
        let isLoose = !chart.isEquallyScaled
        return (x, Ticks(up, chart.y.scale, count: 8, isLoose: isLoose, isWhole: chart.y.isWhole))
    }

    /// The ends of two axes of one scale, with room around the points for what is written there.
    private static func equal(_ x: [Double], _ y: [Double], in area: Area) -> ([Double], [Double]) {
        let ends = [x, y].map { values -> (middle: Double, half: Double) in
            let shown = values.filter { Ticks.hasPlace($0, .linear) }
            let (least, greatest) = (shown.min() ?? 0, shown.max() ?? 0)
            return (least / 2 + greatest / 2, greatest / 2 - least / 2)
        }
        // A point of the drawing stands for so much.
        let scale = max(ends[0].half / (area.width - 80), ends[1].half / (area.height - 60))
        let step = scale > 0 ? scale : 1 / area.height
        let (across, up) = (step * area.width, step * area.height)
        return (
            [ends[0].middle - across, ends[0].middle + across], [ends[1].middle - up, ends[1].middle + up]
        )
    }

    var svg: String {
        frame.svg(height: area.bottom + foot + 14) { svg in
            axes(to: &svg)
            marks(to: &svg)
        }
    }

    /// Where a point lies in the drawing; nil where it has no place.
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double)? {
        guard let across = self.x.place(x), let up = self.y.place(y) else { return nil }
        return (area.left + across * area.width, area.top + (1 - up) * area.height)
    }

    /// The grid, what is written beside it, and the axes' titles.
    private func axes(to svg: inout SVG) {
        for mark in y.marks {
            let place = area.bottom - (y.place(mark.value) ?? 0) * area.height
            svg.rule(
                from: (area.left, place), to: (area.right, place), mark.label.isEmpty ? "grid faintest" : "grid")
            if !mark.label.isEmpty { svg.text(mark.label, area.left - 8, place + 4, "end") }
        }
        for mark in x.marks {
            let place = area.left + (x.place(mark.value) ?? 0) * area.width
            svg.rule(from: (place, area.bottom), to: (place, area.bottom + 5), "axis")
            if mark.label.isEmpty { continue }
            if leans {
                svg.text(mark.label.clipped(to: 120), place + 4, area.bottom + 16, "end", angle: -35)
            } else {
                svg.text(mark.label, place, area.bottom + 20, "middle")
            }
        }
        svg.rule(from: (area.left, area.bottom), to: (area.right, area.bottom), "axis")
        let middle = (x: area.left + area.width / 2, y: area.top + area.height / 2)
        svg.text(chart.x.name.clipped(to: area.width), middle.x, area.bottom + foot, "middle")
        svg.text(chart.y.name.clipped(to: area.height), 18, middle.y, "middle", angle: -90)
    }
}

extension Chart.Axis {
    /// With the unit behind it.
    fileprivate var name: String { unit.map { "\(title) (\($0))" } ?? title }
}
