/// How a mark is told from others.
struct Look: Equatable {
    /// Of the palette.
    var colour: Int
    /// Of the dashes.
    var dash: Int

    /// The look of the mark number `index`: other dashes when all the colours were used.
    init(_ index: Int, isDashed: Bool = false) {
        colour = Int(index.magnitude % UInt(Style.colours.count))
        dash = Int(index.magnitude / UInt(Style.colours.count) % UInt(Style.dashes.count))
        if isDashed { dash = max(dash, 1) }
    }

    var dashes: String { Style.dashes[dash] }
}

/// The rules for colours and type: one look for light ground, another for dark; the reader's system says which.
enum Style {
    /// Light and dark, without red beside green (after Okabe & Ito 2008).
    static let colours = [
        ("#0072b2", "#56b4e9"), ("#d55e00", "#ff9a4d"), ("#007f5f", "#2fc79a"), ("#b0578d", "#e29ac7"),
        ("#8a6d00", "#e6c229"), ("#444444", "#c8c8c8"),
    ]
    /// Of the lines after as many as there are colours.
    static let dashes = ["none", "6 4", "2 3", "8 3 2 3"]

    /// The style sheet.
    /// - Parameter count: how many of the colours are used.
    static func sheet(colours count: Int) -> String {
        let colours = colours.prefix(count)
        return """
            .unroll-chart text { font: 12px system-ui, sans-serif; }
            .unroll-chart .title { font-size: 15px; font-weight: 600; }
            .unroll-chart .small { font-size: 10px; }
            .unroll-chart .smallest { font-size: 8px; }
            .unroll-chart .middle { text-anchor: middle; }
            .unroll-chart .end { text-anchor: end; }
            .unroll-chart .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
            .unroll-chart .band { stroke: none; fill-opacity: 0.22; }
            .unroll-chart .cell { shape-rendering: crispEdges; }
            .unroll-chart .leader { stroke-opacity: 0.6; stroke-width: 0.8; }
            .unroll-chart .bar, .unroll-chart .dot { stroke: none; }
            .unroll-chart .rule { stroke-width: 1.2; stroke-dasharray: 5 3; }
            .unroll-chart .label { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }
            \(look(ground: "#ffffff", text: "#222222", faint: "#666666", grid: "#dddddd", "#084a8c", colours.map(\.0)))
            @media (prefers-color-scheme: dark) {
            \(look(ground: "#16181c", text: "#e6e6e6", faint: "#a0a0a0", grid: "#3a3d44", "#5aa9f0", colours.map(\.1)))
            }

            """
    }

    /// - Parameter most: the colour of the greatest value of a heat map. Smaller ones let the ground through, and what
    ///   is written on the greater ones has the ground's colour: so one scale serves both grounds.
    private static func look(
        ground: String, text: String, faint: String, grid: String, _ most: String, _ colours: [String]
    ) -> String {
        let marks = colours.enumerated().map { index, colour in
            ".unroll-chart .colour-\(index) { stroke: \(colour); }\n"
                + ".unroll-chart .colour-\(index) .solid { fill: \(colour); }"
        }
        return """
            .unroll-chart .ground { fill: \(ground); }
            .unroll-chart text { fill: \(text); }
            .unroll-chart .faint { fill: \(faint); }
            .unroll-chart .label { stroke: \(ground); }
            .unroll-chart .grid { stroke: \(grid); }
            .unroll-chart .faintest { stroke-opacity: 0.5; }
            .unroll-chart .axis, .unroll-chart .rule, .unroll-chart .leader { stroke: \(faint); }
            .unroll-chart .outline { stroke: \(grid); fill: none; }
            .unroll-chart .cell { fill: \(most); }
            .unroll-chart .on { fill: \(ground); }
            \(marks.joined(separator: "\n"))
            """
    }
}
