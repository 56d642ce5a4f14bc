#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How much of translations is in their references: n-grams of one to four tokens, 0 to 100.   (Papineni et al. 2002)
///
///     BLEU = brevity · exp(Σ_n log p_n / 4)       p_n = 100 Σ matches_n / Σ n-grams_n
///     brevity = exp(1 - references' length / translations' length), at most 1
///
/// An n-gram matches at most as often as it is in the reference that has most of it, and of several references the one
/// nearest in length counts, the shorter of two as near. Where no n-gram of an order matches, `p_n` is
/// `100 / (2^k n-grams_n)`, for the k-th such order.   ("exp" smoothing, Chen & Cherry 2014; Post 2018)
/// The figures are those of sacrebleu over the same tokens.
public struct BLEU: Sendable, Equatable {
    /// What becomes of an order without matches.
    public enum Smoothing: Sendable {
        /// Half the precision of one match, a quarter for the next such order, and so on.
        case exponential
        /// Nothing: the score is then 0.
        case none
    }

    /// The longest n-grams.
    public static let orders = 4

    /// `[order - 1]`: n-grams of the translations that are in their references.
    public private(set) var matches = Array(repeating: 0, count: orders)
    /// `[order - 1]`: n-grams of the translations.
    public private(set) var totals = Array(repeating: 0, count: orders)
    /// Tokens of the translations.
    public private(set) var length = 0
    /// Tokens of the references.
    public private(set) var referenceLength = 0
    /// Translations.
    public private(set) var sentences = 0

    /// Without sentences.
    public init() {}

    /// Of all sentences, each with one reference.
    public init<Token: Hashable>(references: [[Token]], translations: [[Token]]) {
        precondition(
            references.count == translations.count,
            "BLEU: \(references.count) references and \(translations.count) translations")
        for (reference, translation) in zip(references, translations) {
            add(references: [reference], translation: translation)
        }
    }

    /// Counts one more sentence.
    /// - Parameter references: at least one.
    public mutating func add<Token: Hashable>(references: [[Token]], translation: [Token]) {
        precondition(!references.isEmpty, "BLEU.add: no reference")
        sentences += 1
        length += translation.count
        let distance = { (tokens: Int) in (abs(tokens - translation.count), tokens) }
        referenceLength += references.map(\.count).min { distance($0) < distance($1) } ?? 0
        for order in 1...Self.orders {
            var most: [ArraySlice<Token>: Int] = [:]
            for reference in references { most.merge(Self.grams(of: reference, order), uniquingKeysWith: max) }
            // Sums of integers: the same in any order.
            for (gram, count) in Self.grams(of: translation, order) {
                matches[order - 1] += min(count, most[gram] ?? 0)
                totals[order - 1] += count
            }
        }
    }

    /// Counts what another count has.
    public mutating func add(_ other: BLEU) {
        for order in 0..<Self.orders {
            matches[order] += other.matches[order]
            totals[order] += other.totals[order]
        }
        length += other.length
        referenceLength += other.referenceLength
        sentences += other.sentences
    }

    private static func grams<Token: Hashable>(of tokens: [Token], _ order: Int) -> [ArraySlice<Token>: Int] {
        var counts: [ArraySlice<Token>: Int] = [:]
        for end in stride(from: order, through: tokens.count, by: 1) {
            counts[tokens[(end - order)..<end], default: 0] += 1
        }
        return counts
    }

    /// What translations shorter than their references are multiplied with; 1 for others.
    public var brevityPenalty: Double {
        if length >= referenceLength { return 1 }
        return length == 0 ? 0 : exp(1 - Double(referenceLength) / Double(length))
    }

    /// `[order - 1]`: the precisions, 0 to 100, those of orders without matches smoothed; 0 where nothing matches at all
    /// and for orders longer than every translation.
    public func precisions(_ smoothing: Smoothing = .exponential) -> [Double] {
        guard matches.contains(where: { $0 > 0 }) else { return Array(repeating: 0, count: Self.orders) }
        var halved = 1.0
        return zip(matches, totals).map { matched, total in
            if total == 0 { return 0 }
            if matched > 0 { return 100 * Double(matched) / Double(total) }
            guard smoothing == .exponential else { return 0 }
            halved *= 2
            return 100 / (halved * Double(total))
        }
    }

    /// BLEU of all sentences counted, 0 to 100; 0 where one of the orders is longer than every translation.
    public var score: Double { score() }

    /// BLEU of all sentences counted, 0 to 100.
    /// - Parameter existingOrders: only the orders that the translations are long enough for count: the way to score
    ///   single, short sentences, as sacrebleu's `sentence_bleu` does.
    public func score(_ smoothing: Smoothing = .exponential, existingOrders: Bool = false) -> Double {
        let orders = existingOrders ? totals.prefix { $0 > 0 }.count : Self.orders
        let precisions = precisions(smoothing).prefix(orders)
        guard orders > 0, precisions.allSatisfy({ $0 > 0 }) else { return 0 }
        return brevityPenalty * exp(precisions.reduce(0) { $0 + log($1) } / Double(orders))
    }
}
