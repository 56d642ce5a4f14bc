import Testing
import UnrollData

@Suite struct SplitTests {
    private func sizes(_ text: String, of count: Int) throws -> [Int] {
        let parts = try Split(parsing: text).rows(count: count, seed: 1)
        #expect(
            Set(parts.training + parts.validation + parts.test).count == parts.training.count + parts.validation.count
                + parts.test.count)
        return [parts.training.count, parts.validation.count, parts.test.count]
    }

    @Test func partsHaveTheirShare() throws {
        #expect(try sizes("80/10/10", of: 1000) == [800, 100, 100])
        #expect(try sizes("80/10/10", of: 10_662) == [8529, 1066, 1067])
        #expect(try sizes("80/10/10", of: 7) == [5, 1, 1])
        #expect(try sizes("80/20", of: 1797) == [1437, 0, 360])
        #expect(try sizes("8000/0/2000", of: 10_000) == [8000, 0, 2000])
        #expect(try sizes("8000/500/1500", of: 10_000) == [8000, 500, 1500])
        #expect(try sizes("5/1/1", of: 7) == [5, 1, 1])
        #expect(try sizes("100/0/0", of: 0) == [0, 0, 0])
        for count in 0..<250 { #expect(try sizes("34/33/33", of: count).reduce(0, +) == count) }
    }

    @Test func orderIsAFunctionOfTheSeed() throws {
        let split = try Split(parsing: "60/20/20")
        #expect(split.description == "60/20/20")
        let order = { (seed: UInt64) in
            let parts = try split.rows(count: 50, seed: seed)
            return parts.training + parts.validation + parts.test
        }
        #expect(try order(1) == order(1))
        #expect(try order(1) != order(2))
        #expect(try order(1) != order(1).sorted())
        let parts = try split.rows(count: 5, seed: 1, inOrder: true)
        #expect(parts == ([0, 1, 2], [3], [4]))
        let own = Split.rows(isTraining: [true, true, false, true, true, false], validation: 0.25)
        #expect(own == ([0, 1, 3], [4], [2, 5]))
    }

    /// No key in two parts, and the keys are shared out.
    @Test func rowsOfAKeyStayTogether() throws {
        let keys = (0..<300).map { "key \($0 * $0 % 41 % 23)" }
        let parts = try Split(parsing: "70/15/15").rows(keys: keys, seed: 5)
        let sets = [parts.training, parts.validation, parts.test].map { Set($0.map { keys[$0] }) }
        let different = Set(keys).count
        #expect(
            sets.map(\.count) == [
                different * 70 / 100, different * 85 / 100 - different * 70 / 100, different - different * 85 / 100,
            ])
        #expect(sets[0].union(sets[1]).union(sets[2]).count == sets.map(\.count).reduce(0, +))
        #expect((parts.training + parts.validation + parts.test).sorted() == Array(0..<300))
    }

    @Test(arguments: [
        "", "80", "80/", "80/10/10/0", "a/b/c", "-10/100/10", "0/50/50", "1e1/80/10", "99999999999999999/1/1",
    ])
    func refuses(text: String) {
        #expect { try Split(parsing: text) } throws: { "\($0)".hasPrefix("--split: '\(text)' ") }
    }

    @Test func refusesWhatDoesNotFit() throws {
        for (text, sum, count) in [("800/0/200", 1000, 999), ("70/20/20", 110, 220), ("80/10/5", 95, 999)] {
            let reason = "\(text) add up to \(sum); percentages add up to 100, numbers to the \(count) rows there are"
            #expect(throws: DataError.unfit(name: "--split", reason: reason)) {
                try Split(parsing: text).rows(count: count, seed: 1)
            }
        }
        let reason = "5/1/1 add up to 7; percentages add up to 100, numbers to the 3 different texts there are"
        #expect(throws: DataError.unfit(name: "--split", reason: reason)) {
            try Split(parsing: "5/1/1").rows(keys: ["a", "b", "c", "a", "a", "b", "b"], seed: 1)
        }
    }

    @Test func generatorIsSplitMix() {
        // The first numbers of the authors' splitmix64.c with the state 1234567.
        var random = SplitMix(seed: 1_234_567)
        #expect(
            [random.next(), random.next(), random.next()] == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
        // Each order of three is drawn about as often: 6000 draws, standard deviation 29.
        var counts: [[Int]: Int] = [:]
        for _ in 0..<6000 { counts[random.permutation(3), default: 0] += 1 }
        #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 130 })
        var (first, second) = (SplitMix(seed: 1, stream: 1), SplitMix(seed: 2, stream: 0))
        #expect(first.next() != second.next())
    }
}
