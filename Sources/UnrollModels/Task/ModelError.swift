import UnrollData

/// What can go wrong with a model's settings, text or files, as the user should read it: one line with the way out.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A setting is out of range; `flag` is the command's.
    case badSetting(flag: String, value: String, expected: String)
    /// It would not fit; `lower` names the flags that make it less.
    case tooLarge(what: String, bytes: Double, available: Double, lower: String)
    /// There is too little text, or too little in it, to learn or to judge by.
    case badText(name: String, reason: String)
    /// A file is not what the run began with.
    case dataChanged(name: String)
    /// The device a run was on is not to be had.
    case deviceUnavailable(name: String, reason: String)
    /// The file is not what it should be.
    case unusable(path: String, reason: String)

    /// One line for the user, whatever characters files have.
    public var description: String { text.onOneLine }

    private var text: String {
        switch self {
        case .badSetting(let flag, let value, let expected):
            "\(flag) \(value) makes no sense: \(expected) is needed"
        case .tooLarge(let what, let bytes, let available, let lower):
            "\(what) would take about \(gigabytes(bytes)), and there is room for \(gigabytes(available));"
                + " lower \(lower)"
        case .badText(let name, let reason):
            "\(name): \(reason)"
        case .dataChanged(let name):
            "\(name) has changed since the run began; bring back the file as it was, or start a new run"
        case .deviceUnavailable(let name, let reason):
            "the run was on \(name), and \(reason); continue it on another device with --device"
        case .unusable(let path, let reason):
            "\(path) cannot be used: \(reason)"
        }
    }

    /// Refuses a count outside a range.
    /// - Throws: `ModelError.badSetting`.
    package static func check(_ flag: String, _ value: Int, in range: ClosedRange<Int>) throws {
        if range.contains(value) { return }
        let from = range.lowerBound == 0 ? "not below zero" : "from \(range.lowerBound)"
        let expected = range.upperBound == Int.max ? from : "from \(range.lowerBound) to \(range.upperBound)"
        throw ModelError.badSetting(flag: flag, value: "\(value)", expected: "a whole number " + expected)
    }

    /// Refuses the first of these settings that makes no sense.
    static func check(_ settings: [(flag: String, value: Float, isGood: Bool, expected: String)]) throws {
        for (flag, value, isGood, expected) in settings where !isGood {
            throw ModelError.badSetting(flag: flag, value: "\(value)", expected: expected)
        }
    }

    private func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
}
