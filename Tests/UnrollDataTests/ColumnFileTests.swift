import Testing
import UnrollData

@Suite struct ColumnFileTests {
    private func parsed(_ text: String) throws -> ColumnFile {
        try ColumnFile(parsing: Array(text.utf8), name: "f")
    }

    /// Lines of ten columns: an id, a form and a part of speech.
    private func universal(_ tokens: [(String, String, String)]) -> String {
        tokens.map { "\($0)\t\($1)\t\($1.lowercased())\t\($2)\tX\tA=b|C=d\t0\troot\t_\t_\n" }.joined()
    }

    @Test func readsCoNLLU() throws {
        let first = universal([
            ("1-2", "du", "_"), ("1", "de", "ADP"), ("2", "le", "DET"), ("2.1", "mot", "NOUN"),
            ("3", "New York", "PROPN"),
        ])
        let second = universal([("1", "#", "SYM"), ("2", "Été", "NOUN")])
        let text = "\u{FEFF}# newdoc\n# text = a\tb\n" + first + "\n\n# sent_id = 2\r\n" + second
        let file = try parsed(text.replacing("\n", with: "\r\n"))
        #expect(file.isCoNLLU && file.sentences.count == 2 && file.tokenCount == 5)
        #expect(try file.column("form") == [["de", "le", "New York"], ["#", "Été"]])
        #expect(try file.column("UPOS") == [["ADP", "DET", "PROPN"], ["SYM", "NOUN"]])
        #expect(try file.column("4") == file.column("upos"))
        #expect(file.columns == ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"])
        #expect(file.sentences[0][2][5] == "A=b|C=d")
        try expectFailure("there is no column 'tag'; the columns are id, form, lemma") { _ = try file.column("tag") }
        try expectFailure("there is no column '11'") { _ = try file.column("11") }
    }

    @Test func readsPlainColumns() throws {
        let spaces = try parsed(
            "-DOCSTART- -X- O\n\n# three words\nEU NNP B-ORG\n#  NN   O\n# not a token\n\n \nPeter NNP B-PER")
        #expect(!spaces.isCoNLLU && spaces.columns == ["1", "2", "3"])
        #expect(try spaces.column("1") == [["EU", "#"], ["Peter"]])
        #expect(try spaces.column("3") == [["B-ORG", "O"], ["B-PER"]])
        let tabs = try parsed("a b\tX\n#\tY\n\n#\tZ\n# c\n")
        #expect(tabs.sentences == [[["a b", "X"], ["#", "Y"]], [["#", "Z"]]])
        let one = try parsed("a\nb\n\nc")
        #expect(one.sentences == [[["a"], ["b"]], [["c"]]])
        // Ten columns, but no ids.
        #expect(try !parsed((0..<10).map { "w\($0)" }.joined(separator: "\t")).isCoNLLU)
    }

    @Test(arguments: [
        ("", 1, "without a sentence"), ("# a\n\n", 3, "without a sentence"), ("a\tb\nc\n", 2, "1 column between tabs"),
        ("a b\n\nc d e\n", 3, "3 columns where the first token has 2"), ("-DOCSTART- O\n", 2, "without a sentence"),
    ])
    func refusesWithTheLine(text: String, line: Int, reason: String) throws {
        let error = #expect(throws: DataError.self) { try parsed(text) }
        guard case .malformedText("f", line, _, let found) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found.contains(reason))
    }

    @Test func idsFollowEachOther() throws {
        let missing = universal([("1", "a", "X"), ("2", "b", "X"), ("1", "c", "X")])
        try expectFailure(at: 3, 1, "a blank line is missing") { _ = try parsed(missing) }
        try expectFailure(at: 2, 1, "id 3 where 2 is expected") {
            _ = try parsed(universal([("1", "a", "X"), ("3", "b", "X")]))
        }
        try expectFailure(at: 2, 1, "'x' is no id") { _ = try parsed(universal([("1", "a", "X"), ("x", "b", "X")])) }
        let long = universal([("1", "a", "X")]) + "2\té\tc\td\te\tf\tg\th\ti\tj\tk\n"
        try expectFailure(at: 2, 21, "11 columns") { _ = try parsed(long) }
    }
}
