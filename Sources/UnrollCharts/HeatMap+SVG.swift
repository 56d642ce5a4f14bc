import UnrollData

extension HeatMap {
    /// The drawing.
    public var svg: String { HeatMapLayout(coarse).svg }
}

/// A matrix laid out: as wide as its names leave room, with the scale of colours to its right.
private struct HeatMapLayout {
    private let map: HeatMap
    private let frame: Frame
    private let area: Area
    private let scale: Ticks
    /// How large a cell is.
    private let cell: (width: Double, height: Double)
    /// Whether the columns' names are upright.
    private let isUpright: Bool
    /// How far below the matrix its title is.
    private let foot: Double

    /// Room for the scale and what is written beside it, and how wide names may be.
    private static let (side, longest) = (112.0, 150.0)
    /// From here on what is written in a cell has the ground's colour.
    private static let dark = 0.66

    init(_ map: HeatMap) {
        self.map = map
        frame = Frame(title: map.title, subtitle: map.subtitle, legend: [])
        let ends = map.scale.range.map { [$0.lowerBound, $0.upperBound] } ?? []
        scale = Ticks(map.values.joined() + ends, .linear, count: 5, isLoose: false)
        let widest = { (names: [String]) in min(Self.longest, names.lazy.map(\.width).max() ?? 0) }
        let (rows, columns) = (Double(max(map.rows.names.count, 1)), Double(max(map.columns.names.count, 1)))
        let left = max(Frame.left, widest(map.rows.names) + 44)
        let width = min((Frame.width - left - Self.side) / columns, 64)
        let height = min(min(max(width, 16), 34), 760 / rows)
        cell = (width, height)
        area = Area(left: left, top: frame.top, width: width * columns, height: height * rows)
        isUpright = widest(map.columns.names) > width - 4
        foot = isUpright ? widest(map.columns.names) + 32 : 42
    }

    var svg: String {
        let bottom = max(area.bottom + foot, area.top + bar.height).rounded()
        return frame.svg(height: bottom + 14) { svg in
            names(to: &svg)
            cells(to: &svg)
            svg.box(area.left, area.top, area.width, area.height, "outline")
            if scale.range.lowerBound < scale.range.upperBound { legend(to: &svg) }
        }
    }

    private func names(to svg: inout SVG) {
        // Lines of type need so much.
        let (rows, columns) = (Int((11 / cell.height).rounded(.up)), Int((12 / cell.width).rounded(.up)))
        for (index, name) in map.rows.names.enumerated() where index.isMultiple(of: rows) {
            let middle = area.top + (Double(index) + 0.5) * cell.height
            svg.text(name.clipped(to: HeatMapLayout.longest), area.left - 8, middle + 4, "end")
        }
        for (index, name) in map.columns.names.enumerated() where !isUpright || index.isMultiple(of: columns) {
            let middle = area.left + (Double(index) + 0.5) * cell.width
            if isUpright {
                svg.text(
                    name.clipped(to: HeatMapLayout.longest), middle + 4, area.bottom + 8, "end", angle: -90)
            } else {
                svg.text(name, middle, area.bottom + 18, "middle")
            }
        }
        let room = max(area.width, 200)
        svg.text(map.columns.title.clipped(to: room), area.left + area.width / 2, area.bottom + foot, "middle")
        let middle = area.top + area.height / 2
        svg.text(map.rows.title.clipped(to: max(area.height, 120)), 18, middle, "middle", angle: -90)
    }

    private func cells(to svg: inout SVG) {
        let size = textSize
        // Where cells are large they are set apart.
        let gap = min(cell.width, cell.height) >= 10 ? 1.0 : 0
        for (row, values) in map.values.enumerated() {
            for (column, value) in values.enumerated() {
                guard let share = scale.place(value) else { continue }
                let (x, y) = (
                    area.left + Double(column) * cell.width, area.top + Double(row) * cell.height
                )
                box(
                    (x + gap / 2, y + gap / 2), (cell.width - gap, cell.height - gap), share,
                    tip: "\(map.rows.names[row]), \(map.columns.names[column]): \(scale.written(value))", to: &svg)
                guard let size, !map.texts[row][column].isEmpty else { continue }
                let style = "middle" + (size.style.isEmpty ? "" : " \(size.style)") + (share > Self.dark ? " on" : "")
                svg.text(
                    map.texts[row][column], x + cell.width / 2, y + cell.height / 2 + size.height * 0.35, style)
            }
        }
    }

    private func box(
        _ place: (x: Double, y: Double), _ size: (width: Double, height: Double), _ share: Double, tip: String?,
        to svg: inout SVG
    ) {
        svg.add(
            "rect",
            [
                "class": "cell", "fill-opacity": min(max(share, 0), 1).fixed(3), "x": place.x.fixed(2),
                "y": place.y.fixed(2), "width": size.width.fixed(2), "height": size.height.fixed(2),
            ], tip: tip)
    }

    /// The greatest type in which all texts fit into their cells.
    private var textSize: (style: String, height: Double)? {
        guard let widest = map.texts.joined().lazy.map(\.width).max(), widest > 0 else { return nil }
        return [("", 12.0), ("small", 10), ("smallest", 8)].first { _, size in
            widest * size / 12 <= cell.width - 3 && size + 3 <= cell.height
        }
    }

    private var bar: Area {
        Area(
            left: area.right + 18, top: area.top, width: 14, height: (min(max(area.height, 160), 260) / 4).rounded() * 4
        )
    }

    /// The scale: its colours from below, and the numbers beside them.
    private func legend(to svg: inout SVG) {
        let bar = bar
        for y in stride(from: 0, to: bar.height, by: 4) {
            box((bar.left, bar.top + y), (bar.width, 4), 1 - (y + 2) / bar.height, tip: nil, to: &svg)
        }
        svg.box(bar.left, bar.top, bar.width, bar.height, "outline")
        for mark in scale.marks {
            let y = bar.bottom - (scale.place(mark.value) ?? 0) * bar.height
            svg.rule(from: (bar.right, y), to: (bar.right + 4, y), "axis")
            svg.text(mark.label, bar.right + 7, y + 4)
        }
        let title = map.scale.unit.map { "\(map.scale.title) (\($0))" } ?? map.scale.title
        let middle = bar.top + bar.height / 2
        svg.text(title.clipped(to: bar.height), bar.right + 58, middle, "middle", angle: -90)
    }
}
