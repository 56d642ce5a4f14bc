import Testing
import UnrollData
import UnrollTestSupport

@Suite struct SeriesFileTests {
    static let sample = """
        # two speakers
        @problemName Two Vowels
        @timeStamps false
        @missing true
        @univariate false
        @dimensions 2
        @equalLength false
        @classLabel true anna bén
        @data
        0.5,0.25,-1:3,2.5e1,1:bén

          1:+2E-1 :anna\r
        # one is missing
        4,?:-0.125,6:bén
        """

    private func parsed(_ text: String) throws -> SeriesFile { try SeriesFile(parsing: Array(text.utf8), name: "a.ts") }

    @Test func readsStepsOfAllChannels() throws {
        let file = try parsed(Self.sample)
        #expect(file.problem == "Two Vowels" && file.channels == 2 && file.labels == ["anna", "bén"])
        #expect(file.series.map(\.steps) == [3, 1, 2] && file.series.map(\.label) == [1, 0, 1] && file.longest == 3)
        #expect(file.series[0].values == [0.5, 3, 0.25, 25, -1, 1])
        #expect(file.series[1].values == [1, 0.2])
        #expect(file.series[2].values[2].isNaN && file.series[2].values[3] == 6)
    }

    @Test func readsWhatOthersWrite() throws {
        let marked = try parsed("\u{FEFF}@univariate true\r\n@classlabel false\r\n@DATA\r\n1,2,3\r\n4\r\n")
        #expect(marked.channels == 1 && marked.labels.isEmpty && marked.problem.isEmpty)
        #expect(marked.series.map(\.values) == [[1, 2, 3], [4]] && marked.series.allSatisfy { $0.label == nil })
        let bare = try parsed("@data\n1,2:3,4:5,6")
        #expect(bare.channels == 3 && bare.series[0].values == [1, 3, 5, 2, 4, 6])
        let equal = try parsed("@missing true\n@equalLength true\n@seriesLength 2\n@data\n1,NaN\n3,4")
        #expect(equal.series.count == 2 && equal.series[0].values[1].isNaN)
    }

    @Test(arguments: [
        ("", 1, 1, "without '@data'"), ("# nothing", 1, 10, "without '@data'"),
        ("@data\n#\n", 3, 1, "without a series"), ("1,2", 1, 1, "stands before '@data'"),
        ("@foo 1\n@data\n1", 1, 1, "'@foo' is not a line of the header"),
        ("@missing\n@data\n1", 1, 9, "'true' or 'false'"), ("@missing yes\n@data\n1", 1, 10, "'true' or 'false'"),
        ("@missing true\n@Missing true", 2, 1, "twice"), ("@dimensions 0", 1, 13, "positive number"),
        ("@dimensions 99999999999999999999", 1, 13, "positive number"), ("@dimensions", 1, 12, "positive number"),
        ("@timeStamps true", 1, 1, "time stamps"), ("@targetLabel true", 1, 1, "targets"),
        ("@classLabel true", 1, 1, "no classes"), ("@classLabel true a b a", 1, 22, "'a' is given twice"),
        ("@data\n1,,2", 2, 3, "'' is not a number"), ("@data\n1,2,", 2, 5, "'' is not a number"),
        ("@data\n1, x", 2, 4, "'x' is not a number"), ("@data\n0x10", 2, 1, "not a number"),
        ("@data\ninf", 2, 1, "not a number"), ("@data\n1,1e99", 2, 3, "out of range"),
        ("@data\n1--2", 2, 1, "not a number"), ("@missing false\n@data\n1,?", 3, 3, "'@missing true' is not"),
        ("@data\n1,2:3,?", 2, 7, "'@missing true' is not"), ("@data\n1\n NaN", 3, 2, "'@missing true' is not"),
        ("@dimensions 2\n@data\n1", 3, 1, "1 channels, expected 2 channels"),
        ("@data\n1:2\n1", 3, 1, "1 channels, expected 2"), ("@data\n1,2:3", 2, 5, "channel 2 has 1 values"),
        ("@equalLength true\n@data\n1,2\n1", 4, 1, "1 steps, expected 2"),
        ("@equalLength true\n@seriesLength 3\n@data\n1,2", 4, 1, "2 steps, expected 3"),
        ("@classLabel true a é\n@data\n1:é\n1 : b", 4, 5, "'b' is none of the classes"),
        ("@classLabel true a é\n@data\né:a", 3, 1, "'é' is not a number"),
        ("@classLabel true a é\n@data\n1,é,3é:a", 3, 3, "'é' is not a number"),
        ("@classLabel true a\n@data\na", 3, 1, "no channel"), ("@classLabel true a\n@data\n1", 3, 1, "'1' is none"),
    ])
    func refusesWithLineAndColumn(text: String, line: Int, column: Int, reason: String) throws {
        let error = #expect(throws: DataError.self) { try parsed(text) }
        guard case .malformedText("a.ts", line, column, let found) = error else {
            Issue.record("\(String(describing: error)), expected \(line):\(column)")
            return
        }
        #expect(found.contains(reason))
        #expect("\(try #require(error))".hasPrefix("a.ts:\(line):\(column): "))
    }

    @Test func errorsAreOneLine() throws {
        let bytes = Array("@data\n".utf8) + [0x1B, 0x5B, 0xFF, 0x00] + Array(repeating: 0x41, count: 500)
        let error = #expect(throws: DataError.self) { try SeriesFile(parsing: bytes, name: "b.ts") }
        let text = "\(try #require(error))"
        #expect(text.utf8.count < 100 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        let label = Array("@classLabel true a \u{62}".utf8) + [0xFF]
        #expect(throws: DataError.self) { try SeriesFile(parsing: label, name: "b.ts") }
    }

    @Test func filesAreRead() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/two.ts"
        try Files.write(Array(Self.sample.utf8), to: path)
        #expect(try SeriesFile(reading: path).series.count == 3)
        #expect(throws: DataError.missing(path: path + "x")) { try SeriesFile(reading: path + "x") }
    }

    /// Whatever is changed in the bytes, the parser throws or gives series that fit together.
    @Test func damagedBytesNeverCrash() throws {
        let original = Array(Self.sample.utf8)
        var parsed = 0
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4) {
                let place = Int.random(in: 0..<bytes.count)
                switch Int.random(in: 0..<4) {
                case 0: bytes[place] = .random(in: 0...255)
                case 1: bytes.remove(at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + .random(in: 0..<50)))
                default: bytes.insert(original.randomElement()!, at: place)
                }
                if bytes.isEmpty { break }
            }
            guard let file = try? SeriesFile(parsing: bytes, name: "") else { continue }
            parsed += 1
            #expect(!file.series.isEmpty)
            for one in file.series {
                #expect(one.steps > 0 && one.values.count == one.steps * file.channels)
                #expect((one.label == nil) == file.labels.isEmpty && one.label ?? 0 < max(file.labels.count, 1))
            }
        }
        #expect(parsed > 100)
    }
}
