import UnrollData

/// A text to learn word vectors from: its sentences as words by number.
public struct WordCorpus: Sendable {
    /// The different words, the most frequent first, among equals by their characters.
    public let words: [String]
    /// How often the text has each of them.
    public let counts: [Int]
    /// For errors: where the text comes from.
    let name: String
    /// The words by number, −1 between sentences.
    let tokens: [Int32]

    /// Numbers the words of sentences. What is near a word is looked for in its own sentence.
    /// - Parameters:
    ///   - sentences: for example the lines of a file, each its words.
    ///   - minimumCount: words that are there less often are left out, as if the sentences did not have them.
    ///   - name: where the sentences come from, for errors.
    /// - Throws: `ModelError.badText` where fewer than two words are left.
    public init(_ sentences: some Sequence<[String]>, minimumCount: Int, name: String) throws {
        var numbers: [TokenKey: Int32] = [:]
        var counts: [Int] = []
        var tokens: [Int32] = []
        for sentence in sentences {
            for word in sentence {
                let next = Int32(truncatingIfNeeded: counts.count)
                let number = numbers[TokenKey(word), default: next]
                if number == next {
                    numbers[TokenKey(word)] = next
                    counts.append(0)
                }
                counts[Int(number)] += 1
                tokens.append(number)
            }
            tokens.append(-1)
        }
        let ordered = numbers.filter { counts[Int($0.value)] >= minimumCount }.sorted {
            let (a, b) = (counts[Int($0.value)], counts[Int($1.value)])
            return a == b ? TokenKey.precedes($0.key.text, $1.key.text) : a > b
        }
        guard ordered.count > 1 else {
            throw ModelError.badText(
                name: name,
                reason: "\(ordered.isEmpty ? "no word is" : "only one word is") there \(minimumCount) times or more"
                    + " (--minimum-count); there is nothing to learn")
        }
        var places = [Int32](repeating: -1, count: counts.count)
        for (place, word) in ordered.enumerated() { places[Int(word.value)] = Int32(place) }
        words = ordered.map(\.key.text)
        self.counts = ordered.map { counts[Int($0.value)] }
        self.tokens = tokens.filter { $0 < 0 || places[Int($0)] >= 0 }.map { $0 < 0 ? -1 : places[Int($0)] }
        self.name = name
    }

    /// How many words the text has, of those that are kept.
    public var count: Int { counts.reduce(0, +) }
}
