import UnrollData

extension HeatMap {
    /// Which classes were taken for which: the colour is the share of a class's own examples, the number how many.
    /// - Parameters:
    ///   - classes: their names.
    ///   - counts: `[actual, predicted]`, how many examples of a class were taken for each.
    public static func confusion(_ title: String, classes: [String], counts: [[Int]]) -> HeatMap {
        let total = counts.joined().reduce(0.0) { $0 + Double($1) }
        let right = counts.enumerated().reduce(0.0) { $0 + Double($1.element.dropFirst($1.offset).first ?? 0) }
        let subtitle = total > 0 ? "accuracy \((right / total).fixed(3)) of \(total.fixed(0)) examples" : ""
        let shares = counts.map { row in
            let sum = row.reduce(0.0) { $0 + Double($1) }
            return row.map { Double($0) / sum }
        }
        return HeatMap(
            title, subtitle: subtitle, rows: .init("actual", classes), columns: .init("predicted", classes),
            values: shares, texts: counts.map { $0.map { $0 == 0 ? "" : String($0) } },
            scale: .init("share of the row", range: 0...1))
    }

    /// What a decoder looks at: the weight of every part of the source while it writes each part of the target.
    /// - Parameters:
    ///   - source: letters or words, left to right.
    ///   - target: letters or words, top to bottom.
    ///   - weights: `[target, source]`.
    public static func attention(
        _ title: String, source: [String], target: [String], weights: [[Float]]
    ) -> HeatMap {
        HeatMap(
            title, rows: .init("target", target.map(\.visible)), columns: .init("source", source.map(\.visible)),
            values: weights.map { $0.map(Double.init) },
            texts: source.count * target.count <= 400 ? weights.map { $0.map { Double($0).fixed(2) } } : [],
            scale: .init("weight", range: 0...1))
    }
}

extension String {
    /// White space as a mark that is seen.
    fileprivate var visible: String {
        switch self {
        case " ": "␣"
        case "\n", "\r\n": "⏎"
        case "\t": "⇥"
        default: self
        }
    }
}
