/// A mean of the weights on their way, which often does better than where they are. It is what is evaluated and saved;
/// training goes on from the weights themselves.
public enum Averaging: Sendable, Equatable {
    /// `a ← decay·a + (1 − decay)·w` after every update, from the first weights on.   (Polyak & Juditsky 1992)
    case exponential(decay: Double)
    /// The mean after every update from update number `start` on.   (SWA, Izmailov et al. 2018)
    case mean(from: Int)
    /// The mean after every update since validation came out above the best of all but the last `interval` checks.
    /// (Merity et al. 2017)
    case triggered(interval: Int)

    /// How far the mean goes towards the weights of an update; nil where there is no mean yet.
    /// - Parameters:
    ///   - count: how many weights the mean is of already.
    ///   - update: the update's number, from 1.
    func weight(count: Int, update: Int, validations: [Double]) -> Double? {
        switch self {
        case .exponential(let decay): count == 0 ? 1 : 1 - decay
        case .mean(let start): update >= start ? 1 / Double(count + 1) : nil
        case .triggered(let interval):
            count > 0 || Self.isTriggered(validations, interval) ? 1 / Double(count + 1) : nil
        }
    }

    /// Whether any check was above the best of those more than `interval` before it.
    static func isTriggered(_ validations: [Double], _ interval: Int) -> Bool {
        var best = Double.infinity
        for (index, loss) in validations.enumerated() where index > interval {
            best = min(best, validations[index - interval - 1])
            if loss > best { return true }
        }
        return false
    }
}
