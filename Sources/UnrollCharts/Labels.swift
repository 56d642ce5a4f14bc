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

    /// Where a text beside a point begins, on its line of type: to the right, to the left, above or below; nowhere if
    /// there is no room.
    mutating func place(_ text: String, at point: (x: Double, y: Double)) -> (x: Double, y: Double)? {
        let width = text.width
        let starts = [
            (point.x + 6, point.y + 4), (point.x - 6 - width, point.y + 4), (point.x - width / 2, point.y - 7),
            (point.x - width / 2, point.y + 15), (point.x + 4, point.y - 6), (point.x - 4 - width, point.y - 6),
            (point.x + 4, point.y + 14), (point.x - 4 - width, point.y + 14),
        ]
        for (x, y) in starts {
            let box = Box(left: x, top: y - 10, right: x + width, bottom: y + 3)
            guard box.left >= area.left, box.right <= area.right, box.top >= area.top, box.bottom <= area.bottom,
                !taken.contains(where: box.meets)
            else { continue }
            taken.append(box)
            return (x, y)
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
