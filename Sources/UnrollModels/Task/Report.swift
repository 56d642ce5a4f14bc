public import UnrollCharts
public import UnrollData
public import UnrollTraining

/// What a model is found to be worth: figures for programs, lines for people, and a drawing.
public struct Report: Sendable {
    /// `test_accuracy` and so on, in the order in which they are told.
    public var figures: [Figure]
    /// What `--json` has besides: a confusion matrix, a list by class.
    public var details: [JSON.Member] = []
    /// What a person reads.
    public var lines: [String] = []
    /// What `--chart` draws; nil where there is nothing to draw.
    public var drawing: (any Drawing)?

    /// A report of figures alone.
    public init(_ figures: [Figure] = []) { self.figures = figures }

    /// As members of the object that `--json` prints.
    public var members: [JSON.Member] { figures.map { .init($0.name, .number($0.value)) } + details }
}

/// What a model makes of one input.
public struct Prediction: Sendable {
    /// What a person reads: one line.
    public var line: String
    /// What `--json` prints for it.
    public var json: JSON

    /// A line and its JSON.
    public init(_ line: String, _ json: JSON) { (self.line, self.json) = (line, json) }
}

/// What is to be predicted from.
public struct PredictionInput: Sendable {
    /// Texts, as given by `--text`.
    public var texts: [String]
    /// Files, by role.
    public var files: [ReadFile]
    /// How many steps ahead, sequences or classes; nil for the task's own number.
    public var count: Int?

    /// Texts, files, or both.
    public init(texts: [String] = [], files: [ReadFile] = [], count: Int? = nil) {
        (self.texts, self.files, self.count) = (texts, files, count)
    }
}
