/// What every drawing has around it: title, legend and style, and how large they are.
struct Frame {
    /// What the legend shows of a mark.
    enum Mark { case line, band, dot, bar }

    /// A name in the legend.
    struct Entry {
        var name: String
        var mark: Mark
        var look: Look
    }

    static let (width, left, right) = (760.0, 76.0, 24.0)
    private static let swatch = 26.0

    let title, subtitle: String
    let legend: [Entry]
    /// Where each of the legend's begins; those without a name have no place.
    private let places: [(x: Double, y: Double)?]
    /// Below all that.
    let top: Double

    init(title: String, subtitle: String, legend: [Entry]) {
        (self.title, self.subtitle, self.legend) = (title, subtitle, legend)
        var place = (x: Self.left, y: subtitle.isEmpty ? 54.0 : 72.0)
        var isEmpty = true
        places = legend.map { entry in
            guard !entry.name.isEmpty else { return nil }
            let width = Self.swatch + min(entry.name.width, Self.longest) + 20
            if !isEmpty, place.x + width > Self.width - Self.right { place = (Self.left, place.y + 20) }
            isEmpty = false
            defer { place.x += width }
            return place
        }
        top = (isEmpty ? (subtitle.isEmpty ? 26 : 46) : place.y) + 22
    }

    /// How wide a name may be.
    private static var longest: Double { width - left - right - swatch - 20 }

    /// The drawing, so high, with what the parts add.
    func svg(height: Double, _ parts: (inout SVG) -> Void) -> String {
        let size =
            "width=\"\(Self.width.coordinate)\" height=\"\(height.coordinate)\" "
            + "viewBox=\"0 0 \(Self.width.coordinate) \(height.coordinate)\""
        var svg = SVG()
        svg.add(
            verbatim: "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) class=\"unroll-chart\" role=\"img\">\n")
        svg.add("title", [:], content: title)
        let colours = (legend.map(\.look.colour).max() ?? -1) + 1
        svg.add(verbatim: "<style>\n\(Style.sheet(colours: colours))</style>\n")
        svg.add("rect", ["class": "ground", "width": "100%", "height": "100%"])
        let room = Self.width - Self.left - Self.right
        svg.text(title.clipped(to: room, size: 16), Self.left, 28, "title")
        if !subtitle.isEmpty { svg.text(subtitle.clipped(to: room), Self.left, 48, "faint") }
        parts(&svg)
        for (entry, place) in zip(legend, places) {
            guard let place else { continue }
            svg.text(entry.name.clipped(to: Self.longest), place.x + Self.swatch, place.y + 4)
        }
        svg.add(verbatim: "</svg>\n")
        return svg.text
    }

    /// A mark with all its parts, and what the legend shows of it.
    func series(_ index: Int, to svg: inout SVG, _ parts: (inout SVG) -> Void) {
        let (entry, place) = (legend[index], places[index])
        let style = (entry.mark == .line ? "line " : "") + "colour-\(entry.look.colour)"
        svg.group(["class": style, "stroke-dasharray": entry.look.dashes]) { svg in
            if let (x, y) = place {
                switch entry.mark {
                case .line: svg.line([(x, y), (x + Self.swatch - 8, y)])
                case .band: svg.box(x, y - 6, Self.swatch - 8, 12, "band solid")
                case .bar: svg.box(x + 3, y - 6, 12, 12, "bar solid")
                case .dot: svg.dot(x + 9, y)
                }
            }
            parts(&svg)
        }
    }
}

extension String {
    /// About how wide it is at the usual size of type. East Asian characters and pictures are as wide as high.
    var width: Double {
        reduce(0) { width, character in
            let first = character.unicodeScalars.first?.value ?? 0
            return width + ((0x1100..<0x1200).contains(first) || first >= 0x2E80 ? 12 : 6.7)
        }
    }

    /// As much of it as there is room for, with an ellipsis where that is not all.
    func clipped(to room: Double, size: Double = 12) -> String {
        guard width * size / 12 > room else { return self }
        var (kept, used) = ("", "…".width)
        for character in self {
            used += String(character).width
            if used * size / 12 > room { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
