/// How far one sequence is from another.
public enum EditDistance {
    /// The least number of tokens to replace, insert or remove that makes `b` of `a`.   (Levenshtein 1966)
    ///
    /// Takes time in proportion to the product of the lengths and memory in proportion to the second.
    public static func distance<Token: Hashable>(_ a: some Sequence<Token>, _ b: some Sequence<Token>) -> Int {
        // Tokens as numbers: comparing strings over and over would take most of the time.
        var numbers: [Token: Int] = [:]
        func numbered(_ tokens: some Sequence<Token>) -> [Int] {
            tokens.map { token in
                let number = numbers[token] ?? numbers.count
                numbers[token] = number
                return number
            }
        }
        let (a, b) = (numbered(a), numbered(b))
        // row[j]: the distance of a's first i tokens from b's first j.
        var row = Array(0...b.count)
        for (i, token) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (token == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, min(diagonal, row[j]) + 1)
            }
        }
        return row[b.count]
    }
}

/// The edits that hypotheses need to become their references, for a token of the references: the word, character or
/// phoneme error rate by what the tokens are.
///
///     rate = Σ edits / Σ tokens of the references
public struct ErrorRate: Sendable, Equatable {
    /// Tokens replaced, inserted and removed, over all pairs.
    public private(set) var edits = 0
    /// Tokens of the references.
    public private(set) var tokens = 0
    /// Pairs.
    public private(set) var pairs = 0
    /// Pairs that are the same.
    public private(set) var exactPairs = 0

    /// Without pairs.
    public init() {}

    /// Of all pairs.
    public init<Token: Hashable>(references: [[Token]], hypotheses: [[Token]]) {
        precondition(
            references.count == hypotheses.count,
            "ErrorRate: \(references.count) references and \(hypotheses.count) hypotheses")
        for (reference, hypothesis) in zip(references, hypotheses) { add(reference: reference, hypothesis: hypothesis) }
    }

    /// Counts one more pair; returns its edits.
    @discardableResult
    public mutating func add<Token: Hashable>(reference: [Token], hypothesis: [Token]) -> Int {
        let distance = EditDistance.distance(reference, hypothesis)
        edits += distance
        tokens += reference.count
        pairs += 1
        exactPairs += distance == 0 ? 1 : 0
        return distance
    }

    /// Counts one more word that may be said in several ways: the nearest reference counts, the first of those as near.
    @discardableResult
    public mutating func add<Token: Hashable>(references: [[Token]], hypothesis: [Token]) -> Int {
        precondition(!references.isEmpty, "ErrorRate.add: no reference")
        let distances = references.map { EditDistance.distance($0, hypothesis) }
        let nearest = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        return add(reference: references[nearest], hypothesis: hypothesis)
    }

    /// Edits for a token; may be above 1. Where no reference has tokens, the edits themselves, as jiwer has it.
    public var rate: Double { Double(edits) / Double(max(tokens, 1)) }

    /// The part of the pairs that are the same; 0 without pairs.
    public var exact: Double { pairs == 0 ? 0 : Double(exactPairs) / Double(pairs) }
}
