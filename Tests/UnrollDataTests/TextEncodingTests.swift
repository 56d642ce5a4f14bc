import Testing
import UnrollData

@Suite struct TextEncodingTests {
    private static let text = "First Citizen:\nSpeak, \"speak\" — 'tis the lords' day. Né 👍🏽!\nFirst, speak the day"

    private static var encodings: [TextEncoding] {
        let splitter = WordSplitter(keepNewlines: true)
        return [
            .characters(Vocabulary(of: text.unicodeScalars)),
            .words(splitter, Vocabulary(counting: splitter.words(in: text), specials: [Vocabulary.Special.unknown])),
            .bytePairs(BytePairEncoding(training: text, size: 280)),
        ]
    }

    @Test func textsComeBack() throws {
        for (encoding, unit) in zip(Self.encodings, TextUnit.allCases) {
            #expect(encoding.unit == unit)
            let indices = try encoding.encode(Self.text, name: "")
            #expect(indices.allSatisfy { (0..<Int32(encoding.count)).contains($0) })
            let expected = unit == .words ? Self.text.replacing("lords' ", with: "lords '") : Self.text
            #expect(encoding.decode(indices) == expected)
            #expect(try TextEncoding(json: JSON(parsing: encoding.json.indented, name: ""), name: "") == encoding)
        }
        #expect(Self.encodings[1].tokenText(0) == "<unk>")
        #expect(try Self.encodings[1].encode("unheard", name: "") == [0])
    }

    /// Any indices, so that characters are in pieces and marks in strange places.
    @Test func streamsWhatItDecodes() {
        var random = SplitMix(seed: 3)
        for encoding in Self.encodings {
            for _ in 0..<200 {
                let indices = (0..<30).map { _ in Int32(random.next(below: encoding.count)) }
                var stream = TextStream(encoding)
                let text = indices.reduce(into: "") { $0 += stream.append($1) } + stream.finish()
                #expect(Array(text.utf8) == Array(encoding.decode(indices).utf8))
            }
        }
    }

    @Test func streamWaitsForTheWholeCharacter() {
        let pairs = BytePairEncoding(training: "", size: 256)
        var stream = TextStream(.bytePairs(pairs))
        #expect(Array("a👍b".utf8).map { stream.append(Int32($0)) } == ["a", "", "", "", "👍", "b"])
        #expect(stream.append(0xE2) == "" && stream.append(0x41) == "\u{FFFD}A" && stream.finish() == "")
        #expect(stream.append(0xF0) == "" && stream.finish() == "\u{FFFD}")
    }

    @Test(arguments: [
        (#"{"unit": "letters"}"#, "'unit' is not one of characters, words, byte-pairs"), ("{}", "'unit' is missing"),
        (#"{"unit": "words"}"#, "'splitter' is missing"), (#"{"unit": "byte-pairs", "pairs": 1}"#, "'pairs' is not"),
        (#"{"unit": "characters", "vocabulary": {"specials": [], "tokens": ["ab"]}}"#, "'ab' in the vocabulary is not"),
    ])
    func refusesJSON(text: String, reason: String) throws {
        let json = try JSON(parsing: text, name: "")
        #expect { try TextEncoding(json: json, name: "f") } throws: { "\($0)".hasPrefix("f: " + reason) }
    }
}
