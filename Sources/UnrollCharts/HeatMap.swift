/// A matrix as a drawing: the greater a value, the stronger the colour of its cell.
///
///     let map = HeatMap("Attention", rows: .init("target", ["f", "oʊ"]), columns: .init("source", ["f", "o", "e"]),
///         values: [[0.9, 0.1, 0], [0.05, 0.7, 0.25]], scale: .init("weight", range: 0...1))
///     try map.write(to: "attention.svg")
public struct HeatMap: Drawing, Equatable {
    /// What a matrix has along one of its sides.
    public struct Side: Sendable, Equatable {
        /// What the names are names of.
        public var title: String
        /// Of each row, or column.
        public var names: [String]

        /// A side with its names in order.
        public init(_ title: String, _ names: [String]) { (self.title, self.names) = (title, names) }
    }

    /// What the colours stand for.
    public struct Scale: Sendable, Equatable {
        /// What the values are.
        public var title: String
        /// What they are measured in.
        public var unit: String?
        /// What has a colour even where no value lies.
        public var range: ClosedRange<Double>?

        /// A scale from the least value to the greatest, or longer.
        public init(_ title: String, unit: String? = nil, range: ClosedRange<Double>? = nil) {
            (self.title, self.unit, self.range) = (title, unit, range)
        }
    }

    /// Above the drawing.
    public var title: String
    /// A second, smaller line above it.
    public var subtitle: String
    /// From top to bottom, and from left to right.
    public var rows, columns: Side
    /// `[rows, columns]`; a cell of what is not finite stays empty.
    public var values: [[Double]]
    /// `[rows, columns]`, what is written in the cells where there is room for all of it; nothing if there are none.
    public var texts: [[String]]
    /// What the colours stand for.
    public var scale: Scale

    /// A matrix of as many rows and columns as there are names.
    public init(
        _ title: String, subtitle: String = "", rows: Side, columns: Side, values: [[Double]],
        texts: [[String]] = [], scale: Scale
    ) {
        let (height, width) = (rows.names.count, columns.names.count)
        precondition(
            values.count == height && values.allSatisfy { $0.count == width },
            "HeatMap: \(values.map(\.count)) values in rows for \(height) rows of \(width)")
        precondition(
            texts.isEmpty || texts.count == height && texts.allSatisfy { $0.count == width },
            "HeatMap: \(texts.map(\.count)) texts in rows for \(height) rows of \(width)")
        (self.title, self.subtitle, self.rows, self.columns) = (title, subtitle, rows, columns)
        (self.values, self.texts, self.scale) = (values, texts, scale)
    }
}

extension HeatMap {
    /// How many rows or columns can be told apart.
    static let most = 128

    /// With so few rows and columns as can be told apart: a cell is the greatest of those it stands for, which are
    /// few among many small ones, and has the name of the first.
    var coarse: HeatMap {
        let (height, width) = (rows.names.count, columns.names.count)
        let (down, across) = ((height + Self.most - 1) / Self.most, (width + Self.most - 1) / Self.most)
        guard down > 1 || across > 1 else { return self }
        let names = { (names: [String], step: Int) in stride(from: 0, to: names.count, by: step).map { names[$0] } }
        let greatest = stride(from: 0, to: height, by: max(down, 1)).map { row in
            stride(from: 0, to: width, by: max(across, 1)).map { column -> Double in
                let block = values[row..<min(row + down, height)].lazy.map {
                    $0[column..<min(column + across, width)].lazy.filter(\.isFinite).max() ?? .nan
                }
                return block.filter(\.isFinite).max() ?? .nan
            }
        }
        var coarse = HeatMap(
            title, subtitle: subtitle, rows: .init(rows.title, names(rows.names, max(down, 1))),
            columns: .init(columns.title, names(columns.names, max(across, 1))), values: greatest, scale: scale)
        coarse.scale.title += ", greatest of \(down) × \(across)"
        return coarse
    }
}
