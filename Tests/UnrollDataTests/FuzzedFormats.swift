import UnrollData
import UnrollTestSupport

/// What the module reads.
extension FuzzedFormat {
    static func all() throws -> [FuzzedFormat] { try whole + tables + examples + saved + arrays() + vectors() }

    private static var whole: [FuzzedFormat] {
        [
            FuzzedFormat("JSON", texts: ["{\"a\": [1, -2.5e3, \"\\u00e9\\n\", true], \"b\": {\"c\": null}}", "[]"]) {
                bytes in
                let value = try JSON(parsing: bytes, name: "f")
                return try JSON(parsing: value.description, name: "f") == value
            },
            FuzzedFormat("text", texts: ["one, two\né\u{10FFFF}"]) { bytes in
                let text = try Text.decode(bytes, name: "f")
                return text.count <= bytes.count
            },
            FuzzedFormat("safetensors", [SafetensorsTests.sample.encoded()]) { bytes in
                let file = try Safetensors(bytes: bytes, name: "f")
                return file.arrays.values.allSatisfy { $0.shape.reduce(1, *) == $0.values.count }
            },
            FuzzedFormat("series", texts: [SeriesFileTests.sample]) { bytes in
                let file = try SeriesFile(parsing: bytes, name: "f")
                return file.series.allSatisfy { $0.values.count == $0.steps * file.channels }
            },
        ]
    }

    private static var tables: [FuzzedFormat] {
        let table = "day,\"x, y\",train\r\n1962-12-03,\"-1.5\",TRUE\n\n1962-12-04,NA,no\n\"a \"\"b\"\"\nc\",2e3,1\n"
        return [
            FuzzedFormat("CSV", texts: [table, "a;b\n1;2\n3;4", "a\n1\n"]) { bytes in
                let table = try CSVTable(parsing: bytes, name: "f")
                for column in table.columns {
                    // A column may hold none of them, which is an error as any other.
                    let counts = [
                        try? table.numbers(column).count, try? table.dates(column).count,
                        try? table.flags(column).count,
                    ]
                    if counts.contains(where: { $0 != nil && $0 != table.rows.count }) { return false }
                }
                return table.rows.allSatisfy { $0.count == table.columns.count }
            },
            FuzzedFormat("dates", texts: ["1962-12-03", "1962/12/03 10:00", "1962-12"]) { bytes in
                guard let date = CalendarDate(String(decoding: bytes, as: UTF8.self)) else {
                    throw DataError.unfit(name: "f", reason: "no date")
                }
                return (0..<7).contains(date.weekday) && CalendarDate(date.description) == date
            },
            FuzzedFormat("CoNLL-U", texts: [conllu, "EU NNP B-ORG\n# NN O\n\nPeter NNP B-PER\n", "a\tX\n#\tY\n\nb\tX"])
            { bytes in
                let file = try ColumnFile(parsing: bytes, name: "f")
                return try !file.sentences.isEmpty && file.column("1").reduce(0) { $0 + $1.count } == file.tokenCount
                    && file.sentences.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.count == file.columns.count } }
            },
        ]
    }

    private static let conllu = """
        # text = du mot
        1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
        1\tde\tde\tADP\tIN\t_\t0\troot\t_\t_
        2\tle\tle\tDET\tDT\tA=b|C=d\t1\tdet\t_\t_

        1\té\té\tX\tX\t_\t0\troot\t_\t_
        1.1\tx\tx\tX\tX\t_\t0\troot\t_\t_
        """

    private static var examples: [FuzzedFormat] {
        [
            FuzzedFormat("labelled text", texts: ["pos\ta fine film\nneg\tdull, é\r\n\npos\tx\ty\n"]) { bytes in
                let file = try LabelledText(parsing: bytes, name: "f")
                return !file.examples.isEmpty && file.labels == file.labels.sorted()
                    && file.examples.allSatisfy { file.labels.indices.contains($0.label) && !$0.text.isEmpty }
            },
            FuzzedFormat("pairs", texts: ["go\tva\nrun\tcours\tby whom\n\n\té\n"]) { bytes in
                let file = try PairsFile(parsing: bytes, name: "f")
                return file.pairs.allSatisfy { !$0.source.isEmpty && !$0.target.isEmpty }
            },
            FuzzedFormat("aligned lines", texts: ["go\nrun\n\nstop\n"]) { bytes in
                let other = Array("va\ncours\nx\nhalte".utf8)
                let file = try PairsFile(parsing: (bytes, other), names: ("f", "g"))
                return file.pairs.count + file.blanks == 4
            },
            FuzzedFormat("captions", texts: ["0\ta seven\n2\ta two\n\n2\té\n"]) { bytes in
                try CaptionsFile(parsing: bytes, name: "f", rows: 3).captions.allSatisfy { (0..<3).contains($0.row) }
            },
            FuzzedFormat("analogies", texts: [": capitals\na b c d\ne f g h\n\n// x\n: none\n"]) { bytes in
                let file = try AnalogyQuestions(parsing: bytes, name: "f")
                return file.count > 0 && file.sections.allSatisfy { $0.questions.allSatisfy { !$0.d.isEmpty } }
            },
            FuzzedFormat("similarities", texts: ["# x\nword1\tword2\tscore\na\tb\t6.77\nc\té\t1\n", "a,b,1\n"]) {
                bytes in
                try SimilarityPairs(parsing: bytes, name: "f").pairs.allSatisfy {
                    $0.score.isFinite && !$0.first.isEmpty
                }
            },
            FuzzedFormat("split", texts: ["80/10/10", "800/200"]) { bytes in
                let split = try Split(parsing: String(decoding: bytes, as: UTF8.self), name: "f")
                let parts = try split.rows(count: 1000, seed: 0, inOrder: true, name: "f")
                let rows = parts.training + parts.validation + parts.test
                return rows == Array(0..<rows.count) && rows.count <= 1000
            },
        ]
    }

    /// What models save of texts.
    private static var saved: [FuzzedFormat] {
        let text = "the low, lower and lowest of the tides\nand é"
        let vocabularies = [
            Vocabulary(tokens: ["the", "é", "\n"], specials: ["<pad>", "<unk>"]), Vocabulary(tokens: []),
        ]
        let encodings = TextUnit.allCases.map { TextEncoding(fitting: [text], unit: $0, limit: 300, lowercase: true) }
        return [
            FuzzedFormat("vocabulary", values: vocabularies.map(\.json)) { json in
                let read = try Vocabulary(json: json, name: "f")
                return try read == Vocabulary(json: read.json, name: "f")
                    && read.tokens.indices.allSatisfy { read.index(of: read[$0]) == Int32($0) }
            },
            FuzzedFormat("byte pairs", values: [BytePairEncoding(training: text, size: 270).json]) { json in
                let read = try BytePairEncoding(json: json, name: "f")
                return try read == BytePairEncoding(json: read.json, name: "f")
                    && read.decode(read.encode(text)) == text
                    && (0..<read.count).allSatisfy { !read.tokenText(Int32($0)).isEmpty }
            },
            FuzzedFormat("text encoding", values: encodings.map(\.json)) { json in
                let read = try TextEncoding(json: json, name: "f")
                // A text may have what a vocabulary lacks, which is an error as any other.
                let tokens = (try? read.encode(text, name: "f")) ?? []
                return try read == TextEncoding(json: read.json, name: "f")
                    && tokens.allSatisfy { (0..<Int32(read.count)).contains($0) }
                    && (read.decode(tokens).isEmpty == tokens.isEmpty || read.unit != .bytePairs)
            },
            FuzzedFormat("agreement sentences", texts: ["0\tthe key\tis\tare\there\n\n3\tthe é\thas\thave\tto go\r\n"])
            {
                bytes in
                let text = String(String.UnicodeScalarView(try Text.decode(bytes, name: "f")))
                let read = try AgreementSentences.Sentence.parse(text, name: "f")
                return try read
                    == AgreementSentences.Sentence.parse(read.map(\.line).joined(separator: "\n"), name: "f")
            },
        ]
    }

    private static func arrays() throws -> [FuzzedFormat] {
        let idx = try FormatFixtures.entries("idx").map { try $0.bytes("bytes") }
        let npy = try FormatFixtures.entries("npy").map { try $0.bytes("bytes") }
        return [
            FuzzedFormat("IDX", idx) { bytes in
                let file = try ArrayFile(idx: bytes, name: "f")
                return file.shape.reduce(1, *) == file.count && file.values.count == file.count
                    && file.integers?.count ?? file.count == file.count
            },
            FuzzedFormat("npy", npy) { bytes in
                let file = try ArrayFile(npy: bytes, name: "f")
                return file.shape.reduce(1, *) == file.count && file.values.count == file.count
                    && file.integers?.count ?? file.count == file.count
            },
        ]
    }

    private static func vectors() throws -> [FuzzedFormat] {
        let files = try FormatFixtures.entries("vectors").map { try $0.bytes("bytes") }
        return [
            FuzzedFormat("word vectors", files) { bytes in
                let file = try WordVectorsFile(parsing: bytes, name: "f")
                return file.values.count == file.words.count * file.dimensions && file.values.allSatisfy(\.isFinite)
                    && Set(file.words).count == file.words.count && !file.words.isEmpty
            }
        ]
    }
}
