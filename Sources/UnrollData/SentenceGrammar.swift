#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small probabilistic grammar of English-like sentences, whose entropy is known.
///
/// A sentence is drawn from the top rule down: each rule's alternatives have probabilities, an alternative is text with
/// other rules in it. No sentence has two derivations and every sentence shows where it ends, so the entropy of the
/// text is that of the choices made, and no model can do better than this many nats per character on the average.
public struct SentenceGrammar: Sendable {
    /// One way on: its probability, and the text and rules it stands for.
    package struct Alternative: Sendable {
        package var probability: Double
        package var symbols: [Symbol]
    }

    package enum Symbol: Sendable {
        case text(String)
        case rule(String)
    }

    package let rules: [String: [Alternative]]
    package let top: String

    /// Rules by name: weighted alternatives, in whose text `<name>` stands for what a rule gives.
    package init(top: String, rules: [String: [(weight: Double, text: String)]]) {
        self.top = top
        self.rules = rules.mapValues { alternatives in
            let total = alternatives.reduce(0) { $0 + $1.weight }
            return alternatives.map {
                Alternative(probability: $0.weight / total, symbols: SentenceGrammar.symbols($0.text))
            }
        }
    }

    private static func symbols(_ text: String) -> [Symbol] {
        text.split(separator: "<", omittingEmptySubsequences: false).enumerated().flatMap { index, part -> [Symbol] in
            guard index > 0, let end = part.firstIndex(of: ">") else { return [.text(String(part))] }
            return [.rule(String(part[..<end])), .text(String(part[part.index(after: end)...]))]
        }
    }
}

// MARK: Entropy

extension SentenceGrammar {
    /// What a model that knows the grammar loses, in nats per character: the entropy of a sentence's choices over its
    /// expected length.
    public var entropy: Double {
        var known: [String: (nats: Double, length: Double)] = [:]
        let sentence = expectation(of: top, &known)
        return sentence.nats / sentence.length
    }

    /// `H(r) = Σ pᵢ·(−ln pᵢ + Σ H(rules in i))` and the expected length likewise; no rule contains itself.
    private func expectation(
        of rule: String, _ known: inout [String: (nats: Double, length: Double)]
    ) -> (nats: Double, length: Double) {
        if let value = known[rule] { return value }
        var sum = (nats: 0.0, length: 0.0)
        for alternative in rules[rule]! {
            var (nats, length) = (-log(alternative.probability), 0.0)
            for symbol in alternative.symbols {
                switch symbol {
                case .text(let text): length += Double(text.unicodeScalars.count)
                case .rule(let name):
                    let inner = expectation(of: name, &known)
                    nats += inner.nats
                    length += inner.length
                }
            }
            sum.nats += alternative.probability * nats
            sum.length += alternative.probability * length
        }
        known[rule] = sum
        return sum
    }
}

// MARK: Sentences

extension SentenceGrammar {
    /// Text drawn from the grammar.
    public struct Corpus: Sendable {
        /// Whole sentences.
        public var text: String
        /// `−ln p(text)` under the grammar divided by its characters: the entropy as this text happens to have it.
        public var nats: Double
    }

    /// Sentences, one after the other, until there are at least so many characters. A pure function of the seed.
    public func corpus(characters: Int, seed: UInt64) -> Corpus {
        var random = SplitMix(seed: seed)
        var (text, count, nats) = ("", 0, 0.0)
        while count < characters {
            var sentence = ""
            append(top, to: &sentence, nats: &nats, &random)
            // A capital at the start tells nothing new.
            text += sentence.prefix(1).uppercased() + sentence.dropFirst()
            count += sentence.unicodeScalars.count
        }
        return Corpus(text: text, nats: nats / Double(count))
    }

    private func append(_ rule: String, to text: inout String, nats: inout Double, _ random: inout SplitMix) {
        let alternatives = rules[rule]!
        var rest = random.uniform()
        let chosen = alternatives.first {
            rest -= $0.probability
            return rest < 0
        }
        let alternative = chosen ?? alternatives[alternatives.count - 1]
        nats -= log(alternative.probability)
        for symbol in alternative.symbols {
            switch symbol {
            case .text(let part): text += part
            case .rule(let name): append(name, to: &text, nats: &nats, &random)
            }
        }
    }
}
