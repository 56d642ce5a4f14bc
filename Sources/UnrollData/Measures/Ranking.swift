/// How alike two lists of numbers are, up to scale: judgements of likeness by people and by word vectors, say.
public enum Ranking {
    /// Pearson's coefficient of correlation, -1 to 1: 1 where one is the other times a positive number plus a constant.
    /// NaN for fewer than two pairs and where one of the lists is constant.
    public static func pearson(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "Ranking.pearson: \(a.count) and \(b.count) numbers")
        guard a.count >= 2 else { return .nan }
        let (a, b) = (centred(a), centred(b))
        let length = { (values: [Double]) in values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let (lengthOfA, lengthOfB) = (length(a), length(b))
        guard lengthOfA > 0, lengthOfB > 0 else { return .nan }
        let cosine = zip(a, b).reduce(0) { $0 + ($1.0 / lengthOfA) * ($1.1 / lengthOfB) }
        return cosine.isNaN ? cosine : min(1, max(-1, cosine))
    }

    /// Spearman's coefficient of correlation, -1 to 1: Pearson's of the ranks, equal numbers each getting the mean of
    /// their ranks, as in SciPy.
    public static func spearman(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "Ranking.spearman: \(a.count) and \(b.count) numbers")
        guard !a.contains(where: \.isNaN), !b.contains(where: \.isNaN) else { return .nan }
        return pearson(ranks(of: a), ranks(of: b))
    }

    /// Each number's place among all, from 1, equal numbers each getting the mean of their places.
    package static func ranks(of values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = Array(repeating: 0.0, count: values.count)
        var start = 0
        while start < order.count {
            let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
            // Places start + 1 to end.
            for index in order[start..<end] { ranks[index] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }

    /// Less their mean, and brought to at most 1, so that no square leaves what a Double can hold.
    private static func centred(_ values: [Double]) -> [Double] {
        // All the same: exactly zero, whatever their mean rounds to.
        if values.allSatisfy({ $0 == values[0] }) { return values.map { _ in 0 } }
        let mean = values.reduce(0) { $0 + $1 / Double(values.count) }
        let largest = values.reduce(0) { max($0, abs($1 - mean)) }
        return values.map { ($0 - mean) / largest }
    }
}
