import Unroll

/// Ratios to the peers and fractions of the peak as a drawing (SVG): a row for each case and pass.
struct Chart {
    private let figures: [Figures]
    private let title: String

    init(_ figures: [Figures], _ title: String) { (self.figures, self.title) = (figures, title) }

    private static let (row, left, panel, gap, top) = (16.0, 280.0, 280.0, 40.0, 84.0)
    private static let colours = ["#3b6ea5", "#c1662f", "#4d9a63", "#8a63b0"]

    /// A bar of a panel: what it stands for, and how long it is.
    private struct Bar {
        var name: String
        var value: Double
    }

    /// The drawing.
    var svg: String {
        let peaks = figures.map { figures in
            figures.devices.compactMap { device in device.fractionOfPeak.map { Bar(name: device.device, value: $0) } }
        }
        let ratios = figures.map { figures in
            figures.peers.flatMap { peer in
                figures.devices.map {
                    Bar(name: "\(peer.peer) ÷ \($0.device)", value: figures.ratio($0, peer))
                }
            }
        }
        let heights = zip(peaks, ratios).map { Double(max($0.count, $1.count, 1)) * 6 + Self.row - 6 }
        let height = Self.top + heights.reduce(0, +) + 40
        let width = Self.left + 2 * Self.panel + Self.gap + 30
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width.fixed(0))\" height=\"\(height.fixed(0))\" "
                + "font-family=\"sans-serif\" font-size=\"10\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>", text(10, 18, title, size: 12),
        ]
        var y = Self.top
        for (figures, height) in zip(figures, heights) {
            lines.append(
                text(Self.left - 6, y + 8, "\(figures.work.rawValue) \(figures.item) \(figures.pass)", anchor: "end"))
            y += height
        }
        lines += panel("fraction of the peak", peaks, heights, at: Self.left, end: 1, mark: nil)
        lines += panel(
            "times as fast", ratios, heights, at: Self.left + Self.panel + Self.gap,
            end: ratios.joined().map(\.value).max().map { max(1.5, min(4, $0)) } ?? 1.5, mark: 1)
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    /// Bars from `x` on, a scale above them whose end is `end`, and a line at `mark`.
    private func panel(
        _ name: String, _ rows: [[Bar]], _ heights: [Double], at x: Double, end: Double, mark: Double?
    ) -> [String] {
        let names = rows.joined().map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let bottom = Self.top + heights.reduce(0, +)
        let place = { (value: Double) in x + min(value, end) / end * Self.panel }
        var lines = [text(x, 42, name, size: 11)]
        for (index, name) in names.enumerated() {
            let (x, y) = (x + Double(index % 2) * 140, 50 + Double(index / 2) * 12)
            lines.append(rectangle(x, y, 8, 6, Self.colours[index % Self.colours.count]))
            lines.append(text(x + 11, y + 6, name))
        }
        for tick in stride(from: 0, through: end, by: end <= 2 ? 0.25 : end / 4) {
            let colour = tick == mark ? "#444444" : "#dddddd"
            lines.append(line(place(tick), Self.top - 8, bottom, colour))
            lines.append(text(place(tick), bottom + 14, tick.fixed(2), anchor: "middle"))
        }
        if let mark { lines.append(line(place(mark), Self.top - 8, bottom, "#444444")) }
        var y = Self.top
        for (bars, height) in zip(rows, heights) {
            for (index, bar) in bars.enumerated() {
                let colour = Self.colours[names.firstIndex(of: bar.name)! % Self.colours.count]
                lines.append(rectangle(x, y + Double(index) * 6, place(bar.value) - x, 5, colour))
                if bar.value > end { lines.append(text(place(end) + 2, y + Double(index) * 6 + 6, bar.value.fixed(1))) }
            }
            y += height
        }
        return lines
    }

    private func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String) -> String {
        "<rect x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" width=\"\(width.fixed(1))\" height=\"\(height.fixed(1))\" "
            + "fill=\"\(colour)\"/>"
    }

    private func line(_ x: Double, _ top: Double, _ bottom: Double, _ colour: String) -> String {
        "<line x1=\"\(x.fixed(1))\" y1=\"\(top.fixed(1))\" x2=\"\(x.fixed(1))\" y2=\"\(bottom.fixed(1))\" "
            + "stroke=\"\(colour)\"/>"
    }

    private func text(_ x: Double, _ y: Double, _ text: String, size: Int = 10, anchor: String = "start") -> String {
        let escaped = text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
        return "<text x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">"
            + "\(escaped)</text>"
    }
}
