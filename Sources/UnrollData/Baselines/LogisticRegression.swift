#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Logistic regression over sparse rows: what a classifier of text by its words should beat.
///
///     p = softmax(W x + b)       W, b = argmin C Σ -log p[label] + ½ |W|²
///
/// Scikit-learn's objective, and for two classes its form too: one `w` with `p = 1 / (1 + exp(-(w x + b)))` for the second.
/// The intercept is not held down by the penalty. From zeros by L-BFGS in double precision: the same rows, the same bits.
public struct LogisticRegression: Sendable, Equatable {
    /// How many classes there are; at least two.
    public let classes: Int
    /// How many columns rows have; those beyond are not looked at.
    public let features: Int
    /// `[outputs, features]`: one output for two classes, otherwise one a class.
    public let coefficients: [[Double]]
    /// `[outputs]`
    public let intercepts: [Double]
    /// Steps it took.
    public let iterations: Int
    /// Whether the gradient came within the tolerance.
    public let converged: Bool

    /// Fits rows to their labels.
    /// - Parameters:
    ///   - rows: at least one.
    ///   - labels: each row's class, from 0.
    ///   - classes: how many classes there are, at least two; some may not occur.
    ///   - features: how many columns there are; by default as many as the rows name.
    ///   - c: how much a row's loss weighs against the penalty: the larger, the closer the rows are fitted.
    ///   - tolerance: where to stop: the largest part of the gradient of the mean loss with its penalty.
    ///   - iterations: when to stop in any case.
    public static func fit(
        _ rows: [SparseRow], labels: [Int], classes: Int, features: Int? = nil, c: Double = 1,
        tolerance: Double = 1e-5, iterations: Int = 1000
    ) -> LogisticRegression {
        precondition(
            !rows.isEmpty && rows.count == labels.count,
            "LogisticRegression.fit: \(rows.count) rows and \(labels.count) labels")
        precondition(
            classes >= 2 && labels.allSatisfy { (0..<classes).contains($0) },
            "LogisticRegression.fit: labels that are not of \(classes) classes, two or more")
        precondition(c > 0 && c.isFinite, "LogisticRegression.fit: C = \(c)")
        let matrix = SparseMatrix(rows, features: features)
        let loss = LogisticLoss(matrix: matrix, labels: labels, outputs: classes == 2 ? 1 : classes, c: c)
        let zeros = Array(repeating: 0.0, count: (matrix.features + 1) * loss.outputs)
        let minimum = LBFGS(from: zeros, tolerance: tolerance, iterations: iterations, loss.callAsFunction)
        return LogisticRegression(loss, minimum, classes: classes)
    }

    /// What fitting takes, roughly: the steps that L-BFGS remembers, what it works on, this model and one before it. The
    /// rows are not counted: they are of the size of the texts.
    package static func bytes(features: Int, classes: Int) -> Double {
        let arrays = 2 * LBFGS.memory + 8
        return 8 * Double(arrays) * Double(features + 1) * Double(classes == 2 ? 1 : classes)
    }

    private init(_ loss: LogisticLoss, _ minimum: LBFGS, classes: Int) {
        let (outputs, features, x) = (loss.outputs, loss.matrix.features, minimum.x)
        (self.classes, self.features) = (classes, features)
        coefficients = (0..<outputs).map { output in (0..<features).map { x[$0 * outputs + output] } }
        intercepts = Array(x[(features * outputs)...])
        (iterations, converged) = (minimum.iterations, minimum.converged)
    }

    /// `[classes]`: the probability of each class.
    public func probabilities(_ row: SparseRow) -> [Double] {
        let scores = scores(row)
        let largest = scores.max() ?? 0
        let parts = scores.map { exp($0 - largest) }
        let sum = parts.reduce(0, +)
        return parts.map { $0 / sum }
    }

    /// The most probable class; the first of several.
    public func predict(_ row: SparseRow) -> Int {
        let scores = scores(row)
        return scores.indices.dropFirst().reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }

    /// The most probable class of each row.
    public func predict(_ rows: [SparseRow]) -> [Int] { rows.map { predict($0) } }

    /// The part of the rows whose label is the most probable class; 0 without rows.
    public func accuracy(_ rows: [SparseRow], labels: [Int]) -> Double {
        precondition(
            rows.count == labels.count, "LogisticRegression.accuracy: \(rows.count) rows, \(labels.count) labels")
        return rows.isEmpty ? 0 : Double(zip(rows, labels).count { predict($0) == $1 }) / Double(rows.count)
    }

    /// `[classes]`: log-probabilities up to a constant.
    private func scores(_ row: SparseRow) -> [Double] {
        let scores = coefficients.indices.map { output in
            zip(row.indices, row.values).reduce(intercepts[output]) { sum, entry in
                let column = Int(entry.0)
                return (0..<features).contains(column) ? sum + coefficients[output][column] * entry.1 : sum
            }
        }
        return classes == 2 ? [0, scores[0]] : scores
    }
}

extension LogisticRegression {
    /// What `choosingC` chose.
    public struct Choice: Sendable, Equatable {
        /// The model.
        public let model: LogisticRegression
        /// Its C.
        public let c: Double
        /// The part of the validation rows it told right.
        public let accuracy: Double
    }

    /// Fits one model for each C and keeps the one that tells most of the validation rows right; of several, the one with
    /// the smallest C.
    public static func choosingC(
        from candidates: [Double], _ rows: [SparseRow], labels: [Int], classes: Int,
        validation: (rows: [SparseRow], labels: [Int]), features: Int? = nil, tolerance: Double = 1e-5
    ) -> Choice {
        precondition(!candidates.isEmpty, "LogisticRegression.choosingC: no candidates")
        var best: Choice?
        for c in candidates.sorted() {
            let model = fit(rows, labels: labels, classes: classes, features: features, c: c, tolerance: tolerance)
            let accuracy = model.accuracy(validation.rows, labels: validation.labels)
            if let best, best.accuracy >= accuracy { continue }
            best = Choice(model: model, c: c, accuracy: accuracy)
        }
        guard let best else { preconditionFailure("LogisticRegression.choosingC: no candidates") }
        return best
    }
}
