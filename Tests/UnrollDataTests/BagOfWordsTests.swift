import Testing
import UnrollData
import UnrollTestSupport

/// scikit-learn's own figures, which `Fixtures/scikit.py` wrote.
@Suite struct BagOfWordsTests {
    private let json: JSON
    private let fitted, all: [[String]]

    init() throws {
        let path = fixture("scikit.json")
        json = try JSON(parsing: try Files.read(path), name: path)
        let texts = { [json] (key: String) in json[key]?.array?.compactMap(\.string) ?? [] }
        fitted = texts("fitted").map { WordSplitter.scikit.words(in: $0) }
        all = fitted + texts("unseen").map { WordSplitter.scikit.words(in: $0) }
    }

    private func rows(_ json: JSON?) -> [SparseRow] {
        (json?.array ?? []).map { row in
            SparseRow(
                indices: row["indices"]?.array?.compactMap { $0.integer.map { Int32($0) } } ?? [],
                values: row["values"]?.array?.compactMap(\.number) ?? [])
        }
    }

    @Test func wordsAreScikits() {
        let words = json["words"]?.array?.map { $0.array?.compactMap(\.string) ?? [] }
        #expect(all.count == 11 && all == words)
    }

    @Test(arguments: 0..<5) func countsAndWeightsAreScikits(variant: Int) throws {
        let expected = try #require(json["variants"]?.array?[variant])
        let pairs = try #require(expected["pairs"]?.bool as Bool?)
        let binary = try #require(expected["binary"]?.bool as Bool?)
        let minimum = try #require(expected["minimum"]?.integer)
        let bag = BagOfWords(fitting: fitted, pairs: pairs, minimum: minimum, binary: binary)
        #expect(bag.vocabulary.tokens == expected["features"]?.array?.compactMap(\.string))
        #expect(all.map { bag.row($0) } == rows(expected["counts"]))

        let weights = TFIDF(fitting: fitted, pairs: pairs, minimum: minimum, binary: binary)
        let idf = expected["idf"]?.array?.compactMap(\.number) ?? []
        #expect(weights.idf.count == idf.count && zip(weights.idf, idf).allSatisfy { abs($0 - $1) < 1e-14 })
        let expectedRows = rows(expected["weights"])
        #expect(expectedRows.count == all.count)
        for (document, expected) in zip(all, expectedRows) {
            let row = weights.row(document)
            #expect(row.indices == expected.indices)
            #expect(zip(row.values, expected.values).allSatisfy { abs($0 - $1) < 1e-14 })
        }
    }
}
