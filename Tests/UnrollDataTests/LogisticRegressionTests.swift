import Testing
import UnrollData

@Suite struct LogisticRegressionTests {
    private func rows(_ one: JSON) -> [SparseRow] {
        one.list("rows").map { row in
            let entries = row.array ?? []
            return SparseRow(
                indices: entries.map { Int32($0.array?[0].integer ?? -1) },
                values: entries.map { $0.array?[1].number ?? .nan })
        }
    }

    @Test func isScikitLearns() throws {
        let cases = try Judged.cases("logistic", of: "baselines.json")
        try #require(cases.count == 4)
        for (index, one) in cases.enumerated() {
            let (rows, labels) = (rows(one), one.wholeNumbers("labels"))
            let model = LogisticRegression.fit(
                rows, labels: labels, classes: one["classes"]?.integer ?? 0, features: one["features"]?.integer,
                c: one.double("c"), tolerance: 1e-9)
            #expect(model.converged && model.iterations < 300, "case \(index): \(model.iterations)")
            #expect(Judged.close(model.intercepts, one.doubles("intercepts"), 1e-5), "case \(index)")
            let expected = one.rows("coefficients")
            try #require(model.coefficients.count == expected.count)
            for (found, expected) in zip(model.coefficients, expected) {
                #expect(Judged.close(found, expected, 1e-5), "case \(index)")
            }
            for (row, expected) in zip(rows, one.rows("probabilities")) {
                #expect(Judged.close(model.probabilities(row), expected, 1e-5), "case \(index)")
            }
            #expect(model.predict(rows) == one.wholeNumbers("predictions"), "case \(index)")
        }
    }

    /// Half of the words say something about the label of the training rows only.
    @Test func choosesCOnValidationRows() {
        func sample(_ count: Int, _ salt: Int) -> [(SparseRow, Int)] {
            (0..<count).map { (i: Int) -> (SparseRow, Int) in
                let label = i % 2
                // Word 0 or 1 tells the label of three rows in four; one other word, rare, tells nothing.
                let told = (i * 7 + salt) % 8 < 6 ? label : 1 - label
                let rare = 2 + (i * 31 + salt * 17) % 101
                return (SparseRow(indices: [Int32(told), Int32(rare)], values: [1, 3]), label)
            }
        }
        let (train, validation) = (sample(150, 1), sample(90, 5))
        let choice = LogisticRegression.choosingC(
            from: [100, 1e-3, 0.1, 10], train.map(\.0), labels: train.map(\.1), classes: 2,
            validation: (validation.map(\.0), validation.map(\.1)), features: 103)
        let accuracies = [1e-3, 0.1, 10, 100].map { c in
            LogisticRegression.fit(train.map(\.0), labels: train.map(\.1), classes: 2, features: 103, c: c)
                .accuracy(validation.map(\.0), labels: validation.map(\.1))
        }
        let best = accuracies.max() ?? 0
        #expect(choice.accuracy == best && Set(accuracies).count > 1, "\(accuracies)")
        #expect(choice.c == [1e-3, 0.1, 10, 100][accuracies.firstIndex(of: best) ?? 3])
        #expect(choice.model.accuracy(validation.map(\.0), labels: validation.map(\.1)) == best)
    }

    @Test func edges() {
        // No words at all: only the intercept is left, the classes' shares.
        let none = Array(repeating: SparseRow(indices: [], values: []), count: 4)
        let shares = LogisticRegression.fit(none, labels: [0, 1, 1, 1], classes: 2, tolerance: 1e-9)
        #expect(Judged.close(shares.probabilities(none[0]), [0.25, 0.75], 1e-6) && shares.features == 0)
        // A class that never occurs, parted rows, words not seen in training.
        let rows = [SparseRow(indices: [0], values: [1e6]), SparseRow(indices: [1], values: [-1e6])]
        let model = LogisticRegression.fit(rows, labels: [0, 2], classes: 3, c: 1e6)
        #expect(model.predict(rows) == [0, 2])
        let unseen = model.probabilities(SparseRow(indices: [0, 99], values: [1e6, 1]))
        #expect(unseen == model.probabilities(rows[0]) && abs(unseen.reduce(0, +) - 1) < 1e-12)
    }
}
