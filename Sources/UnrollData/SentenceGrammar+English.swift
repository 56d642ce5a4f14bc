extension SentenceGrammar {
    /// People, animals and what they do. Subject and verb agree across what stands between them, which is what there is
    /// to remember.
    public static let english = SentenceGrammar(
        top: "sentence",
        rules: [
            "sentence": [(8, "<statement>. "), (3, "<statement>.\n"), (1, "<question>? ")],
            "statement": [(10, "<clause>"), (2, "when <clause>, <clause>"), (2, "<clause>, but <clause>")],
            "clause": [(5, "<one> <does>"), (4, "<many> <do>")],
            "question": [(1, "does <one> <do>"), (1, "do <many> <do>")],

            // Subjects
            "one": [(3, "<name>"), (4, "the <thing>"), (2, "every <thing>"), (3, "the <thing> <aside-of-one>")],
            "many": [(4, "the <thing>s"), (2, "most <thing>s"), (3, "the <thing>s <aside-of-many>")],
            "aside-of-one": [(2, "near the <place>"), (1, "that <transitive>s <object>")],
            "aside-of-many": [(2, "near the <place>"), (1, "that <transitive> <object>")],
            "object": [(3, "the <thing>"), (2, "a <thing>"), (2, "some <thing>s"), (1, "<name>")],
            "thing": [(2, "<noun>"), (1, "<adjective> <noun>")],

            // Verbs
            "does": [(3, "<intransitive>s"), (2, "<intransitive>s <how>"), (4, "<transitive>s <object>")],
            "do": [(3, "<intransitive>"), (2, "<intransitive> <how>"), (4, "<transitive> <object>")],
            "how": [(2, "in the <place>"), (3, "<adverb>")],

            // Words
            "noun": common("dog cat teacher farmer bird sailor horse neighbour doctor painter merchant king"),
            "name": common("Anna Peter Maria Tom Clara Hugo"),
            "adjective": common("little old brave quiet clever hungry young proud"),
            "place": common("garden house forest market bridge harbour mountain"),
            "transitive": common("see follow like help find remember call paint"),
            "intransitive": common("sleep sing wait laugh dream work listen"),
            "adverb": common("quietly often again today slowly happily"),
        ])

    /// Words of which the n-th is 1/n as frequent as the first.   (Zipf 1935)
    private static func common(_ words: String) -> [(weight: Double, text: String)] {
        words.split(separator: " ").enumerated().map { (1 / Double($0 + 1), String($1)) }
    }
}
