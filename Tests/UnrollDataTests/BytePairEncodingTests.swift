import Testing
import UnrollData

@Suite struct BytePairEncodingTests {
    /// The plain algorithm: count all pairs anew for every token.
    private func plainMerges(_ pieces: [String], _ count: Int) -> [[Int32]] {
        var pieces = pieces.map { $0.utf8.map { Int32($0) } }
        var merges: [[Int32]] = []
        while merges.count < count {
            var counts: [[Int32]: Int] = [:]
            for piece in pieces {
                for pair in zip(piece, piece.dropFirst()) { counts[[pair.0, pair.1], default: 0] += 1 }
            }
            let best = counts.filter { $0.value > 1 }.min {
                (-$0.value, $0.key[0], $0.key[1]) < (-$1.value, $1.key[0], $1.key[1])
            }
            guard let pair = best?.key else { break }
            pieces = pieces.map { piece in
                var (joined, place): ([Int32], Int) = ([], 0)
                while place < piece.count {
                    let isPair = Array(piece[place...].prefix(2)) == pair
                    joined.append(isPair ? Int32(256 + merges.count) : piece[place])
                    place += isPair ? 2 : 1
                }
                return joined
            }
            merges.append(pair)
        }
        return merges
    }

    @Test func agreesWithThePlainAlgorithm() {
        let words = ["low", "lower", "lowest", "newest", "wider", "aaaaaaa", "banana", "é", "née", "ananas"]
        var random = SplitMix(seed: 1)
        let text = (0..<120).map { _ in words[min(random.next(below: 10), random.next(below: 10))] }
        let pieces = [text[0]] + text.dropFirst().map { " " + $0 }
        let pairs = BytePairEncoding(training: text.joined(separator: " "), size: 256 + 200)
        let merges = plainMerges(pieces, 200)
        #expect(pairs.json["merges"] == .array(merges.map { .array($0.map { .integer(Int($0)) }) }))
        // The text has no more pairs.
        #expect((30..<200).contains(merges.count) && pairs.count == 256 + merges.count)
        // Encoding a piece repeats what training did to it.
        #expect(pairs.encode(" lowest").count == 1)
        #expect(pairs.tokenText(pairs.encode(" lowest")[0]) == " lowest")
    }

    /// Random words, so that many pairs become rarer as others become tokens.
    @Test(arguments: 1...5) func agreesToTheLastPair(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let letters = ["a", "b", "c"]
        let pieces = (0..<40).map { _ in
            " " + (0...random.next(below: 9)).map { _ in letters[random.next(below: 3)] }.joined()
        }
        let pairs = BytePairEncoding(training: pieces.joined(), size: 1000)
        let merges = plainMerges(pieces, 744)
        #expect(pairs.json["merges"] == .array(merges.map { .array($0.map { .integer(Int($0)) }) }))
        #expect((20..<744).contains(merges.count))
    }

    @Test func longPiecesAreCutBetweenCharacters() {
        let pairs = BytePairEncoding(training: "é é é", size: 300)
        let text = "a" + String(repeating: "é", count: 100)
        #expect(pairs.encode(text).count == 101)
    }

    @Test func piecesAreTheWordsWithTheirSpace() {
        // What occurs often enough becomes one token, and never more than its piece.
        let text = String(repeating: "ab  cd,12\n ef\n\n(é) ", count: 50)
        let pairs = BytePairEncoding(training: text, size: 600)
        let tokens = pairs.encode(text + "!").map { pairs.tokenText($0) }
        #expect(Array(tokens.prefix(10)) == ["ab", " ", " cd", ",", "12", "\n", " ef", "\n\n", "(", "é"])
        // The space before the last mark was never before a mark in training.
        #expect(tokens.suffix(4) == ["é", ")", " ", "!"])
        #expect(pairs.encode(text).map { pairs.tokenText($0) }.suffix(2) == [")", " "])
    }

    @Test func everyTextComesBack() {
        let pairs = BytePairEncoding(training: randomText(100, pieces: 3000), size: 700)
        #expect(pairs.count > 400)
        for seed in 0..<100 {
            let text = randomText(UInt64(seed), pieces: 40)
            let tokens = pairs.encode(text)
            #expect(Array(pairs.decode(tokens).utf8) == Array(text.utf8))
            #expect(tokens.count < text.utf8.count)
        }
    }

    @Test func anyBytesComeBackAndAnyTokensAreText() {
        var random = SplitMix(seed: 7)
        let bytes = (0..<5000).map { _ in
            UInt8(random.next(below: 2) == 0 ? random.next(below: 256) : 0x80 + random.next(below: 3))
        }
        let pairs = BytePairEncoding(training: bytes, size: 400)
        #expect(pairs.bytes(of: pairs.encode(bytes)) == bytes)
        #expect(pairs.count > 256)
        let tokens = (0..<1000).map { _ in Int32(random.next(below: pairs.count)) }
        #expect(pairs.decode(tokens) == String(decoding: pairs.bytes(of: tokens), as: UTF8.self))
        #expect(pairs.tokenText(0xE2) == "<E2>" && pairs.tokenText(0x41) == "A")
    }

    @Test func comesBackFromJSON() throws {
        let pairs = BytePairEncoding(training: "the theme of the thesis, the theory", size: 300)
        #expect(try BytePairEncoding(json: JSON(parsing: pairs.json.description, name: ""), name: "") == pairs)
        #expect(pairs == BytePairEncoding(training: "the theme of the thesis, the theory", size: 300))
        #expect(BytePairEncoding(training: "", size: 300).count == 256)
    }

    @Test(arguments: [
        (#"{}"#, "'merges' is missing"), (#"{"merges": [[1, 2], [257, 1]]}"#, "pair 1 of 'merges' is not two"),
        (#"{"merges": [[1, -2]]}"#, "pair 0"), (#"{"merges": [[1, 2, 3]]}"#, "pair 0"), (#"{"merges": [7]}"#, "pair 0"),
        (#"{"merges": [[1, "2", 3]]}"#, "pair 0"),
        (#"{"merges": [[1, 2], [1, 2]]}"#, "pair 1 of 'merges' is there twice"),
    ])
    func refusesJSON(text: String, reason: String) throws {
        let json = try JSON(parsing: text, name: "")
        #expect { try BytePairEncoding(json: json, name: "f") } throws: { "\($0)".contains("f: " + reason) }
    }

    /// Each token twice the one before: the 60th would not fit anywhere.
    @Test func refusesTokensWithoutEnd() {
        let merges = (0..<60).map { JSON.array([.integer($0 == 0 ? 7 : 255 + $0), .integer($0 == 0 ? 7 : 255 + $0)]) }
        #expect { try BytePairEncoding(json: ["merges": .array(merges)], name: "f") } throws: {
            "\($0)" == "f: pair 6 of 'merges' has more than 64 bytes"
        }
    }
}
