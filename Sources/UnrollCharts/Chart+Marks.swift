extension Chart {
    /// Points in the order in which they are joined. What is not finite, or has no place on an axis, is a gap.
    public struct Line: Sendable, Equatable {
        /// Where a point is.
        public struct Point: Sendable, Equatable {
            /// Along the axes.
            public var x, y: Double

            /// A point.
            public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
        }

        /// What the legend calls it; nothing is not in the legend.
        public var name: String
        /// As they are joined.
        public var points: [Point]
        /// Which of the colours, from 0; marks of one colour belong together. None is the next.
        public var colour: Int?
        /// Whether it is broken, as of what goes with another line of its colour.
        public var isDashed: Bool
        /// Whether the points themselves are seen.
        public var isDotted: Bool

        /// A line through points.
        public init(
            _ name: String, _ points: [(x: Double, y: Double)], colour: Int? = nil, isDashed: Bool = false,
            isDotted: Bool = false
        ) {
            (self.name, self.points) = (name, points.map { Point(x: $0.x, y: $0.y) })
            (self.colour, self.isDashed, self.isDotted) = (colour, isDashed, isDotted)
        }
    }

    /// What lies between two lines, as an interval at every place.
    public struct Band: Sendable, Equatable {
        /// An interval.
        public struct Interval: Sendable, Equatable {
            /// Where along the horizontal axis, and from where to where along the other.
            public var x, lower, upper: Double
        }

        /// What the legend calls it; nothing is not in the legend.
        public var name: String
        /// In the order in which they are joined.
        public var intervals: [Interval]
        /// Which of the colours, from 0: that of the line it goes with. None is the next.
        public var colour: Int?

        /// A band of intervals.
        public init(_ name: String, _ intervals: [(x: Double, lower: Double, upper: Double)], colour: Int? = nil) {
            self.intervals = intervals.map { Interval(x: $0.x, lower: $0.lower, upper: $0.upper) }
            (self.name, self.colour) = (name, colour)
        }
    }

    /// Points that are not joined.
    public struct Points: Sendable, Equatable {
        /// What the legend calls them; nothing is not in the legend.
        public var name: String
        /// Where they are.
        public var points: [Line.Point]
        /// What is written beside each, where there is room for it; none, or one for each point.
        public var labels: [String]
        /// Which of the colours, from 0. None is the next.
        public var colour: Int?

        /// Points, with what is written beside each.
        public init(
            _ name: String, _ points: [(x: Double, y: Double)], labels: [String] = [], colour: Int? = nil
        ) {
            precondition(
                labels.isEmpty || labels.count == points.count, "\(labels.count) labels of \(points.count) points")
            self.points = points.map { Line.Point(x: $0.x, y: $0.y) }
            (self.name, self.labels, self.colour) = (name, labels, colour)
        }
    }

    /// A bar in each category, from zero.
    public struct Bars: Sendable, Equatable {
        /// What the legend calls them; nothing is not in the legend.
        public var name: String
        /// The end of the bar of each category.
        public var values: [Double]
        /// Which of the colours, from 0. None is the next.
        public var colour: Int?

        /// A bar for each category.
        public init(_ name: String, _ values: [Double], colour: Int? = nil) {
            (self.name, self.values, self.colour) = (name, values, colour)
        }
    }

    /// A straight line across the whole chart, with its name on it.
    public struct Rule: Sendable, Equatable {
        /// Which way it goes, and where it is along the other axis.
        public enum Place: Sendable, Equatable {
            /// Upright, at a place on the horizontal axis.
            case vertical(Double)
            /// Level, at a height.
            case horizontal(Double)
        }

        /// What is written on it.
        public var name: String
        /// Where it is.
        public var place: Place

        /// A reference line.
        public init(_ name: String, _ place: Place) { (self.name, self.place) = (name, place) }
    }
}
