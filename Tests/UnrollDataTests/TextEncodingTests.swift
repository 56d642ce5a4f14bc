import Testing
import UnrollData

@Suite struct TextEncodingTests {
    private static let text = "First Citizen:\nSpeak, \"speak\" — 'tis the lords' day. Né 👍🏽!\nFirst, speak the day"

    private static var encodings: [TextEncoding] {
        TextUnit.allCases.map { TextEncoding(fitting: [text], unit: $0, limit: 280, keepNewlines: true) }
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
        #expect(Self.encodings.map(\.unknown) == [0, 0, nil])
        #expect(TextEncoding.characters(Vocabulary(of: "ab".unicodeScalars)).unknown == nil)
    }

    @Test func fitsWhatIsAskedFor() throws {
        let words = TextEncoding(
            fitting: ["A a b", "B c b"], unit: .words, limit: 3, minimum: 2, lowercase: true, keepNewlines: true)
        #expect((0..<3).map { words.tokenText(Int32($0)) } == ["<unk>", "b", "a"])
        #expect(try words.encode("C A\nb", name: "") == [0, 2, 0, 1])
        #expect(TextEncoding(fitting: ["banana banana"], unit: .bytePairs, limit: 257).tokenText(256) == "an")
        #expect(TextEncoding(fitting: ["banana"], unit: .bytePairs, limit: 3).count == 256)
        let letters = TextEncoding(fitting: ["ban", "ana"], unit: .characters, minimum: 2, specials: ["</s>"])
        #expect((0..<3).map { letters.tokenText(Int32($0)) } == ["</s>", "a", "n"] && letters.count == 3)
    }

    /// What is damaged is refused or is another encoding; nothing crashes.
    @Test func damageIsNoCrash() throws {
        var random = SplitMix(seed: 11)
        var (read, refused) = (0, 0)
        for encoding in Self.encodings {
            let json = Array(encoding.json.description.utf8)
            for _ in 0..<300 {
                var damaged = json
                for _ in 0...random.next(below: 3) {
                    let place = random.next(below: damaged.count)
                    switch random.next(below: 3) {
                    case 0: damaged[place] = json[random.next(below: json.count)]
                    case 1: damaged.remove(at: place)
                    default: damaged[place] ^= UInt8(1 + random.next(below: 255))
                    }
                }
                do {
                    let other = try TextEncoding(json: JSON(parsing: damaged, name: "f"), name: "f")
                    _ = other.decode((0..<Int32(other.count)).map { $0 })
                    read += 1
                } catch let error as DataError {
                    #expect(error.description.hasPrefix("f"))
                    refused += 1
                }
            }
        }
        #expect(read > 50 && refused > 50)
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

    /// Words have the space between them and the text before, where there is one to have; other units have none.
    @Test(arguments: [
        ("our cat", "likes it.", " likes it."), ("our cat ", "likes", "likes"), ("our cat\n", "likes", "likes"),
        ("", "likes", "likes"), ("Unheard", "likes", " likes"), ("our cat", ", it", ", it"), ("(our", ")", ")"),
        ("it \"", "likes", "likes"), ("\"our cat", "\" it", "\" it"), ("lords'", "cat", " cat"),
        ("our cat", "\nit", "\nit"),
    ])
    func streamsGoOnBehindAText(before: String, text: String, expected: String) throws {
        let all = "our cat likes it . , \" ( ) lords '\n"
        for unit in TextUnit.allCases {
            let encoding = TextEncoding(fitting: [all], unit: unit, keepNewlines: true)
            var stream = TextStream(encoding, after: before)
            let indices = try encoding.encode(text, name: "")
            let streamed = indices.reduce(into: "") { $0 += stream.append($1) } + stream.finish()
            #expect(streamed == (unit == .words ? expected : text))
        }
    }

    @Test func streamWaitsForTheWholeCharacter() {
        let pairs = BytePairEncoding(training: "", size: 256)
        var stream = TextStream(.bytePairs(pairs))
        #expect(
            Array("a👍éb€".utf8).map { stream.append(Int32($0)) }
                == ["a", "", "", "", "👍", "", "é", "b", "", "", "€"])
        #expect(stream.append(0xE2) == "" && stream.append(0x41) == "\u{FFFD}A" && stream.finish() == "")
        #expect(stream.append(0xF0) == "" && stream.finish() == "\u{FFFD}")
    }

    @Test(arguments: [
        (#"{"unit": "letters"}"#, "'unit' is not one of characters, words, byte-pairs"), ("{}", "'unit' is missing"),
        (#"{"unit": "words"}"#, "'splitter' is missing"), (#"{"unit": "byte-pairs", "pairs": 1}"#, "'pairs' is not"),
        (
            #"{"unit": "characters", "vocabulary": {"specials": [], "tokens": ["ab"]}}"#,
            #""ab" in the vocabulary is not"#
        ),
    ])
    func refusesJSON(text: String, reason: String) throws {
        let json = try JSON(parsing: text, name: "")
        #expect { try TextEncoding(json: json, name: "f") } throws: { "\($0)".hasPrefix("f: " + reason) }
    }
}
