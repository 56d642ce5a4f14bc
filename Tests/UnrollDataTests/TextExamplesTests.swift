import Testing
import UnrollData
import UnrollTestSupport

@Suite struct TextExamplesTests {
    private func labelled(_ text: String) throws -> LabelledText {
        try LabelledText(parsing: Array(text.utf8), name: "f")
    }

    @Test func readsLabelsAndTexts() throws {
        let file = try labelled("\u{FEFF}pos\ta fine film\r\n\nneg\t dull,\tdull \npos\té\n")
        #expect(file.labels == ["neg", "pos"])
        #expect(
            file.examples == [
                .init(text: "a fine film", label: 1), .init(text: "dull,\tdull", label: 0), .init(text: "é", label: 1),
            ])
    }

    @Test func refusesLinesWithTheirPlace() throws {
        try expectFailure(at: 3, 1, "there is no tab") { _ = try labelled("a\tb\n\nc d\n") }
        try expectFailure(at: 1, 1, "no label") { _ = try labelled(" \tb\n") }
        try expectFailure(at: 1, 3, "no text") { _ = try labelled("é\t \n") }
        try expectFailure("f: there is no example") { _ = try labelled("\n") }
        let bytes = Array("a\tb\nc\tcaf".utf8) + [0xE9]
        #expect(throws: DataError.notText(name: "f", offset: 9)) { _ = try LabelledText(parsing: bytes, name: "f") }
    }

    @Test func readsATextALine() throws {
        let texts = { (text: String) in try LabelledText.texts(parsing: Array(text.utf8), name: "f") }
        #expect(try texts("one\n\n two \r\n") == ["one", "two"])
        try expectFailure("f: there is no text") { _ = try texts("\n") }
        #expect(throws: DataError.notText(name: "f", offset: 2)) {
            try LabelledText.texts(parsing: [0x61, 0x0A, 0xFF], name: "f")
        }
    }

    /// What ends a line is the same for all: not what Unicode has besides, a lone return or a form feed.
    @Test func readsLines() {
        #expect("a\r\n\n b\rc\u{2028}d\u{0C}\n".textLines == ["a", "", " b\rc\u{2028}d\u{0C}"])
        #expect("\n".textLines == [""] && "".textLines.isEmpty && "x".textLines == ["x"])
    }

    @Test func readsPairs() throws {
        let file = try PairsFile(parsing: Array("go\tva\tby whom\r\n\n \tx\nrun\t\ncafé\t coffee \n".utf8), name: "f")
        #expect(file.pairs == [.init(source: "go", target: "va"), .init(source: "café", target: "coffee")])
        #expect(file.blanks == 2)
        try expectFailure(at: 2, 1, "there is no tab") { _ = try PairsFile(parsing: Array("a\tb\nab".utf8), name: "f") }
        try expectFailure("there is no pair") { _ = try PairsFile(parsing: Array("a\t\n".utf8), name: "f") }
    }

    @Test func readsAlignedFiles() throws {
        let folder = TemporaryFolder()
        try Files.write(Array("a b\n\nc\nd\n".utf8), to: folder("s"))
        try Files.write(Array("A\nB\n \nD".utf8), to: folder("t"))
        let file = try PairsFile(source: folder("s"), target: folder("t"))
        #expect(file.pairs == [.init(source: "a b", target: "A"), .init(source: "d", target: "D")] && file.blanks == 2)
        try Files.write(Array("A\nB\n\n\n\n".utf8), to: folder("t"))
        try expectFailure("4 lines, but \(folder("t")) has 5") {
            _ = try PairsFile(source: folder("s"), target: folder("t"))
        }
    }

    @Test func readsCaptions() throws {
        let read = { (text: String) in try CaptionsFile(parsing: Array(text.utf8), name: "f", rows: 3) }
        let file = try read("2\ta seven above a two\n\n0\té \n2\tagain\ttab\n")
        #expect(file.captions.map(\.row) == [2, 0, 2])
        #expect(file.captions.map(\.text) == ["a seven above a two", "é", "again\ttab"])
        try expectFailure(at: 2, 1, "no row 3: the features have 3") { _ = try read("0\ta\n3\tb\n") }
        try expectFailure(at: 1, 1, "'-1' is not a row's number") { _ = try read("-1\ta\n") }
        try expectFailure(at: 1, 1, "'x' is not a row's number") { _ = try read("x\ta\n") }
        try expectFailure(at: 1, 3, "no caption") { _ = try read("1\t\n") }
        try expectFailure(at: 1, 1, "no tab") { _ = try read("1 a\n") }
        try expectFailure("there is no caption") { _ = try read("") }
    }
}
