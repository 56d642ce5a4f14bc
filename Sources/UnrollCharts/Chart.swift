/// Marks over two axes, as a drawing: lines, and the bands, points, bars and rules that go with them.
///
///     var chart = Chart("Learning", x: .init("epoch"), y: .init("loss", unit: "nats", scale: .logarithmic))
///     chart.lines = [.init("training", [(1, 2.3), (2, 1.9)]), .init("validation", [(1, 2.4), (2, 2.1)])]
///     try chart.write(to: "learning.svg")
///
/// Bands lie lowest, then bars, rules, lines and points. What is not finite, or has no place on an axis, is left
/// out. Of very many points so many are drawn as can be seen: each line's highest and lowest are among them.
public struct Chart: Drawing, Equatable {
    /// How numbers are spread along an axis.
    public enum Scale: Sendable, Equatable {
        /// Evenly.
        case linear
        /// By their logarithm; what is not above zero has no place and is left out.
        case logarithmic
        /// Evenly, in years: `CalendarDate.years`. Times, days, months or years are written beside it.
        case calendar
    }

    /// What an axis stands for.
    public struct Axis: Sendable, Equatable {
        /// What is told along it.
        public var title: String
        /// What it is measured in.
        public var unit: String?
        /// How numbers are spread.
        public var scale: Scale
        /// What is shown even where no mark lies.
        public var range: ClosedRange<Double>?
        /// Whether only whole numbers are written beside it, as of epochs.
        public var isWhole = false
        /// What is written below 0, 1, 2 … in place of numbers; of the horizontal axis only.
        public var categories: [String] = []

        /// An axis that is as long as the marks need it, or longer.
        public init(
            _ title: String, unit: String? = nil, scale: Scale = .linear, range: ClosedRange<Double>? = nil,
            isWhole: Bool = false
        ) {
            (self.title, self.unit, self.scale, self.range) = (title, unit, scale, range)
            self.isWhole = isWhole
        }

        /// An axis of names, evenly spread: the first has its place at 0, the next at 1.
        public init(_ title: String, categories: [String]) {
            (self.title, scale, self.categories) = (title, .linear, categories)
        }
    }

    /// Above the drawing.
    public var title: String
    /// A second, smaller line above it.
    public var subtitle: String
    /// The horizontal axis, and the vertical one.
    public var x, y: Axis
    /// Each in a colour of its own, unless it says which; so are the other marks.
    public var lines: [Line]
    /// Intervals along the horizontal axis.
    public var bands: [Band] = []
    /// Points that are not joined.
    public var points: [Points] = []
    /// Side by side in each category.
    public var bars: [Bars] = []
    /// Reference lines.
    public var rules: [Rule] = []
    /// Whether one is as long along one axis as along the other, as where distances are to be seen.
    public var isEquallyScaled = false

    /// A chart, of no lines unless they are given.
    public init(_ title: String, subtitle: String = "", x: Axis, y: Axis, lines: [Line] = []) {
        (self.title, self.subtitle, self.x, self.y, self.lines) = (title, subtitle, x, y, lines)
    }
}
