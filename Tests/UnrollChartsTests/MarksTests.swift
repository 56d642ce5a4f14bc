import Testing
import UnrollCharts
import UnrollData

@Suite struct MarksTests {
    private let axes = (x: Chart.Axis("x"), y: Chart.Axis("y", range: 0...10))

    @Test func barsStandWhereTheAxesSay() throws {
        var chart = Chart("Bars", x: .init("part", categories: ["a", "b", "c"]), y: axes.y)
        chart.bars = [.init("one", [5, -10, .nan]), .init("two", [10, 0, 2.5])]
        let svg = chart.svg
        // The first of each look is the legend's.
        let bars = Markup.elements("rect", "bar", in: svg)
        #expect(bars.count == 2 + 2 + 3 && Markup.isWellFormed(svg))
        let heights = bars.compactMap { Markup.number("height", in: $0) }
        let (five, ten) = (heights[1], heights[2])
        // From -10 to 10 the chart is 340 high.
        #expect(abs(five - 85) < 0.11 && abs(ten - 170) < 0.11)
        let tops = bars.compactMap { Markup.number("y", in: $0) }
        #expect(abs(tops[1] + five - tops[2]) < 0.11, "below zero a bar begins where one above it ends")
        let lefts = bars.compactMap { Markup.number("x", in: $0) }
        #expect(abs(lefts[2] - lefts[1] - 220) < 0.11, "a third of 660")
        #expect(lefts[4] > lefts[1] && lefts[4] < lefts[2])
        for name in ["a", "b", "c", "one", "two"] { #expect(Markup.texts(in: svg).contains(name)) }
    }

    @Test(arguments: [
        ("2024-01-05", "2024-01-19", ["2024-01-05", "2024-01-07", "2024-01-19"]),
        ("2023-12-20", "2024-02-14", ["2023-12-21", "2024-01-01", "2024-01-11", "2024-02-11"]),
        ("2023-06-10", "2024-03-01", ["2023-07", "2024-01", "2024-03"]),
        ("2020-03-01", "2023-11-30", ["2020-07", "2023-07"]),
        ("1990-01-01", "2023-11-30", ["1990", "2020"]),
    ])
    func timeIsWrittenAsDays(first: String, last: String, marks: [String]) throws {
        let times = try [first, last].map { try #require(CalendarDate($0)).years }
        var chart = Chart("Time", x: .init("day", scale: .calendar), y: axes.y)
        chart.lines = [.init("line", times.map { ($0, 5) })]
        let texts = Markup.texts(in: chart.svg)
        for mark in marks { #expect(texts.contains(mark), "\(texts)") }
        let written = texts.filter { $0.hasPrefix("19") || $0.hasPrefix("20") }
        #expect((3...12).contains(written.count), "\(written)")
    }

    @Test(arguments: [
        ("2025-01-01 09:30", "2025-01-01 17:10", ["2025-01-01 10:00", "11:00", "17:00"], 8),
        ("2025-01-01 20:00", "2025-01-02 20:00", ["21:00", "2025-01-02", "18:00"], 8),
        ("2025-01-01 10:00", "2025-01-01 10:00:08", ["2025-01-01 10:00", "10:00:01", "10:00:08"], 9),
        ("2025-01-01 10:00", "2025-01-01 10:00:00.5", ["2025-01-01 10:00"], 1),
    ])
    func timeOfDayIsWritten(first: String, last: String, marks: [String], count: Int) throws {
        let times = try [first, last].map { try #require(CalendarDate($0)).years }
        var chart = Chart("Time", x: .init("hour", scale: .calendar), y: axes.y)
        chart.lines = [.init("line", times.map { ($0, 5) })]
        let texts = Markup.texts(in: chart.svg)
        for mark in marks { #expect(texts.contains(mark), "\(texts)") }
        #expect(texts.filter { $0.contains(":") || $0.hasPrefix("2025-") }.count == count, "\(texts)")
    }

    @Test func oneDayHasDaysAroundIt() throws {
        let day = try #require(CalendarDate("2025-01-01")).years
        var chart = Chart("Day", x: .init("day", scale: .calendar), y: axes.y)
        chart.lines = [.init("line", (0..<100).map { (day, Double($0) / 10) })]
        let texts = Markup.texts(in: chart.svg)
        for mark in ["2024-12-31", "2025-01-01", "2025-01-02"] { #expect(texts.contains(mark), "\(texts)") }
        #expect(texts.filter { $0.hasPrefix("20") }.count <= 5, "\(texts)")
    }

    /// What is written below an axis is not cut off at the edge, and stands below what it is of.
    @Test func labelsEndWithinTheDrawing() throws {
        let times = try ["2025-08-01", "2025-08-09"].map { try #require(CalendarDate($0)).years }
        var chart = Chart("Time", x: .init("day", scale: .calendar), y: axes.y)
        chart.lines = [.init("line", times.map { ($0, 5) })]
        let svg = chart.svg
        let labels = Markup.elements("text", "middle", in: svg).filter { $0.contains(">2025-") }
        #expect(labels.count == 9 && labels.last?.contains("2025-08-09") == true)
        let last = try #require(labels.last.flatMap { Markup.number("x", in: $0) })
        // Half of ten characters, with some room for wider type.
        #expect(last + 36 <= 760 && last > 700)
        let place = try #require(Markup.values(of: "points", in: svg).last?.split(separator: " ").last)
        #expect(place.split(separator: ",").first.flatMap { Double(String($0)) } == last)
    }

    @Test func bandsHaveTheColourOfTheirLine() throws {
        var chart = Chart("Band", x: axes.x, y: axes.y, lines: [.init("line", [(0, 5), (4, 5)])])
        chart.bands = [.init("band", [(0, 4, 6), (1, 3, .nan), (2, 2, 8), (4, 0, 10)], colour: 0)]
        let svg = chart.svg
        let bands = Markup.elements("polygon", "band", in: svg)
        #expect(bands.count == 2, "a gap parts it")
        let places = try #require(Markup.values(of: "points", in: bands[1]).first).split(separator: " ")
        #expect(places.count == 4)
        let numbers = places.map { $0.split(separator: ",").compactMap { Double(String($0)) } }
        #expect(numbers.map { $0[0] } == [406, 736, 736, 406])
        #expect(abs(numbers[2][1] - numbers[1][1] - 340) < 0.11 && abs(numbers[3][1] - numbers[0][1] - 204) < 0.11)
        #expect(svg.split(separator: "class=\"colour-0\"").count == 2 && !svg.contains("colour-1"))
    }

    @Test func rulesAreNamedAndSeen() throws {
        var chart = Chart("Rules", x: axes.x, y: axes.y, lines: [.init("line", [(0, 5), (4, 5)])])
        chart.rules = [.init("split", .vertical(8)), .init("chance", .horizontal(2.5)), .init("none", .vertical(.nan))]
        let rules = Markup.elements("line", "rule", in: chart.svg)
        #expect(rules.count == 2)
        #expect(Markup.number("x1", in: rules[0]) == 736 && Markup.number("x2", in: rules[0]) == 736)
        let bottom = try #require(Markup.number("y2", in: rules[0]))
        #expect(Markup.number("y1", in: rules[1]).map { abs(bottom - $0 - 85) < 0.11 } == true)
        let texts = Markup.texts(in: chart.svg)
        #expect(texts.contains("split") && texts.contains("chance") && !texts.contains("none"))
    }

    @Test func labelsDoNotCoverOneAnother() {
        var chart = Chart("Points", x: axes.x, y: axes.y)
        let places = (0..<60).map { index -> (x: Double, y: Double) in
            let (x, y) = (index * 7 % 11, index * 5 % 13)
            return (Double(x) / 3, Double(y) / 4)
        }
        chart.points = [.init("words", places, labels: places.indices.map { "word \($0)" })]
        let svg = chart.svg
        let dots = Markup.elements("circle", "dot", in: svg)
        #expect(dots.count == 61 && dots.filter { $0.contains("<title>word ") }.count == 60)
        let boxes = Markup.elements("text", "label", in: svg).compactMap { text -> (x: Double, y: Double)? in
            guard let x = Markup.number("x", in: text), let y = Markup.number("y", in: text) else { return nil }
            let shift: Double = text.contains("end\"") ? -40 : text.contains("middle\"") ? -20 : 0
            return (x + shift, y)
        }
        #expect(boxes.count > 20)
        for (index, one) in boxes.enumerated() {
            for other in boxes.dropFirst(index + 1) {
                #expect(abs(one.x - other.x) >= 36 || abs(one.y - other.y) >= 10)
            }
        }
    }

    /// Of very many points few are drawn, the highest and the lowest among them, and every gap stays a gap.
    @Test func manyPointsAreThinned() throws {
        var points = (0..<30_000).map { index -> (x: Double, y: Double) in
            (Double(index), Double(index * 7_919 % 1_000) / 200)
        }
        (points[21_321].y, points[27_777].y) = (10, 0)
        for index in 14_000..<14_050 { points[index].y = .nan }
        var chart = Chart("Many", x: axes.x, y: axes.y, lines: [.init("line", points)])
        chart.bands = [.init("", points.map { ($0.x, 0, $0.y) })]
        chart.points = [.init("", points)]
        let svg = chart.svg
        let lines = Markup.values(of: "points", in: svg).map { $0.split(separator: " ") }
        #expect(lines.map(\.count).reduce(0, +) <= 2_000 + 4_000 + 2 && svg.utf8.count < 300_000)
        let drawn = svg.split(separator: "\n").filter { $0.hasPrefix("<polyline") }
        #expect(drawn.count == 3, "the legend's, and one on either side of the gap")
        let heights = drawn.dropFirst().flatMap { Markup.values(of: "points", in: $0)[0].split(separator: " ") }
            .compactMap { Double(String($0.split(separator: ",")[1])) }
        let (least, greatest) = (try #require(heights.min()), try #require(heights.max()))
        #expect(abs(greatest - least - 340) < 0.11)
        #expect((100...2_000).contains(Markup.elements("circle", "dot", in: svg).count))
    }

    @Test func longTextIsClipped() {
        let long = String(repeating: "long ", count: 100)
        var chart = Chart(long, subtitle: long, x: .init(long, categories: [long, "b"]), y: .init(long))
        chart.bars = [.init(long, [1, 2])]
        chart.rules = [.init(long, .horizontal(1)), .init(long, .vertical(1))]
        let texts = Markup.texts(in: chart.svg)
        #expect(texts.filter { $0.hasPrefix("long") }.count == 8 && texts.allSatisfy { $0.count <= 110 })
        #expect(texts.filter { $0.hasSuffix("…") }.count == 8)
    }
}
