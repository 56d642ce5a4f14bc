import UnrollData

/// What a translator's run learns from and is judged by.
public struct TranslationData: Sendable {
    /// For errors: a path.
    let name: String
    let training: [PairsFile.Pair]
    let validation: [PairsFile.Pair]
    let test: [PairsFile.Pair]
    /// Lines that were left out as one of their sides is blank.
    let blanks: Int

    static let roles = ["pairs", "source", "target", "validation", "test"]

    /// Pairs divided by their sources, all pairs of a source being in the same part; or all, where other files validate
    /// and test.
    init(_ files: [ReadFile], _ settings: TranslatorSettings) throws {
        try files.check(roles: Self.roles, of: Translator.kind)
        let (all, name) = try Self.pairs(files)
        self.name = name
        let others = try ["validation", "test"].map { role in
            try files.file(role).map { try PairsFile(parsing: $0.bytes, name: $0.name) }
        }
        blanks = all.blanks + others.reduce(0) { $0 + ($1?.blanks ?? 0) }
        if others.contains(where: { $0 != nil }) {
            if let split = settings.split {
                throw ModelError.badSetting(
                    flag: "--split", value: "\(split) with --validation or --test", expected: "one or the other")
            }
            (training, validation, test) = (all.pairs, others[0]?.pairs ?? [], others[1]?.pairs ?? [])
            return
        }
        let parts = try Split(parsing: settings.split ?? "80/10/10").rows(
            keys: all.pairs.map(\.source), seed: UInt64(settings.seed))
        guard !parts.training.isEmpty else {
            throw ModelError.badText(name: name, reason: "too few pairs: none is left to train on")
        }
        let pairs = { (rows: [Int]) in rows.map { all.pairs[$0] } }
        (training, validation, test) = (pairs(parts.training), pairs(parts.validation), pairs(parts.test))
    }

    /// The pairs of one file, or of two.
    static func pairs(_ files: [ReadFile]) throws -> (file: PairsFile, name: String) {
        let sides = (files.file("source"), files.file("target"))
        switch (files.file("pairs"), sides.0, sides.1) {
        case (let file?, nil, nil):
            return (try PairsFile(parsing: file.bytes, name: file.name), file.name)
        case (nil, let source?, let target?):
            let file = try PairsFile(parsing: (source.bytes, target.bytes), names: (source.name, target.name))
            return (file, source.name)
        case (let file?, _, _):
            throw ModelError.badSetting(
                flag: "--pairs", value: "\(file.name) with --\(sides.0 == nil ? "target" : "source")",
                expected: "one or the other")
        case (nil, let side, let other):
            let missing = side == nil && other == nil ? "pairs" : side == nil ? "source" : "target"
            throw ModelError.badSetting(
                flag: "--" + missing, value: "missing",
                expected: "a file of pairs (--pairs), or two of lines that belong together (--source and --target),")
        }
    }
}

/// A source with all its translations.
struct TranslatedSource {
    var source: String
    var targets: [String]

    /// Pairs by their sources, in order of the first of each.
    static func grouped(_ pairs: [PairsFile.Pair]) -> [TranslatedSource] {
        var (places, grouped): ([String: Int], [TranslatedSource]) = ([:], [])
        for pair in pairs {
            if let place = places[pair.source] {
                grouped[place].targets.append(pair.target)
            } else {
                places[pair.source] = grouped.count
                grouped.append(TranslatedSource(source: pair.source, targets: [pair.target]))
            }
        }
        return grouped
    }
}
