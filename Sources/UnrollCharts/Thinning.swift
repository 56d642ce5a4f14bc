/// Which of very many things are drawn.
enum Thinning {
    /// How many are enough for a line.
    static let most = 2_000

    /// The places of at most `most` out of `count` things, in order: of as many stretches of equal length the first,
    /// the last, and those where one of the measures is least or greatest. What a line reaches is so kept.
    static func kept(_ count: Int, most: Int = most, by measures: [(Int) -> Double]) -> [Int] {
        guard count > most else { return Array(0..<count) }
        let stretches = max(1, most / (2 + 2 * measures.count))
        var kept: [Int] = []
        for stretch in 0..<stretches {
            let (from, to) = (count * stretch / stretches, count * (stretch + 1) / stretches)
            var found = [from, to - 1]
            for measure in measures {
                found.append((from..<to).min { measure($0) < measure($1) } ?? from)
                found.append((from..<to).max { measure($0) < measure($1) } ?? from)
            }
            for index in found.sorted() where kept.last != index { kept.append(index) }
        }
        return kept
    }

    /// The places of points of which no two lie in the same square, at most `most`: the squares grow until so few
    /// are left.
    static func apart(_ points: [(x: Double, y: Double)?], most: Int = most) -> [Int] {
        struct Square: Hashable { var x, y: Int }
        let shown = points.indices.filter { points[$0] != nil }
        guard shown.count > most else { return shown }
        var size = 1.0
        while true {
            var taken: Set<Square> = []
            let kept = shown.filter { index in
                guard let point = points[index] else { return false }
                return taken.insert(Square(x: Int(point.x / size), y: Int(point.y / size))).inserted
            }
            if kept.count <= most { return kept }
            size *= 1.5
        }
    }
}
