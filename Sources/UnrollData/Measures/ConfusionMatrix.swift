/// How often each class was taken for each other one, and what follows from it.
///
/// For class `k`, of the counts `n[truth, prediction]`:
///
///     precision = n[k, k] / Σ_t n[t, k]       recall = n[k, k] / Σ_p n[k, p]
///     F1 = 2 n[k, k] / (Σ_t n[t, k] + Σ_p n[k, p])
///
/// What would divide by zero is 0, as in scikit-learn.
public struct ConfusionMatrix: Sendable, Equatable {
    /// One class's figures.
    public struct Score: Sendable, Equatable {
        /// Of what was taken for the class, the part that is of it.
        public let precision: Double
        /// Of what is of the class, the part that was taken for it.
        public let recall: Double
        /// The harmonic mean of both.
        public let f1: Double
        /// How many examples are of the class.
        public let support: Int

        /// From how many are right, how many there are and how many were claimed.
        package init(right: Int, truth: Int, claimed: Int) {
            precision = claimed == 0 ? 0 : Double(right) / Double(claimed)
            recall = truth == 0 ? 0 : Double(right) / Double(truth)
            f1 = truth + claimed == 0 ? 0 : 2 * Double(right) / Double(truth + claimed)
            support = truth
        }

        /// The figures as members of an object.
        package var json: [JSON.Member] {
            [
                .init("precision", .number(precision)), .init("recall", .number(recall)), .init("f1", .number(f1)),
                .init("support", .integer(support)),
            ]
        }
    }

    /// The classes' names; a class's number is its place.
    public let classes: [String]
    /// `[truth][prediction]`: how many examples of class `truth` were taken for `prediction`.
    public private(set) var counts: [[Int]]

    /// A matrix without examples.
    public init(classes: [String]) {
        self.classes = classes
        counts = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
    }

    /// Counts pairs of what is so and what was said, both as classes' numbers.
    public init(truth: [Int], predictions: [Int], classes: [String]) {
        precondition(
            truth.count == predictions.count,
            "ConfusionMatrix: \(truth.count) examples and \(predictions.count) predictions")
        self.init(classes: classes)
        for (truth, prediction) in zip(truth, predictions) { add(truth: truth, prediction: prediction) }
    }

    /// Counts one more example.
    public mutating func add(truth: Int, prediction: Int) {
        precondition(
            classes.indices.contains(truth) && classes.indices.contains(prediction),
            "ConfusionMatrix: class \(truth) or \(prediction) where there are \(classes.count)")
        counts[truth][prediction] += 1
    }

    /// How many examples there are.
    public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The part of the examples that was told right; 0 where there are none.
    public var accuracy: Double {
        let total = total
        return total == 0 ? 0 : Double(classes.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
    }

    /// Every class's figures, in the classes' order.
    public var scores: [Score] {
        classes.indices.map { k in
            let claimed = counts.reduce(0) { $0 + $1[k] }
            return Score(right: counts[k][k], truth: counts[k].reduce(0, +), claimed: claimed)
        }
    }

    /// The mean of F1 over the classes that occur in truth or predictions, each counting alike; 0 where none does.
    public var macroF1: Double {
        let claimed = classes.indices.map { k in counts.contains { $0[k] > 0 } }
        let scores = zip(scores, claimed).filter { $0.support > 0 || $1 }.map(\.0.f1)
        return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
    }

    /// The counts as lines of text: a row is a class, a column what it was taken for; then its precision, recall and F1.
    public var table: String {
        let header = [""] + classes + ["precision", "recall", "F1"]
        let rows = zip(classes.indices, scores).map { k, score in
            [classes[k]] + counts[k].map { $0 == 0 ? "." : $0.grouped }
                + [score.precision, score.recall, score.f1].map { $0.fixed(3) }
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            row.indices.map { row[$0].padded(widths[$0], left: $0 > 0) }.joined(separator: "  ")
        }
        return (lines + ["accuracy \(accuracy.fixed(4)), macro F1 \(macroF1.fixed(4)), \(total.grouped) examples"])
            .joined(separator: "\n")
    }

    /// `{"accuracy", "macro_f1", "classes": [{"name", "precision", "recall", "f1", "support"}], "counts": [[…]]}`
    public var json: JSON {
        let classes = zip(classes, scores).map { JSON.object([.init("name", .string($0))] + $1.json) }
        return [
            "accuracy": .number(accuracy), "macro_f1": .number(macroF1), "classes": .array(classes),
            "counts": .array(counts.map { .array($0.map { .integer($0) }) }),
        ]
    }
}
