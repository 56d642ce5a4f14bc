import UnrollData

/// How a model that writes is searched.
public struct BeamSettings: Sendable, Equatable {
    /// How many hypotheses are kept.
    public var width = 5
    /// α: the logarithm of a text's probability is divided by its lengthᵅ.
    public var lengthPower: Float = 1

    /// Five hypotheses, by the mean logarithm of a token's probability.
    public init() {}

    /// Refuses what makes no sense.
    /// - Throws: `ModelError.badSetting`.
    public func check() throws {
        try ModelError.check("--beam", width, in: 1...1024)
        try ModelError.check([
            ("--length-power", lengthPower, (0...10).contains(lengthPower), "a number from 0 to 10")
        ])
    }

    /// How many hypotheses there are side by side, where those of one input are no more; greedily each is another input's.
    static let hypothesesAtOnce = 256

    /// How many inputs are written for side by side, by a search with so many hypotheses for each.
    static func inputsAtOnce(width: Int) -> Int { max(1, hypothesesAtOnce / width) }

    /// A search for texts of up to so many tokens.
    func search(width: Int? = nil, maximum: Int) -> BeamSearch {
        BeamSearch(
            width: width ?? self.width, lengthPower: Double(lengthPower), end: TextEncoding.end, maximum: maximum)
    }
}

/// A task's model that searches for what it writes.
public protocol BeamSearching: TaskModel {
    /// How: as its configuration says, until told otherwise.
    var beam: BeamSettings { get set }
}

extension BeamSettings {
    /// As files have it.
    var members: [JSON.Member] { [.init("beam", .integer(width)), .init("length_power", .number(lengthPower))] }

    /// From what `members` makes.
    /// - Throws: `ModelError.unusable`.
    init(_ reader: SettingsReader) throws {
        (width, lengthPower) = (try reader.size("beam"), try reader.number("length_power"))
        try reader.checked { try check() }
    }
}
