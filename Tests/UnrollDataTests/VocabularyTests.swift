import Testing
import UnrollData

@Suite struct VocabularyTests {
    typealias Special = Vocabulary.Special
    static let text = "b a c a b a d é e\u{301} é <unk>".split(separator: " ").map(String.init)

    @Test func ordersByCountThenText() throws {
        let vocabulary = Vocabulary(counting: Self.text, specials: [Special.padding, Special.unknown])
        // é in two scalars is a token of its own, and before é in one, as its first scalar is e.
        #expect(
            vocabulary.tokens.map { Array($0.unicodeScalars) }
                == ["<pad>", "<unk>", "a", "b", "é", "c", "d", "e\u{301}"].map { Array($0.unicodeScalars) })
        #expect(vocabulary.padding == 0 && vocabulary.unknown == 1 && vocabulary.specialCount == 2)
        #expect(vocabulary.index(of: "c") == 5 && vocabulary.index(of: "z") == nil && vocabulary[3] == "b")
        #expect(vocabulary.index(of: "é") == 4 && vocabulary.index(of: "e\u{301}") == 7)
        #expect(try vocabulary.encode(["d", "z", "<unk>", "<pad>"], name: "") == [6, 1, 1, 0])
        #expect(try vocabulary.encode("dz".unicodeScalars, name: "") == [6, 1])
        #expect(vocabulary.tokens(of: [2, 1]) == ["a", "<unk>"])
    }

    @Test func keepsToLimitAndMinimum() {
        let specials = [Special.unknown, Special.start, Special.end]
        #expect(Vocabulary(counting: Self.text, limit: 5, specials: specials).tokens == specials + ["a", "b"])
        #expect(Vocabulary(counting: Self.text, limit: 2, specials: specials).tokens == specials)
        #expect(Vocabulary(counting: Self.text, minimum: 2).tokens == ["a", "b", "é"])
        #expect(Vocabulary(counting: Self.text, limit: 1, minimum: 3).tokens == ["a"])
    }

    @Test func namesWhatItDoesNotKnow() {
        let vocabulary = Vocabulary(counting: ["a", "b"])
        let error = DataError.unknownToken("see", position: 1, name: "some.txt")
        #expect(throws: error) { try vocabulary.encode(["a", "see"], name: "some.txt") }
        #expect(
            error.description == "some.txt: \"see\", number 2 of its words, is not in the model's vocabulary; leave it "
                + "out, or train a model on a text that has it")
    }

    /// Characters that mean the same are not the same.
    @Test func everyCharacterComesBack() throws {
        for seed in 0..<20 {
            let text = Array(randomText(UInt64(seed), pieces: 60).unicodeScalars)
            let vocabulary = Vocabulary(of: text)
            #expect(Array(vocabulary.decode(try vocabulary.encode(text, name: "")).unicodeScalars) == text)
            #expect(vocabulary.characters == Set(text).sorted())
            #expect(try Vocabulary(json: JSON(parsing: vocabulary.json.description, name: ""), name: "") == vocabulary)
        }
    }

    @Test func comesBackFromJSON() throws {
        let vocabulary = Vocabulary(counting: Self.text, specials: [Special.unknown, Special.padding])
        let json = try JSON(parsing: vocabulary.json.indented, name: "")
        let read = try Vocabulary(json: json, name: "")
        #expect(read == vocabulary && read.padding == 1 && read.unknown == 0)
        #expect(read != Vocabulary(tokens: vocabulary.tokens))
    }

    @Test(arguments: [
        (#"{"tokens": []}"#, "'specials' is missing"), (#"{"specials": []}"#, "'tokens' is missing"),
        (#"{"specials": [], "tokens": ["a", 1]}"#, "'tokens' is not a list of strings"),
        (#"{"specials": [], "tokens": "ab"}"#, "'tokens' is not a list of strings"),
        (#"{"specials": ["a"], "tokens": ["b", "a"]}"#, #""a" twice"#), (#"[]"#, "'specials' is missing"),
    ])
    func refusesJSON(text: String, reason: String) throws {
        let json = try JSON(parsing: text, name: "")
        #expect { try Vocabulary(json: json, name: "config.json") } throws: {
            "\($0)".hasPrefix("config.json: ") && "\($0)".contains(reason)
        }
    }

    @Test func oneHotRows() {
        #expect(Vocabulary(tokens: ["a", "b", "c"]).oneHot([2, 0]) == [0, 0, 1, 1, 0, 0])
    }
}
