public import UnrollData

/// What a forecaster is made of, all but its weights: what it reads, how far it looks, and the units of its columns.
public struct ForecasterConfiguration: ModelConfiguration {
    /// A column that is known ahead, as numbers.
    public struct Known: Sendable, Equatable {
        /// The column.
        public var name: String
        /// The names it may have, each a number that is 1 where it is the row's; empty for a column of numbers.
        public var categories: [String]
        /// Of a column of numbers.
        public var mean = 0.0, scale = 1.0

        /// How many numbers stand for it.
        var width: Int { max(1, categories.count) }
    }

    /// The recurrent layers and what stands around them; `embedding` says nothing.
    public var architecture: Architecture
    /// The column it forecasts.
    public var target: String
    /// The columns it looks at.
    public var inputs: [String]
    /// What it is told of the rows it forecasts.
    public var known: [Known]
    /// The column of times, where there is one.
    public var date: String?
    /// How many rows it looks back.
    public var lags: Int
    /// How many rows ahead it forecasts.
    public var horizon: Int
    /// The quantiles it forecasts; none for the mean.
    public var quantiles: [Float]
    /// A forecast is a change from a value a multiple of so many rows before; 0 where it is a value.
    public var change: Int
    /// Whether it reads a series from its beginning.
    public var carries: Bool
    /// Of the inputs, then of the target.
    public var scale: Standardization
    /// What it is measured by; nil where that would take too long, or a folder has none.
    public var linear: LinearForecast?

    /// How many numbers are known of the rows of a forecast.
    var knownWidth: Int { known.reduce(0) { $0 + $1.width } }
    /// How many numbers a forecast has for each row.
    var levels: Int { max(1, quantiles.count) }
    /// Which of them is the forecast of a single number: the median, or what is nearest to it.
    var point: Int {
        quantiles.indices.min { abs(quantiles[$0] - 0.5) < abs(quantiles[$1] - 0.5) } ?? 0
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        architecture.recurrentParameters(inputs: inputs.count)
            + horizon * levels * (self.hidden + horizon * knownWidth + 1)
    }

    /// `lstm, 1 × 12, 3 columns, 5 rows back, 1 ahead`
    public var summary: String {
        let columns = "\(inputs.count) \(inputs.count == 1 ? "column" : "columns")"
        return "\(architecture.summary), \(columns), \(lags) rows back, \(horizon) ahead"
    }

    /// The columns it reads.
    var columns: SeriesTable.Columns {
        SeriesTable.Columns(
            target: target, inputs: inputs, known: known.map { ($0.name, $0.categories.isEmpty) }, date: date)
    }
}

extension ForecasterConfiguration {
    /// For a table: units and names come from its rows to train on, or from all where the settings say so.
    /// - Throws: `ModelError.badText`.
    init(_ settings: ForecasterSettings, for table: SeriesTable) throws {
        architecture = settings.architecture
        (target, inputs, date) = (settings.target, settings.columns, settings.date)
        (lags, horizon, quantiles) = (settings.lags, settings.horizon, settings.quantiles)
        (change, carries) = (settings.change, settings.carries)
        let rows = settings.scale == .allRows ? Array(0..<table.count) : table.split.training
        let columns = table.inputs + [table.target]
        scale =
            settings.scale == .none
            ? Standardization(means: columns.map { _ in 0 }, scales: columns.map { _ in 1 })
            : Standardization(of: columns, rows: rows)
        known = try zip(settings.known, table.known).map { column, known in
            switch known {
            case .numbers(let numbers):
                let scale = Standardization(of: [numbers], rows: rows)
                return Known(name: column, categories: [], mean: scale.means[0], scale: scale.scales[0])
            case .names(let names):
                let categories = Set(table.split.training.compactMap { names[$0] }).sorted()
                guard (1...1000).contains(categories.count) else {
                    throw ModelError.badText(
                        name: table.name,
                        reason: "column '\(column)' has \(categories.count) different texts in the rows to train on;"
                            + " --known takes numbers, or from 1 to 1000 names")
                }
                return Known(name: column, categories: categories)
            }
        }
        // Rows are cut into examples only where something comes of it.
        if LinearForecast.isQuick(self, rows: table.split.training.count) {
            let examples = ForecastExamples(table, self)
            let rows = examples.within(table.split.training).map { examples.windows.rows[$0] }
            linear = LinearForecast(table, self, rows: rows)
        }
    }

    /// The linear forecast is not the model's, and a folder may lack it.
    public func agrees(with other: Self) -> Bool {
        var other = other
        other.linear = linear
        return self == other
    }

    /// As `config.json` has it.
    public var json: JSON {
        .object(
            [.init("model", .string(Forecaster.kind))] + architecture.members + [
                .init("target", .string(target)), .init("inputs", .strings(inputs)),
                .init("known", .array(known.map(\.json))), .init("date", .optional(date)),
                .init("lags", .integer(lags)), .init("horizon", .integer(horizon)),
                .init("quantiles", .numbers(quantiles)), .init("change", .integer(change)),
                .init("carry", .bool(carries)), .init("means", .numbers(scale.means)),
                .init("scales", .numbers(scale.scales)),
            ] + (linear.map { [.init("linear", $0.json)] } ?? []))
    }

    /// From what `config.json` holds.
    public init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        architecture = try Architecture(reader)
        (target, inputs) = (try reader.string("target"), try reader.strings("inputs"))
        date = try reader.optionalString("date")
        (lags, horizon) = (try reader.size("lags"), try reader.size("horizon"))
        quantiles = try reader.numbers("quantiles").map { Float($0) }
        guard quantiles.count <= 1000, quantiles.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            throw ModelError.unusable(path: name, reason: "'quantiles' are not up to 1000 numbers between 0 and 1")
        }
        change = try reader.value("change", "a whole number from 0") {
            $0.integer.flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        }
        carries = try reader.bool("carry")
        known = try reader.value("known", "a list of columns") { $0.array }.map { try Known($0, name: name) }
        guard known.allSatisfy({ $0.width <= 1000 }), known.count <= 1000 else {
            throw ModelError.unusable(path: name, reason: "'known' has more than 1000 columns or names")
        }
        let (means, scales) = (try reader.numbers("means"), try reader.numbers("scales"))
        guard !inputs.isEmpty, means.count == inputs.count + 1, scales.count == means.count,
            scales.allSatisfy({ $0 > 0 })
        else {
            throw ModelError.unusable(
                path: name,
                reason: "\(means.count) means and \(scales.count) scales of \(inputs.count) inputs and a target")
        }
        scale = Standardization(means: means, scales: scales)
        if let json = json["linear"] { linear = try LinearForecast(json, self, name: name) }
    }
}

extension ForecasterConfiguration.Known {
    fileprivate var json: JSON {
        categories.isEmpty
            ? ["name": .string(name), "mean": .number(mean), "scale": .number(scale)]
            : ["name": .string(name), "categories": .strings(categories)]
    }

    fileprivate init(_ json: JSON, name: String) throws {
        let reader = SettingsReader(json: json, name: name)
        let column = try reader.string("name")
        if json["categories"] != nil {
            self.init(name: column, categories: try reader.strings("categories"))
        } else {
            self.init(
                name: column, categories: [], mean: try reader.value("mean", "a number") { $0.number },
                scale: try reader.value("scale", "a number above 0") { $0.number.flatMap { $0 > 0 ? $0 : nil } })
        }
    }
}
