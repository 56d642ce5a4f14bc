import Testing
import UnrollData

@Suite struct TextTests {
    @Test func decodesAsSwiftDoes() throws {
        let text = "aé€😀\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\r\n\u{FEFF}e\u{301}"
        #expect(try Text.decode(Array(text.utf8), name: "") == Array(text.unicodeScalars))
    }

    @Test(arguments: [
        ([0x61, 0xFF], 1), ([0x61, 0x62, 0xC3], 2), ([0xC3, 0x28], 0), ([0xC0, 0x80], 0), ([0xE0, 0x80, 0x80], 0),
        ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0), ([0x80], 0),
        ([0xF0, 0x9F, 0x98], 0), ([0xFE], 0), ([0xEF, 0xBB, 0xBF, 0x61, 0xFF], 4),
    ])
    func refusesWithTheOffset(bytes: [UInt8], offset: Int) {
        #expect(throws: DataError.notText(name: "file", offset: offset)) { try Text.decode(bytes, name: "file") }
    }

    @Test func aZeroByteIsCalledThat() {
        let error = DataError.zeroByte(name: "file", offset: 4)
        #expect(throws: error) { try Text.decode([0xEF, 0xBB, 0xBF, 0x61, 0, 0x62], name: "file") }
        #expect(error.description.hasPrefix("file: a NUL byte at 4: this is not a text file"))
    }

    /// One mark, at the start.
    @Test func aByteOrderMarkIsNoText() throws {
        let mark = "\u{FEFF}"
        for (text, expected) in [(mark + "aé", "aé"), (mark + mark + "a" + mark, mark + "a" + mark), (mark, "")] {
            #expect(try Text.decode(Array(text.utf8), name: "") == Array(expected.unicodeScalars))
        }
    }

    /// The standard library as the judge of random bytes.
    @Test func agreesOnRandomBytes() {
        let pieces: [[UInt8]] = [
            [0x61], [0xC3, 0xA9], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xED, 0xA0], [0xC3],
        ]
        for _ in 0..<5000 {
            var bytes = (0..<6).flatMap { _ in pieces.randomElement()! }
            bytes[.random(in: 0..<bytes.count)] ^= UInt8(1) << Int.random(in: 0..<8)
            let expected = bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
            #expect((try? Text.decode(bytes, name: "")) == expected.map { Array($0.unicodeScalars) })
        }
    }

    @Test func vocabularyIsSorted() throws {
        let vocabulary = Vocabulary(of: "hello, wörld 😀".unicodeScalars)
        #expect(vocabulary.string == " ,dehlorwö😀")
        let indices = try vocabulary.encode("wö😀 ".unicodeScalars, name: "")
        #expect(indices == [8, 9, 10, 0])
        #expect(vocabulary.decode(indices) == "wö😀 ")
        let error = DataError.unknownCharacter("x", offset: 2, name: "some.txt")
        #expect(throws: error) { try vocabulary.encode("hexe".unicodeScalars, name: "some.txt") }
        #expect(
            error.description == "some.txt: the character 'x' (U+0078) at offset 2 is not in the model's vocabulary; "
                + "leave it out, or train a model on a text that has it")
        #expect(DataError.unknownCharacter("\n", offset: 2, name: "").description.contains("character U+000A at"))
    }

    @Test func rowsAreContiguousAndTargetsFollow() {
        // 17 characters in 3 rows: 5 inputs a row, the last target is character 15, character 16 is dropped.
        let rows = TextRows((0..<17).map { Int32($0) }, batch: 3)
        #expect(rows.length == 5)
        let (inputs, targets) = rows.window(from: 1, steps: 3)
        #expect(inputs == [1, 2, 3, 6, 7, 8, 11, 12, 13])
        #expect(targets == [2, 3, 4, 7, 8, 9, 12, 13, 14])
        #expect(rows.window(from: 4, steps: 1).targets == [5, 10, 15])
        #expect(TextRows([0, 1, 2, 3, 4, 5, 6], batch: 3).length == 2)
        #expect(
            TextRows(.init(repeating: 0, count: TextRows.tokensNeeded(batch: 4, steps: 9)), batch: 4).length == 9)
    }
}
