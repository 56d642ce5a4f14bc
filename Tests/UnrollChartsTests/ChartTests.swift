import Testing
import UnrollCharts
import UnrollData
import UnrollTestSupport

@Suite struct ChartTests {
    private func chart(_ points: [(x: Double, y: Double)], _ scale: Chart.Scale = .linear) -> Chart {
        Chart(
            "Learning", subtitle: "of a model", x: .init("epoch"), y: .init("loss", unit: "nats", scale: scale),
            lines: [.init("training", points)])
    }

    /// The values of an attribute, in order.
    private func values(of attribute: String, in svg: String) -> [String] {
        svg.split(separator: " \(attribute)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    /// What is written in the drawing, in order.
    private func texts(in svg: String) -> [String] {
        svg.split(separator: "\n").filter { $0.hasPrefix("<text") }.map {
            String($0.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" })
        }
    }

    @Test func saysWhatItShows() {
        let svg = chart([(1, 2.5), (2, 1.5), (3, 1.25)]).svg
        let texts = texts(in: svg)
        for text in ["Learning", "of a model", "epoch", "loss (nats)", "training", "2.5", "1.5"] {
            #expect(texts.contains(text), "\(text): \(texts)")
        }
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("prefers-color-scheme: dark") && svg.contains("<title>Learning</title>"))
        // Nothing from elsewhere, and nothing that runs.
        for word in ["<script", "href", "url(", "@import", "@font-face", "http://www.w3.org/2000/svg\" onload"] {
            #expect(!svg.contains(word), "\(word)")
        }
        #expect(svg.split(separator: "http").count == 2)
        #expect(svg == chart([(1, 2.5), (2, 1.5), (3, 1.25)]).svg)
    }

    /// Every point lies in the drawing where the marks of the axis say.
    @Test func pointsLieWhereTheAxesSay() throws {
        let svg = chart([(0, 10), (5, 20), (10, 30)]).svg
        let line = values(of: "points", in: svg).map { $0.split(separator: " ").map(String.init) }
        #expect(line.count == 2, "the legend's and the line's")
        let places = line[1].map { $0.split(separator: ",").compactMap { Double(String($0)) } }
        #expect(places.count == 3 && places.allSatisfy { $0.count == 2 })
        #expect(abs(places[1][0] - (places[0][0] + places[2][0]) / 2) < 0.11)
        #expect(abs(places[1][1] - (places[0][1] + places[2][1]) / 2) < 0.11)
        #expect(places[0][0] < places[2][0] && places[0][1] > places[2][1], "up is more")
        // The mark of 20 is as high as the point of 20.
        let mark = try #require(svg.split(separator: "\n").first { $0.hasSuffix(">20</text>") })
        let height = try #require(values(of: "y", in: String(mark)).first.flatMap(Double.init))
        #expect(abs(height - 4 - places[1][1]) < 0.11)
    }

    @Test func logarithmsAreStraight() {
        let svg = chart((0...12).map { (Double($0), 1000 * exp10(-Double($0) / 2)) }, .logarithmic).svg
        let line = values(of: "points", in: svg)[1].split(separator: " ").compactMap {
            Double(String($0.split(separator: ",")[1]))
        }
        let steps = zip(line, line.dropFirst()).map { $1 - $0 }
        #expect(line.count == 13 && steps.allSatisfy { abs($0 - steps[0]) < 0.21 && $0 > 5 })
        #expect(texts(in: svg).contains("1000") && texts(in: svg).contains("0.001"))
    }

    private func exp10(_ power: Double) -> Double {
        // 10^½ is exact enough for a tenth of a point.
        let half = Int((power * 2).rounded())
        let root = 10.0.squareRoot()
        return (0..<abs(half)).reduce(1) { value, _ in half < 0 ? value / root : value * root }
    }

    /// What has no place leaves a gap, and nothing breaks: not with no line, one point, or equal ones.
    @Test func gapsAndLittleToShow() {
        let svg = chart([(1, 1), (2, 2), (3, .nan), (4, 4), (5, -.infinity), (6, 6), (7, 7)]).svg
        let parts = values(of: "points", in: svg).dropFirst().map { $0.split(separator: " ").count }
        #expect(parts == [2, 2] && svg.split(separator: "<circle").count == 2)
        // Zero has no logarithm.
        #expect(values(of: "points", in: chart([(1, 1), (2, 0), (3, 2), (4, 3)], .logarithmic).svg).count == 2)
        for scale in [Chart.Scale.linear, .logarithmic] {
            let odd: [[(x: Double, y: Double)]] = [
                [], [(1, .nan)], [(3, 3)], [(1, 5), (2, 5)], [(1, 0), (2, 0)], [(0, 1e-30), (1, 1e30)],
                [(-1e20, -4), (1e20, 4)], [(1, .leastNonzeroMagnitude), (2, 1e308)], [(1, -1e308), (2, 1e308)],
            ]
            for points in odd {
                let svg = chart(points, scale).svg
                #expect(!svg.contains("nan") && !svg.contains("inf"), "\(points)")
                for attribute in ["x1", "y1", "x2", "y2", "cx", "cy"] {
                    for value in values(of: attribute, in: svg).compactMap(Double.init) {
                        #expect((-1...1000).contains(value), "\(points): \(attribute) \(value)")
                    }
                }
                #expect(texts(in: svg).count > 3)
            }
        }
        var empty = chart([])
        empty.lines = []
        #expect(empty.svg.contains("Learning"))
    }

    @Test func textIsEscaped() {
        var chart = chart([(1, 1), (2, 2)])
        (chart.title, chart.lines[0].name) = ("<script>&\"</style>", "a<b\u{0}\u{1B}é😀")
        let svg = chart.svg
        #expect(svg.contains("&lt;script&gt;&amp;&quot;&lt;/style&gt;") && !svg.contains("<script"))
        #expect(svg.contains("a&lt;b\u{FFFD}\u{FFFD}é😀") && !svg.unicodeScalars.contains("\u{0}"))
    }

    /// Every line has a look of its own, and every name its place.
    @Test func manyLines() {
        var chart = chart([])
        chart.lines = (0..<17).map { .init("layer \($0) reverse", [(0, Double($0)), (1, Double($0) + 1)]) }
        let svg = chart.svg
        let groups = svg.split(separator: "\n").filter { $0.hasPrefix("<g ") }
        #expect(groups.count == 17 && Set(groups).count == 17)
        let width = values(of: "width", in: svg).first.flatMap(Double.init) ?? 0
        for name in svg.split(separator: "\n").filter({ $0.contains(">layer ") }) {
            let x = values(of: "x", in: String(name)).first.flatMap(Double.init) ?? -1
            #expect(x > 0 && x + 100 < width)
        }
    }

    @Test func replacesAFileAsAWhole() throws {
        let folder = TemporaryFolder()
        try Files.write(Array("old".utf8), to: folder("chart.svg"))
        let chart = chart([(1, 2), (2, 1)])
        #expect(throws: DataError.self) {
            try Files.$fault.withValue(
                Files.WriteFault { step, path in
                    if step == .rename { throw DataError.unwritable(path: path, reason: "test") }
                }
            ) { try chart.write(to: folder("chart.svg")) }
        }
        #expect(try Files.read(folder("chart.svg")) == Array("old".utf8) && folder.names == ["chart.svg"])
        try chart.write(to: folder("chart.svg"))
        #expect(try Files.read(folder("chart.svg")) == Array(chart.svg.utf8))
    }
}
