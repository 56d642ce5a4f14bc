/// Text beside points, where it covers neither other text nor points.
struct Labels {
    /// A rectangle.
    private struct Box {
        var left, top, right, bottom: Double

        func meets(_ other: Box) -> Bool {
            left < other.right && other.left < right && top < other.bottom && other.top < bottom
        }
    }

    /// More than anybody reads.
    static let most = 400

    private let area: Area
    private var taken: [Box]

    /// - Parameters:
    ///   - area: what they must not leave.
    ///   - points: what they must not cover.
    init(in area: Area, around points: [(x: Double, y: Double)]) {
        self.area = area
        taken = points.prefix(Thinning.most).map {
            Box(left: $0.x - 3, top: $0.y - 3, right: $0.x + 3, bottom: $0.y + 3)
        }
    }

    /// Where a text stands, and how: its place is its beginning, its middle or its end.
    struct Place {
        var x, y: Double
        var style: String
        /// Whether it is so far away that a line must lead to it.
        var isFar: Bool
    }

    /// Where a text is written that belongs to a point: beside it, or else a little away; nowhere if there is no room.
    mutating func place(_ text: String, at point: (x: Double, y: Double)) -> Place? {
        // The width is an estimate.
        let width = text.width * 1.08
        for distance in [0.0, 14, 28] {
            for (across, down) in [(1.0, 0.0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1)] {
                // A corner is nearer than it would be on a circle: type is flat.
                let x = point.x + across * (down == 0 ? 6 + distance : 4 + distance)
                let y = point.y + 4 + down * (11 + distance)
                let left = across > 0 ? x : across < 0 ? x - width : x - width / 2
                let box = Box(left: left, top: y - 10, right: left + width, bottom: y + 3)
                guard box.left >= area.left, box.right <= area.right, box.top >= area.top, box.bottom <= area.bottom,
                    !taken.contains(where: box.meets)
                else { continue }
                taken.append(box)
                let style = across > 0 ? "label" : across < 0 ? "label end" : "label middle"
                return Place(x: x, y: y, style: style, isFar: distance > 0)
            }
        }
        return nil
    }
}

/// Where marks are drawn.
struct Area {
    var left, top, width, height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }
}
