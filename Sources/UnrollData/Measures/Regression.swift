/// How far numbers are from what they should be. All take as many predictions as targets, in any unit; figures of no
/// numbers at all are NaN.
public enum Regression {
    /// The part of the targets' variance that the predictions explain, as scikit-learn's `r2_score`.
    ///
    ///     R² = 1 - Σ (y - ŷ)² / Σ (y - ȳ)²
    ///
    /// At most 1; below 0 for predictions worse than the targets' mean. Targets that are all the same give 1 where every
    /// prediction is right and 0 otherwise; fewer than two targets, NaN.
    public static func rSquared(_ targets: [Double], _ predictions: [Double]) -> Double {
        check(targets, predictions, "rSquared")
        guard targets.count >= 2 else { return .nan }
        let mean = targets.reduce(0, +) / Double(targets.count)
        let residual = zip(targets, predictions).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let total = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        if total == 0 { return residual == 0 ? 1 : 0 }
        return 1 - residual / total
    }

    /// The mean squared error, in the targets' unit squared.
    public static func mse(_ targets: [Double], _ predictions: [Double]) -> Double {
        mean(targets, predictions, "mse") { ($0 - $1) * ($0 - $1) }
    }

    /// The root of the mean squared error, in the targets' unit.
    public static func rmse(_ targets: [Double], _ predictions: [Double]) -> Double {
        mse(targets, predictions).squareRoot()
    }

    /// The mean absolute error, in the targets' unit.
    public static func mae(_ targets: [Double], _ predictions: [Double]) -> Double {
        mean(targets, predictions, "mae") { abs($0 - $1) }
    }

    /// The mean absolute error as a part of each target's size: 0.1 is ten percent. Targets of zero count as 2⁻⁵², as in
    /// scikit-learn.
    public static func mape(_ targets: [Double], _ predictions: [Double]) -> Double {
        mean(targets, predictions, "mape") { abs($0 - $1) / max(abs($0), Double.ulpOfOne) }
    }

    /// The mean loss that the targets' quantile makes smallest: an error costs `quantile` of itself where the prediction
    /// is too low, and `1 - quantile` where it is too high (the pinball loss).   (Koenker & Bassett 1978)
    public static func quantileLoss(_ targets: [Double], _ predictions: [Double], quantile: Double) -> Double {
        precondition((0...1).contains(quantile), "Regression.quantileLoss: quantile \(quantile)")
        return mean(targets, predictions, "quantileLoss") { max(quantile * ($0 - $1), (quantile - 1) * ($0 - $1)) }
    }

    /// The part of the targets that are within their intervals, ends included.
    public static func coverage(_ targets: [Double], lower: [Double], upper: [Double]) -> Double {
        check(targets, lower, "coverage")
        check(targets, upper, "coverage")
        let within = targets.indices.count { lower[$0] <= targets[$0] && targets[$0] <= upper[$0] }
        return targets.isEmpty ? .nan : Double(within) / Double(targets.count)
    }

    private static func mean(
        _ targets: [Double], _ predictions: [Double], _ name: String, _ loss: (Double, Double) -> Double
    ) -> Double {
        check(targets, predictions, name)
        return zip(targets, predictions).reduce(0) { $0 + loss($1.0, $1.1) } / Double(targets.count)
    }

    private static func check(_ targets: [Double], _ predictions: [Double], _ name: String) {
        precondition(
            targets.count == predictions.count,
            "Regression.\(name): \(targets.count) targets and \(predictions.count) predictions")
    }
}
