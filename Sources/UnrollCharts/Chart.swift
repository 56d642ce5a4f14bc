/// Lines over two axes, as a drawing: one SVG file that needs nothing else, readable on light and on dark ground.
///
///     var chart = Chart("Learning", x: .init("epoch"), y: .init("loss", unit: "nats", scale: .logarithmic))
///     chart.lines = [.init("training", [(1, 2.3), (2, 1.9)]), .init("validation", [(1, 2.4), (2, 2.1)])]
///     try chart.write(to: "learning.svg")
public struct Chart: Sendable, Equatable {
    /// How numbers are spread along an axis.
    public enum Scale: Sendable, Equatable {
        /// Evenly.
        case linear
        /// By their logarithm; what is not above zero has no place and is left out.
        case logarithmic
    }

    /// What an axis stands for.
    public struct Axis: Sendable, Equatable {
        /// What is told along it.
        public var title: String
        /// What it is measured in.
        public var unit: String?
        /// How numbers are spread.
        public var scale: Scale

        /// An axis that is as long as the lines need it.
        public init(_ title: String, unit: String? = nil, scale: Scale = .linear) {
            (self.title, self.unit, self.scale) = (title, unit, scale)
        }
    }

    /// Points in the order in which they are joined. What is not finite, or has no place on an axis, is a gap.
    public struct Line: Sendable, Equatable {
        /// Where a point is.
        public struct Point: Sendable, Equatable {
            /// Along the axes.
            public var x, y: Double
        }

        /// What the legend calls it.
        public var name: String
        /// As they are joined.
        public var points: [Point]

        /// A line through points.
        public init(_ name: String, _ points: [(x: Double, y: Double)]) {
            (self.name, self.points) = (name, points.map { Point(x: $0.x, y: $0.y) })
        }
    }

    /// Above the drawing.
    public var title: String
    /// A second, smaller line above it.
    public var subtitle: String
    /// The horizontal axis, and the vertical one.
    public var x, y: Axis
    /// Drawn in order, each in a colour of its own.
    public var lines: [Line]

    /// A chart, of no lines unless they are given.
    public init(_ title: String, subtitle: String = "", x: Axis, y: Axis, lines: [Line] = []) {
        (self.title, self.subtitle, self.x, self.y, self.lines) = (title, subtitle, x, y, lines)
    }
}
