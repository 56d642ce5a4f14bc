import Testing
import UnrollData

@Suite struct WordSplitterTests {
    @Test(arguments: [
        ("Don't panic, he said.", ["Don't", "panic", ",", "he", "said", "."]),
        (
            "a well-known (3.14, 1,000.) snake_case-- -x- 'tis lords'",
            [
                "a", "well-known", "(", "3.14", ",", "1,000", ".", ")", "snake_case", "-", "-", "-", "x", "-", "'",
                "tis",
                "lords", "'",
            ]
        ),
        (
            "a.b 1.a o\u{2019}er 10:30 x\u{AD}y\u{AD}",
            ["a", ".", "b", "1", ".", "a", "o\u{2019}er", "10", ":", "30", "x\u{AD}y"]
        ),
        ("हिन्दी, cafe\u{301}!", ["हिन्दी", ",", "cafe\u{301}", "!"]),
        ("日本の山2月x-日", ["日", "本", "の", "山", "2", "月", "x", "-", "日"]), ("カタカナ한국어", ["カタカナ한국어"]),
        ("👨‍👩‍👧👍🏽🇩🇪❤️$5 ≠ 1️⃣", ["👨‍👩‍👧", "👍🏽", "🇩🇪", "❤️", "$", "5", "≠", "1️⃣"]),
        ("\u{FEFF}a\r\nb\n\n\tc\u{2028}\0", ["a", "b", "c"]), ("", []), (" \n", []),
    ])
    func splits(text: String, words: [String]) {
        #expect(WordSplitter().words(in: text) == words)
    }

    @Test func keepsNewlinesAndLowersCase() {
        let splitter = WordSplitter(lowercase: true, keepNewlines: true)
        #expect(splitter.words(in: "ÀB:\r\nc\n\rD") == ["àb", ":", "\n", "c", "\n", "\n", "d"])
    }

    /// Nothing that shows is lost, and no word has white space.
    @Test func losesOnlyWhatDoesNotShow() {
        let isShown = { (scalar: Unicode.Scalar) in
            ![.control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator].contains(
                scalar.properties.generalCategory)
        }
        for seed in 0..<50 {
            let text = randomText(UInt64(seed), pieces: 80)
            let words = WordSplitter().words(in: text)
            #expect(
                Array(words.joined().unicodeScalars.filter(isShown)) == Array(text.unicodeScalars.filter(isShown)))
            #expect(words.allSatisfy { !$0.isEmpty && !$0.unicodeScalars.contains { $0.properties.isWhitespace } })
        }
    }

    @Test(arguments: [
        "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak!",
        "'Tis the lords' house; (she said \"no\" twice)... don't: \"yes!\"",
        "It costs $3.50, i.e. 50% off / and/or #1?",
        "the lords'\nlaws -- so “quoted” ‘words’ [x]", "日本の山。 東京",
    ])
    func joinsAsWritten(text: String) {
        let splitter = WordSplitter(keepNewlines: true)
        let words = splitter.words(in: text)
        let joined = splitter.text(of: words)
        #expect(splitter.words(in: joined) == words)
        // Spaces that no rule brings back.
        let known = ["lords' ": "lords '", "i.e. ": "i. e. ", " / ": "/", "。 ": "。"]
        let expected = known.reduce(text) { $0.replacing($1.key, with: $1.value) }
        #expect(joined == expected)
    }

    @Test func comesBackFromJSON() throws {
        for splitter in [.scikit, WordSplitter(), WordSplitter(lowercase: true), WordSplitter(keepNewlines: true)] {
            #expect(try WordSplitter(json: splitter.json, name: "") == splitter)
        }
        #expect { try WordSplitter(json: ["rule": "none"], name: "f") } throws: {
            "\($0)" == "f: 'rule' is not \"unicode\" or \"scikit\""
        }
    }
}
