import UnrollData

/// What a chart shows, in the order in which one covers another.
extension ChartLayout {
    func marks(to svg: inout SVG) {
        let starts = [chart.lines.count, chart.points.count, chart.bars.count]
        let (points, bars) = (starts[0], starts[0] + starts[1])
        for (index, band) in chart.bands.enumerated() {
            frame.series(bars + starts[2] + index, to: &svg) { svg in draw(band, to: &svg) }
        }
        for (index, values) in chart.bars.enumerated() {
            frame.series(bars + index, to: &svg) { svg in draw(values, index, to: &svg) }
        }
        rules(to: &svg)
        for (index, line) in chart.lines.enumerated() {
            frame.series(index, to: &svg) { svg in draw(line, to: &svg) }
        }
        let places = chart.points.map { Thinning.apart($0.points.map { place($0.x, $0.y) }) }
        for (index, kept) in places.enumerated() {
            frame.series(points + index, to: &svg) { svg in draw(chart.points[index], kept, to: &svg) }
        }
        labels(of: places, to: &svg)
    }

    /// The parts of a line between its gaps.
    private func draw(_ line: Chart.Line, to svg: inout SVG) {
        let places = line.points.map { place($0.x, $0.y) }
        for run in runs(places, by: [\.x, \.y]) {
            svg.line(run)
            if line.isDotted, run.count > 1 { for point in run { svg.dot(point.x, point.y) } }
        }
    }

    /// There and back again.
    private func draw(_ band: Chart.Band, to svg: inout SVG) {
        typealias Span = (x: Double, lower: Double, upper: Double)
        let places = band.intervals.map { interval -> Span? in
            guard let lower = place(interval.x, interval.lower), let upper = place(interval.x, interval.upper)
            else { return nil }
            return (lower.x, lower.y, upper.y)
        }
        for run in runs(places, by: [\.lower, \.upper]) {
            // One interval alone would have no width.
            let width = run.count == 1 ? 2.0 : 0
            let there = run.flatMap { [($0.x - width, $0.upper), ($0.x + width, $0.upper)].prefix(width > 0 ? 2 : 1) }
            let back = run.reversed().flatMap {
                [($0.x + width, $0.lower), ($0.x - width, $0.lower)].prefix(width > 0 ? 2 : 1)
            }
            svg.polygon((there + back).map { (x: $0.0, y: $0.1) }, "band solid")
        }
    }

    /// What has a place, without the gaps between; of very much, as much as can be seen.
    private func runs<Place>(_ places: [Place?], by measures: [KeyPath<Place, Double>]) -> [[Place]] {
        var shown: [(place: Place, run: Int)] = []
        var run = 0
        for place in places {
            if let place { shown.append((place, run)) } else { run += 1 }
        }
        let kept = Thinning.kept(shown.count, by: measures.map { path in { shown[$0].place[keyPath: path] } })
        var runs: [[Place]] = []
        var last: Int?
        for index in kept {
            if last != shown[index].run { runs.append([]) }
            last = shown[index].run
            runs[runs.count - 1].append(shown[index].place)
        }
        return runs
    }

    /// The bars numbered `index`: beside those of the others in every category.
    private func draw(_ bars: Chart.Bars, _ index: Int, to svg: inout SVG) {
        let room = area.width / (x.range.upperBound - x.range.lowerBound)
        let width = room * 0.8 / Double(chart.bars.count)
        let zero = min(max(y.place(0) ?? 0, 0), 1)
        for (category, value) in bars.values.enumerated() {
            guard let place = place(Double(category), value) else { continue }
            let base = area.bottom - zero * area.height
            let left = place.x - room * 0.4 + Double(index) * width
            svg.box(left, min(place.y, base), max(width - min(2, width * 0.1), 0.1), abs(place.y - base), "bar solid")
        }
    }

    /// Reference lines; the names of upright ones stand below one another.
    private func rules(to svg: inout SVG) {
        var row = 0
        for rule in chart.rules {
            switch rule.place {
            case .vertical(let place):
                guard let across = x.place(place) else { continue }
                let left = area.left + across * area.width
                svg.rule(from: (left, area.top), to: (left, area.bottom), "rule")
                let name = rule.name.clipped(to: area.width / 2 - 8)
                let height = area.top + 13 + Double(row % 20) * 15
                let isLeft = left + 6 + name.width > area.right
                svg.text(name, left + (isLeft ? -6 : 6), height, isLeft ? "faint label end" : "faint label")
                row += 1
            case .horizontal(let place):
                guard let up = y.place(place) else { continue }
                let top = area.bottom - up * area.height
                svg.rule(from: (area.left, top), to: (area.right, top), "rule")
                let name = rule.name.clipped(to: area.width - 8)
                svg.text(name, area.right - 4, top < area.top + 16 ? top + 14 : top - 5, "faint label end")
            }
        }
    }

    private func draw(_ points: Chart.Points, _ kept: [Int], to svg: inout SVG) {
        for index in kept {
            guard let (x, y) = place(points.points[index].x, points.points[index].y) else { continue }
            svg.dot(x, y, tip: points.labels.isEmpty ? nil : points.labels[index])
        }
    }

    /// Above everything else: what would cover another text is left to the tip.
    private func labels(of kept: [[Int]], to svg: inout SVG) {
        let places = zip(chart.points, kept).map { points, kept in
            kept.compactMap { index in
                place(points.points[index].x, points.points[index].y).map {
                    (place: $0, text: points.labels.isEmpty ? "" : points.labels[index].clipped(to: 140))
                }
            }
        }.joined()
        var labels = Labels(in: area, around: places.map(\.place))
        for (place, text) in places.filter({ !$0.text.isEmpty }).prefix(Labels.most) {
            guard let label = labels.place(text, at: place) else { continue }
            if label.isFar { svg.rule(from: place, to: (label.x, label.y - 4), "leader") }
            svg.text(text, label.x, label.y, label.style)
        }
    }
}
