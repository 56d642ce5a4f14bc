/// Series of a `.ts` file, the format of the archives of time series classification (UCR, UEA) and of sktime.
///
/// ```
/// # a comment
/// @problemName Vowels
/// @dimensions 2
/// @classLabel true anna ben
/// @data
/// 0.5,0.25,-1:3,2,1:ben
/// ```
///
/// A line of data is a series: its channels, separated by `:`, each with its values at all steps, separated by `,`, and
/// last its label, where the header has labels. `?` is a value that is missing, where the header says `@missing true`.
public struct SeriesFile: ParsedFile, Equatable {
    /// One series.
    public struct Series: Sendable, Equatable {
        /// `[steps, channels]`, row-major; NaN where one is missing.
        public let values: [Float]
        /// How many steps it has; at least one.
        public let steps: Int
        /// Its place in the file's `labels`; nil where the file has none.
        public let label: Int?
    }

    /// What the file calls itself; empty where it does not.
    public let problem: String
    /// How many numbers a step has.
    public let channels: Int
    /// Of the classes, in the header's order; empty for series without labels.
    public let labels: [String]
    /// In the file's order; at least one.
    public let series: [Series]

    init(problem: String, channels: Int, labels: [String], series: [Series]) {
        (self.problem, self.channels, self.labels, self.series) = (problem, channels, labels, series)
    }

    /// The longest series' steps.
    public var longest: Int { series.map(\.steps).max() ?? 0 }

    /// Reads the bytes of a file. Time stamps and targets that are numbers are refused.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformedText` with the line and column where it stops making sense.
    public init(parsing bytes: [UInt8], name: String) throws {
        var parser = SeriesParser(bytes: bytes, name: name)
        self = try parser.whole()
    }
}
