import Testing
import UnrollCharts

@Suite struct BuildersTests {
    @Test func learning() {
        let chart = Chart.learning(
            "L", training: [(1, 2.5), (2, 2), (3, 1.5)], validation: [(1, 2.6), (2, 2.2), (3, 2.3)], best: 2)
        #expect(chart.lines.map(\.name) == ["training", "validation"] && chart.y.unit == "nats")
        #expect(chart.rules == [.init("best", .vertical(2))])
        // There is no epoch and a half.
        let marks = Markup.elements("text", "middle", in: chart.svg).flatMap { Markup.texts(in: $0) }
        #expect(marks == ["1", "2", "3", "epoch", "loss (nats)"])
        let runs = Chart.learning(
            "R", runs: [("tuned", [(0, 2), (50, 1)]), ("scratch", [(0, 4), (50, 2)])], goal: 1.5)
        #expect(runs.lines.map(\.name) == ["tuned", "scratch"] && runs.rules == [.init("1.500", .horizontal(1.5))])
    }

    @Test func forecast() {
        let chart = Chart.forecast(
            "F", unit: "°C", actual: [(0, 1), (1, 2), (2, 3)], predictions: [(2, 3.5)], interval: [(2, 3, 4)],
            splitAt: 1.5)
        #expect(chart.lines.map(\.colour) == [0, 1] && chart.bands.map(\.colour) == [1] && chart.rules.count == 1)
        #expect(Markup.isWellFormed(chart.svg) && Markup.texts(in: chart.svg).contains("value (°C)"))
        #expect(Chart.forecast("F", actual: [], predictions: []).bands.isEmpty)
    }

    @Test func agreement() throws {
        let chart = Chart.agreement(
            "A", accuracies: [("RNN", [(1, 0.8, 100), (0, 0.9, 2_000)]), ("LSTM", [(0, 0.95, 2_000), (1, 0.9, 90)])])
        #expect(chart.x.categories == ["0 (n = 2,000)", "1"] && chart.y.range == 0.5...1)
        #expect(chart.lines[0].points == [.init(x: 0, y: 0.9), .init(x: 1, y: 0.8)])
        // 80 of 100: 0.7112 to 0.8666 (Wilson, as in any table).
        let interval = chart.bands[0].intervals[1]
        #expect(abs(interval.lower - 0.7112) < 1e-4 && abs(interval.upper - 0.8666) < 1e-4)
        #expect(Chart.agreement("A", accuracies: [("RNN", [(0, 0.4, 10)])]).y.range == 0...1)
        // All of 500, whose bound rounds to a little above 1, and none: no axis beyond.
        let whole = Chart.agreement("A", accuracies: [("LSTM", [(0, 1, 500), (1, 0, 500)])])
        #expect(whole.bands[0].intervals[0].upper == 1 && whole.bands[0].intervals[1].lower >= 0)
        #expect(!Markup.texts(in: whole.svg).contains("1.2"))
        #expect(Markup.isWellFormed(Chart.agreement("A", accuracies: [("none", [(0, .nan, 0)]), ("", [])]).svg))
    }

    @Test func neighboursAreEquallyScaled() throws {
        // On a rectangle of 8 by 2, in the second and the third dimension.
        let vectors: [[Float]] = [[1, 0, 0], [1, 8, 0], [1, 0, 2], [1, 8, 2], [1, .nan, 0]]
        let chart = Chart.neighbours(
            "N", words: ["a", "b", "c", "d", "lost"], vectors: vectors, groups: ["x", "y", "x", "y", "z"])
        #expect(chart.points.map(\.name) == ["x", "y"] && chart.points.map(\.labels) == [["a", "c"], ["b", "d"]])
        let dots = Markup.elements("circle", "dot", in: chart.svg).filter { $0.contains("<title>") }
        let x = dots.compactMap { Markup.number("cx", in: $0) }, y = dots.compactMap { Markup.number("cy", in: $0) }
        #expect(dots.count == 4 && abs(x[2] - x[0] - 4 * abs(y[1] - y[0])) < 0.5, "a c b d: \(x) \(y)")
        let texts = Markup.texts(in: chart.svg)
        #expect(texts.contains("component 1, 94 % of the variance") && !texts.contains("lost"))
        for count in 0...1 {
            #expect(
                Markup.isWellFormed(
                    Chart.neighbours(
                        "N", words: Array(repeating: "w", count: count),
                        vectors: Array(repeating: [1, 2], count: count)
                    ).svg))
        }
    }
}
