import Testing
import UnrollData

@Suite struct WordVectorsFileTests {
    private func parsed(_ text: String) throws -> WordVectorsFile {
        try WordVectorsFile(parsing: Array(text.utf8), name: "f")
    }

    @Test func readsWhatGensimReads() throws {
        for entry in try FormatFixtures.entries("vectors") {
            let name = try #require(entry["name"]?.string)
            let file = try WordVectorsFile(parsing: entry.bytes("bytes"), name: "f")
            #expect(try file.words == entry.strings("words"), "\(name)")
            #expect(try file.values == entry.floats("values"), "\(name)")
            #expect(file.dimensions == 3 && file.duplicates == 0)
            #expect(file.format == (name == "glove" ? .glove : name.hasPrefix("binary") ? .binary : .text), "\(name)")
        }
    }

    @Test(arguments: [WordVectorsFile.Format.glove, .text, .binary])
    func readsWhatItWrote(format: WordVectorsFile.Format) throws {
        let values: [Float] = [0.1, -1e-30, 3e38, 1, .leastNonzeroMagnitude, -0.0, 16777218, 1 / 3]
        let file = WordVectorsFile(words: ["a", "né", "12", "-"], dimensions: 2, values: values)
        let read = try WordVectorsFile(parsing: file.encoded(format, name: "f"), name: "f")
        #expect(read.words == file.words && read.dimensions == 2 && read.format == format)
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
        for word in ["a b", "", "a\n"] {
            let file = WordVectorsFile(words: [word], dimensions: 1, values: [1])
            try expectFailure("empty or has a space") { _ = try file.encoded(format, name: "f") }
        }
    }

    /// What word2vec writes: the bytes of the fixture that Python made of its source.
    @Test func writesAsWord2vecDoes() throws {
        let entry = try #require(
            try FormatFixtures.entries("vectors").first { $0["name"] == "binary with ends of lines" })
        let bytes = try entry.bytes("bytes")
        #expect(try WordVectorsFile(parsing: bytes, name: "f").encoded(.binary, name: "f") == bytes)
    }

    @Test func firstOfTheSameWordCounts() throws {
        let file = try parsed("a 1 2\nb 3 4\na 5 6\n. . . 7 8\n")
        #expect(file.words == ["a", "b", ". . ."] && file.values == [1, 2, 3, 4, 7, 8] && file.duplicates == 1)
        // Two words that are not UTF-8 are repaired, to the same.
        let bytes = Array("3 1\n".utf8) + [0xFF, 0x20, 0x31, 0x0A, 0xFE, 0x20, 0x32, 0x0A, 0x61, 0x20, 0x33, 0x0A]
        let repaired = try WordVectorsFile(parsing: bytes, name: "f")
        #expect(repaired.words == ["\u{FFFD}", "a"] && repaired.values == [1, 3] && repaired.duplicates == 1)
    }

    /// A binary vector may begin with the byte that ends a line of text.
    @Test func binaryVectorsMayHoldEndsOfLines() throws {
        for bits in [0x3F80_000A, 0x3F0A_0A0A, 0x3F0A_2031, 0x3F0A_0A41] as [UInt32] {
            let values = [Float(bitPattern: bits), 2, 3, Float(bitPattern: bits)]
            let file = WordVectorsFile(words: ["the", "of"], dimensions: 2, values: values)
            let read = try WordVectorsFile(parsing: file.encoded(.binary, name: "f"), name: "f")
            #expect(read.values == values && read.words == ["the", "of"] && read.format == .binary)
        }
    }

    /// Numbers of few digits are read without the help of the library: to the same bits.
    @Test func numbersAreTheNearest() throws {
        var numbers: [String] = ["0", "-0", "5.", ".5", "+1", "1e3", "16777216", "16777217", "0.0000000001"]
        var state: UInt64 = 7
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let digits = String((state >> 33) % 100_000_000)
            let point = digits.index(digits.startIndex, offsetBy: Int(state >> 20) % digits.count)
            numbers.append("-" + (point == digits.startIndex ? "0" : digits[..<point]) + "." + digits[point...])
        }
        let file = try parsed(numbers.enumerated().map { "w\($0) \($1)\n" }.joined())
        let expected = try numbers.map { try #require(Float($0)).bitPattern }
        #expect(file.values.map(\.bitPattern) == expected)
    }

    @Test(arguments: [
        ("3 2\na 1 2\nb 3 4\n", 4, 1, "2 words where the first line says 3"),
        ("1 2\na 1 2\nb 3 4\n", 3, 1, "more words"),
        ("2 3\na 1 2\nb 3 4\n", 2, 6, "2 numbers where 3"), ("a 1 2\nb 3 x\n", 2, 5, "'x' is not a number"),
        ("é 1 2\né 1\n", 2, 4, "1 numbers where 2"), ("a 1 inf\n", 1, 5, "'inf'"), ("a 1 1e99\n", 1, 5, "'1e99'"),
        ("a\n", 1, 1, "a word and no numbers"), ("2 0\na\n", 1, 1, "need at least one"),
        ("99999999 9999\na 1\n", 1, 1, "do not fit in 4 bytes"),
        ("9223372036854775807 9223372036854775807\na 1\n", 1, 1, "do not fit"),
        ("-1 5\n", 1, 1, "need at least one"),
    ])
    func refusesTextWithLineAndColumn(text: String, line: Int, column: Int, reason: String) throws {
        try expectFailure(at: line, column, reason) { _ = try parsed(text) }
    }

    @Test func refusesBinaryWithTheByte() throws {
        let file = WordVectorsFile(words: ["one", "two"], dimensions: 2, values: [1, 2, 3, 4])
        let bytes = try file.encoded(.binary, name: "f")
        for count in 0..<(bytes.count - 1) {
            #expect(throws: DataError.self) { try WordVectorsFile(parsing: Array(bytes[..<count]), name: "f") }
        }
        try expectFailure("(byte \(bytes.count))") { _ = try WordVectorsFile(parsing: bytes + [0x61], name: "f") }
        var infinite = bytes
        infinite.replaceSubrange(8..<12, with: [0, 0, 0x80, 0x7F])
        try expectFailure("a number of 'one' is not finite (byte 8)") {
            _ = try WordVectorsFile(parsing: infinite, name: "f")
        }
    }

    @Test func readsAnalogies() throws {
        let read = { (text: String) in try AnalogyQuestions(parsing: Array(text.utf8), name: "f") }
        let file = try read(
            "// by hand\n: capitals of the world\nAthens Greece  Oslo\tNorway\r\n\n: none\n:x\na b c é\n")
        #expect(file.sections.map(\.name) == ["capitals of the world", "none", "x"] && file.count == 2)
        #expect(file.sections[0].questions == [.init(a: "Athens", b: "Greece", c: "Oslo", d: "Norway")])
        #expect(file.sections[2].questions[0].d == "é")
        #expect(try read("a b c d").sections.map(\.name) == [""])
        try expectFailure(at: 2, 1, "3 words") { _ = try read(": x\na b c\n") }
        try expectFailure("there is no question") { _ = try read(": x\n") }
    }

    @Test func readsSimilarities() throws {
        let read = { (text: String) in try SimilarityPairs(parsing: Array(text.utf8), name: "f") }
        let file = try read("# Word 1\tWord 2\n\nword1\tword2\tscore\nlove\tsex\t6.77\r\nnew york\tcity\t-1\textra\n")
        #expect(
            file.pairs == [
                .init(first: "love", second: "sex", score: 6.77), .init(first: "new york", second: "city", score: -1),
            ])
        #expect(try read("a,b,1\n").pairs[0].second == "b" && read("a b 1\n").pairs[0].score == 1)
        try expectFailure(at: 2, 5, "the score 'x' is not a number") { _ = try read("a\tb\t1\nc\td\tx\n") }
        try expectFailure(at: 2, 5, "the score 'y'") { _ = try read("a\tb\tx\nc\td\ty\n") }
        try expectFailure(at: 1, 1, "two words and a score") { _ = try read("a\tb\n") }
        try expectFailure("there is no pair") { _ = try read("a\tb\tc\n") }
    }
}
