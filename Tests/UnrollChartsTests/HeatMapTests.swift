import Testing
import UnrollCharts

@Suite struct HeatMapTests {
    /// The cells of the matrix: those that say what they are.
    private func cells(_ map: HeatMap) -> [String] {
        Markup.elements("rect", "cell", in: map.svg).filter { $0.contains("<title>") }
    }

    @Test func confusionShowsSharesAndCounts() {
        let map = HeatMap.confusion("Three", classes: ["a<", "b", "c"], counts: [[6, 2, 0], [0, 0, 0], [1, 0, 3]])
        #expect(map.subtitle == "accuracy 0.750 of 12 examples")
        let (svg, cells) = (map.svg, cells(map))
        #expect(Markup.isWellFormed(svg) && cells.count == 6, "a class without examples has no shares")
        let shares = cells.compactMap { Markup.number("fill-opacity", in: $0) }
        #expect(shares == [0.75, 0.25, 0, 0.25, 0, 0.75])
        #expect(cells[0].contains("a&lt;, a&lt;: 0.75"))
        let lefts = cells.compactMap { Markup.number("x", in: $0) },
            tops = cells.compactMap { Markup.number("y", in: $0) }
        #expect(lefts[0] == lefts[3] && lefts[1] - lefts[0] == lefts[2] - lefts[1])
        #expect(tops[0] == tops[2] && tops[3] - tops[0] == 2 * 34, "rows go down")
        let texts = Markup.texts(in: svg)
        for text in ["6", "2", "1", "3", "actual", "predicted", "b"] { #expect(texts.contains(text), "\(text)") }
        // What is written on strong colour has the ground's.
        #expect(Markup.elements("text", "on", in: svg).map { Markup.texts(in: $0) } == [["6"], ["3"]])
    }

    @Test func manyClassesStayInTheDrawing() {
        let names = (0..<23).map { "language \($0)" }
        let counts = names.indices.map { i in names.indices.map { i == $0 ? 800 : (i + $0) % 7 } }
        let svg = HeatMap.confusion("Many", classes: names, counts: counts).svg
        let texts = Markup.texts(in: svg)
        #expect(texts.filter { $0 == "800" }.count == 23)
        #expect(texts.filter { $0.hasPrefix("language") }.count == 46)
        let (width, height) = (Markup.number("width", in: svg) ?? 0, Markup.number("height", in: svg) ?? 0)
        for cell in Markup.elements("rect", "cell", in: svg) {
            let x = (Markup.number("x", in: cell) ?? -1) + (Markup.number("width", in: cell) ?? 0)
            let y = (Markup.number("y", in: cell) ?? -1) + (Markup.number("height", in: cell) ?? 0)
            #expect((0...width).contains(x) && (0...height).contains(y))
        }
    }

    @Test func attentionShowsWhiteSpace() {
        let map = HeatMap.attention(
            "Words", source: ["a", " ", "\n"], target: ["x", "y"], weights: [[0.5, 0.25, 0.25], [0, .nan, 1]])
        #expect(map.columns.names == ["a", "␣", "⏎"] && map.rows.names == ["x", "y"])
        #expect(cells(map).compactMap { Markup.number("fill-opacity", in: $0) } == [0.5, 0.25, 0.25, 0, 1])
        let texts = Markup.texts(in: map.svg)
        #expect(texts.contains("0.50") && texts.contains("1.00") && !texts.contains("nan"))
    }

    /// A matrix of more than can be seen is drawn as the greatest of its parts.
    @Test func largeMatricesAreCoarser() {
        let values = (0..<300).map { row in
            (0..<200).map { row / 3 == $0 / 2 && row % 3 == 1 ? 0.5 : $0 % 2 == 0 ? .nan : 0.0 }
        }
        let map = HeatMap(
            "Large", rows: .init("r", (0..<300).map(String.init)), columns: .init("c", (0..<200).map(String.init)),
            values: values, scale: .init("value", range: 0...1))
        let cells = cells(map)
        #expect(cells.count == 100 * 100)
        #expect(cells.filter { Markup.number("fill-opacity", in: $0) == 0.5 }.count == 100)
    }

    @Test func nothingBreaks() {
        let odd: [[[Double]]] = [
            [], [[]], [[], []], [[.nan]], [[3]], [[0, 0], [0, 0]],
            [[-.infinity, 1e308], [-1e308, .leastNonzeroMagnitude]],
        ]
        for values in odd {
            let map = HeatMap(
                "Odd \u{0}&", rows: .init("r", values.map { _ in "\u{1B}" }),
                columns: .init("c", (values.first ?? []).map { _ in "<" }), values: values, scale: .init("v"))
            #expect(
                Markup.isWellFormed(map.svg) && !map.svg.contains("\"nan\"") && !map.svg.contains("inf\""), "\(values)")
        }
    }
}
