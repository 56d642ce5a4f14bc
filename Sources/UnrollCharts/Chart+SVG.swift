import UnrollData

extension Chart {

    /// The drawing.
    public var svg: String { LineDrawing(self).svg }
}

/// A chart laid out.
private struct LineDrawing {
    private let chart: Chart
    private let x, y: Ticks
    private let legend: [(x: Double, y: Double)]
    private let top: Double

    private static let (width, left, right, height, bottom) = (760.0, 76.0, 24.0, 340.0, 56.0)
    private static let swatch = 26.0

    /// Light and dark, without red beside green (after Okabe & Ito 2008).
    private static let colours = [
        ("#0072b2", "#56b4e9"), ("#d55e00", "#ff9a4d"), ("#007f5f", "#2fc79a"), ("#b0578d", "#e29ac7"),
        ("#8a6d00", "#e6c229"), ("#444444", "#c8c8c8"),
    ]
    /// Of the lines after as many as there are colours.
    private static let dashes = ["none", "6 4", "2 3", "8 3 2 3"]

    init(_ chart: Chart) {
        self.chart = chart
        let points = chart.lines.flatMap(\.points)
        x = Ticks(points.map(\.x), chart.x.scale, count: 8, isLoose: false)
        y = Ticks(points.map(\.y), chart.y.scale, count: 8, isLoose: true)
        var place = (x: Self.left, y: chart.subtitle.isEmpty ? 54.0 : 72.0)
        legend = chart.lines.map { line in
            let width = Self.swatch + Self.width(of: line.name) + 20
            if place.x > Self.left, place.x + width > Self.width - Self.right { place = (Self.left, place.y + 20) }
            defer { place.x += width }
            return place
        }
        top = (legend.last?.y ?? 40) + 22
    }

    /// About how wide text is, at the size of the legend's.
    private static func width(of text: String) -> Double { Double(text.count) * 6.7 }

    var svg: String {
        let height = top + Self.height + Self.bottom
        let size =
            "width=\"\(Self.width.coordinate)\" height=\"\(height.coordinate)\" "
            + "viewBox=\"0 0 \(Self.width.coordinate) \(height.coordinate)\""
        var svg = SVG()
        svg.add(
            verbatim: "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) class=\"unroll-chart\" role=\"img\">\n")
        svg.add("title", [:], content: chart.title)
        svg.add(verbatim: "<style>\n\(style)</style>\n")
        svg.add("rect", ["class": "ground", "width": "100%", "height": "100%"])
        text(chart.title, Self.left, 28, "title", to: &svg)
        if !chart.subtitle.isEmpty { text(chart.subtitle, Self.left, 48, "faint", to: &svg) }
        axes(to: &svg)
        for (index, line) in chart.lines.enumerated() {
            let style = "line colour-\(index % Self.colours.count)"
            let dash = Self.dashes[index / Self.colours.count % Self.dashes.count]
            svg.group(["class": style, "stroke-dasharray": dash]) { svg in
                let (x, y) = legend[index]
                add([(x, y), (x + Self.swatch - 8, y)], to: &svg)
                for run in runs(of: line) { add(run, to: &svg) }
            }
            text(line.name, legend[index].x + Self.swatch, legend[index].y + 4, "", to: &svg)
        }
        svg.add(verbatim: "</svg>\n")
        return svg.text
    }

    /// The grid, what is written beside it, and the axes' titles.
    private func axes(to svg: inout SVG) {
        let (right, bottom) = (Self.width - Self.right, top + Self.height)
        for mark in y.marks {
            let place = bottom - (y.place(mark.value) ?? 0) * Self.height
            rule(from: (Self.left, place), to: (right, place), mark.label.isEmpty ? "grid faintest" : "grid", to: &svg)
            if !mark.label.isEmpty { text(mark.label, Self.left - 8, place + 4, "end", to: &svg) }
        }
        for mark in x.marks {
            let place = Self.left + (x.place(mark.value) ?? 0) * (right - Self.left)
            rule(from: (place, bottom), to: (place, bottom + 5), "axis", to: &svg)
            if !mark.label.isEmpty { text(mark.label, place, bottom + 20, "middle", to: &svg) }
        }
        rule(from: (Self.left, bottom), to: (right, bottom), "axis", to: &svg)
        text(chart.x.name, (Self.left + right) / 2, bottom + 42, "middle", to: &svg)
        let middle = (top + bottom) / 2
        svg.add(
            "text", ["class": "middle", "transform": "translate(18 \(middle.coordinate)) rotate(-90)"],
            content: chart.y.name)
    }

    /// The parts of a line between its gaps, as they lie in the drawing.
    private func runs(of line: Chart.Line) -> [[(x: Double, y: Double)]] {
        var runs: [[(x: Double, y: Double)]] = [[]]
        for point in line.points {
            if let across = x.place(point.x), let up = y.place(point.y) {
                let width = Self.width - Self.right - Self.left
                runs[runs.count - 1].append((Self.left + across * width, top + (1 - up) * Self.height))
            } else if !runs[runs.count - 1].isEmpty {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func add(_ points: [(x: Double, y: Double)], to svg: inout SVG) {
        if points.count == 1 {
            svg.add(
                "circle", ["class": "dot", "cx": points[0].x.coordinate, "cy": points[0].y.coordinate, "r": "2.5"])
        } else {
            let places = points.map { "\($0.x.coordinate),\($0.y.coordinate)" }
            svg.add("polyline", ["points": places.joined(separator: " ")])
        }
    }

    private func rule(
        from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ style: String, to svg: inout SVG
    ) {
        svg.add(
            "line",
            [
                "class": style, "x1": start.x.coordinate, "y1": start.y.coordinate, "x2": end.x.coordinate,
                "y2": end.y.coordinate,
            ])
    }

    private func text(_ text: String, _ x: Double, _ y: Double, _ style: String, to svg: inout SVG) {
        svg.add("text", ["class": style, "x": x.coordinate, "y": y.coordinate], content: text)
    }

    /// One look for light ground, another for dark: the reader's system says which.
    private var style: String {
        let colours = Self.colours.prefix(chart.lines.count)
        return """
            .unroll-chart text { font: 12px system-ui, sans-serif; }
            .unroll-chart .title { font-size: 15px; font-weight: 600; }
            .unroll-chart .middle { text-anchor: middle; }
            .unroll-chart .end { text-anchor: end; }
            .unroll-chart .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
            \(Self.look(ground: "#ffffff", text: "#222222", faint: "#666666", grid: "#dddddd", colours.map(\.0)))
            @media (prefers-color-scheme: dark) {
            \(Self.look(ground: "#16181c", text: "#e6e6e6", faint: "#a0a0a0", grid: "#3a3d44", colours.map(\.1)))
            }

            """
    }

    private static func look(
        ground: String, text: String, faint: String, grid: String, _ colours: [String]
    ) -> String {
        let lines = colours.enumerated().map { index, colour in
            ".unroll-chart .colour-\(index) { stroke: \(colour); }\n"
                + ".unroll-chart .colour-\(index) .dot { fill: \(colour); }"
        }
        return """
            .unroll-chart .ground { fill: \(ground); }
            .unroll-chart text { fill: \(text); }
            .unroll-chart .faint { fill: \(faint); }
            .unroll-chart .grid { stroke: \(grid); }
            .unroll-chart .faintest { stroke-opacity: 0.5; }
            .unroll-chart .axis { stroke: \(faint); }
            \(lines.joined(separator: "\n"))
            """
    }
}

extension Chart.Axis {
    /// With the unit behind it.
    fileprivate var name: String { unit.map { "\(title) (\($0))" } ?? title }
}
