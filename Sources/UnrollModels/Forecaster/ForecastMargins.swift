import UnrollLayers
import UnrollTensors

/// Quantiles that say what they mean: those of the rows that were learnt from are too close together elsewhere, so each is
/// moved by what the rows that validate are found to need (split conformal prediction; Romano, Patterson & Candès 2019).
/// As these choose the best weights too, what is said of an interval is no guarantee.
extension Forecaster {
    /// Sets the margins, for each row ahead and each quantile q but the point forecast, to a rank of the errors
    /// e = y - ŷ_q of n forecasts: of the n, r are not above ŷ_q + e₍ᵣ₎.
    ///
    ///     r = ⌈(n + 1) q⌉ above the point forecast, ⌊(n + 1) q⌋ below, within 1…n
    ///
    /// - Parameters:
    ///   - forecasts: of rows that were not learnt from, `[n][horizon · levels]`.
    ///   - targets: what came, `[n, horizon]`; both in the model's units.
    package func setMargins(_ forecasts: [[Float]], _ targets: [Float]) {
        guard let margins, !forecasts.isEmpty else { return }
        let (horizon, levels, point) = (configuration.horizon, configuration.levels, configuration.point)
        var found = Array(repeating: Float(0), count: horizon * levels)
        for step in 0..<horizon {
            let ordered = forecasts.map { $0[(step * levels)..<((step + 1) * levels)].sorted() }
            for level in 0..<levels where level != point {
                let errors = ordered.indices.map { targets[$0 * horizon + step] - ordered[$0][level] }.sorted()
                // Single precision has q to some 1e-7.
                let rank = Double(errors.count + 1) * Double(configuration.quantiles[level])
                let whole = Int(
                    level > point ? (rank * (1 - 1e-7)).rounded(.up) : (rank * (1 + 1e-7)).rounded(.down))
                found[step * levels + level] = errors[min(max(whole, 1), errors.count) - 1]
            }
        }
        margins.value = Tensor(found, shape: [horizon, levels], on: device)
    }

    /// The quantiles of one forecast, `[horizon][levels]`, each moved by its margin, but not past the point forecast. They are
    /// in ascending order, to which training does not hold them.
    package func adjusted(_ values: [Float], by margins: [Float]?) -> [[Float]] {
        stride(from: 0, to: values.count, by: configuration.levels).map { start in
            let levels = values[start..<(start + configuration.levels)].sorted()
            guard let margins else { return levels }
            let point = configuration.point
            let moved = zip(levels, margins[start...]).map { $0 + $1 }
            let lower = moved[..<point].map { min($0, levels[point]) }.sorted()
            return lower + [levels[point]] + moved[(point + 1)...].map { max($0, levels[point]) }.sorted()
        }
    }
}
