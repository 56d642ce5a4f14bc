import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension LanguageModel {
    /// A word that may come next, and its probability.
    public struct Suggestion: Sendable, Equatable {
        /// Without the space before it.
        public let word: String
        /// Of this word and of its end.
        public let probability: Double
    }

    /// The likeliest words to come next.
    ///
    /// A word of several tokens is as likely as all of them one after the other, and then anything that ends it. Prefixes
    /// are gone on with from the likeliest on: since none gets likelier by growing, the words found first are the best.
    /// - Parameters:
    ///   - prompt: what comes before; a word at its end counts as finished.
    ///   - count: how many words.
    /// - Returns: the likeliest first; fewer where a search of 20,000 prefixes has found no more.
    /// - Throws: `DataError.unknownCharacter`, `ComputeError`.
    public func suggestions(after prompt: String, count: Int) throws -> [Suggestion] {
        let beginsWord = configuration.encoding.unit != .bytePairs || prompt.last?.isWhitespace ?? true
        var search = WordSearch(configuration.encoding, needsSpace: !beginsWord)
        let isOpen = configuration.encoding.unit == .characters && prompt.last?.isWordPart == true
        let tokens = try start(with: isOpen ? prompt + " " : prompt, name: "--prompt")
        let (logits, state) = evaluating { last(tokens, nil) }
        search.expand(
            WordSearch.Prefix(text: "", logProbability: 0, token: 0, state: state), try logits.floats()[...], state)
        search.settle()
        while search.found.count < count, search.expanded < 20_000 {
            let batch = search.next(upTo: 32)
            if batch.isEmpty { break }
            let inputs = Tensor(batch.map(\.token), shape: [batch.count, 1], on: device)
            let states = RecurrentState(
                batch[0].state.tensors.indices.map { index in
                    Tensor.concatenated(batch.map { $0.state.tensors[index] }, along: 1)
                })
            let (logits, after) = evaluating { self(inputs, states) }
            let (numbers, width) = (try logits.floats(), configuration.encoding.count)
            for (row, prefix) in batch.enumerated() {
                let state = RecurrentState(after.tensors.map { $0.slice(row..<row + 1, along: 1) })
                search.expand(prefix, numbers[row * width..<(row + 1) * width], state)
            }
            search.settle()
        }
        let best = search.found.sorted { ($1.logProbability, $0.word) < ($0.logProbability, $1.word) }
        return best.prefix(count).map { Suggestion(word: $0.word, probability: exp($0.logProbability)) }
    }
}

/// A search for words, the likeliest first.
private struct WordSearch {
    /// The beginning of a word.
    struct Prefix {
        var text: String
        var logProbability: Double
        /// Its last token, and what was remembered before it.
        var token: Int32
        var state: RecurrentState
    }

    private let texts: [String]
    private let wordsAreTokens: Bool
    /// Whether the first token of a word has a space before its letters.
    private let needsSpace: Bool
    private var open: [Prefix] = []
    private var complete: [(word: String, logProbability: Double)] = []
    /// Where a word is in `found`.
    private var places: [String: Int] = [:]
    /// Words that nothing can beat any more, the likeliest first.
    private(set) var found: [(word: String, logProbability: Double)] = []
    private(set) var expanded = 0

    init(_ encoding: TextEncoding, needsSpace: Bool) {
        self.needsSpace = needsSpace
        texts = (0..<encoding.count).map { encoding.tokenText(Int32($0)) }
        wordsAreTokens = encoding.unit == .words
    }

    /// The likeliest prefixes, which go.
    mutating func next(upTo count: Int) -> [Prefix] {
        defer { open.removeLast(min(count, open.count)) }
        return open.suffix(count).reversed()
    }

    /// Goes on with a prefix by every token.
    mutating func expand(_ prefix: Prefix, _ logits: ArraySlice<Float>, _ state: RecurrentState) {
        expanded += 1
        let total = logSumExp(logits)
        var end = 0.0
        for (index, logit) in logits.enumerated() {
            let log = prefix.logProbability + Double(logit) - total
            let text = texts[index]
            if wordsAreTokens {
                if text.first?.isWordPart == true { complete.append((text, log)) }
            } else if let part = continuation(of: prefix.text, by: text) {
                open.append(Prefix(text: prefix.text + part, logProbability: log, token: Int32(index), state: state))
            } else {
                end += exp(log)
            }
        }
        if !prefix.text.isEmpty, end > 0 { complete.append((prefix.text, log(end))) }
    }

    /// What a token adds to a word; nil where it ends it, or cannot begin one.
    private func continuation(of word: String, by text: String) -> String? {
        if word.isEmpty, needsSpace, text.first != " " { return nil }
        let part = word.isEmpty && text.first == " " ? String(text.dropFirst()) : text
        return !part.isEmpty && part.allSatisfy(\.isWordPart) ? part : nil
    }

    /// Moves to `found` what is at least as likely as anything that may still come: asked when no prefix is on its way. A
    /// word that is found again, of other tokens, is that much likelier.
    mutating func settle() {
        // The likeliest last; among equals by their letters.
        open.sort { ($0.logProbability, $1.text) < ($1.logProbability, $0.text) }
        if open.count > 50_000 { open.removeFirst(open.count - 50_000) }
        complete.sort { ($0.logProbability, $1.word) < ($1.logProbability, $0.word) }
        while let best = complete.last, best.logProbability >= open.last?.logProbability ?? -.infinity {
            let (word, logProbability) = complete.removeLast()
            if let place = places[word] {
                found[place].logProbability = log(exp(found[place].logProbability) + exp(logProbability))
            } else {
                places[word] = found.count
                found.append((word, logProbability))
            }
        }
    }
}

extension Character {
    /// Whether it can stand inside a word.
    fileprivate var isWordPart: Bool { isLetter || isNumber || self == "'" || self == "’" || self == "-" }
}
