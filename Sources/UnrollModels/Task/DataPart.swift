/// Rows that a run reads for one end, and how many of them side by side.
///
/// What a batch takes depends on its longest row: one that only the test has must be known before hours of training.
struct DataPart<Row> {
    /// What rows are read for.
    enum Use: String {
        case training, validation, testing
    }

    let use: Use
    let rows: [Row]
    /// The most rows of a batch.
    let batch: Int

    /// Those of the parts that have rows.
    /// - Parameters:
    ///   - batch: how many rows to train on are in one.
    ///   - others: how many rows that validate, and how many that test.
    static func all(
        training: [Row], validation: [Row], test: [Row], batch: Int, others: (validation: Int, testing: Int)
    ) -> [DataPart] {
        let parts = [
            DataPart(use: .training, rows: training, batch: min(batch, training.count)),
            DataPart(use: .validation, rows: validation, batch: min(others.validation, validation.count)),
            DataPart(use: .testing, rows: test, batch: min(others.testing, test.count)),
        ]
        return parts.filter { !$0.rows.isEmpty }
    }

    /// How many steps a batch has where all rows are as long as the longest, at least one each.
    func steps(_ length: (Row) throws -> Int) rethrows -> Double {
        Double(batch) * Double(try rows.reduce(1) { max($0, try length($1)) })
    }

    /// Whether a backward pass follows, for which all is kept.
    var isLearnt: Bool { use == .training }
}
