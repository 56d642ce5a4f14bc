import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How the learning rate changes in the course of training: a plain value that gives a factor for every update.
///
///     optimizer.schedule = .warmUp(updates: 100, then: .cosine(updates: 2000))
///
/// With t updates done before, the next one's rate is the optimizer's learning rate times `factor(at: t)`. Nothing is
/// remembered: what there is to know is how many updates there were, and what validation came to.
public indirect enum Schedule: Sendable, Equatable {
    /// Always 1.
    case constant
    /// `by` to the power ⌊t / every⌋.
    case step(every: Int, by: Double)
    /// `by` to the power t.
    case exponential(by: Double)
    /// Half a cosine from 1 down to `end` in so many updates, and `end` from there on:
    /// `end + (1 − end)·(1 + cos(π·t/updates))/2`. With `growth` it starts again from 1, each time over `growth` times
    /// as many updates.   (SGDR, Loshchilov & Hutter 2017)
    case cosine(updates: Int, end: Double = 0, growth: Int? = nil)
    /// Up from `start` to 1 over the first `rise` of so many updates, then down to `end`, each as half a cosine.
    /// (Smith & Topin 2018)
    case oneCycle(updates: Int, rise: Double = 0.3, start: Double = 0.04, end: Double = 4e-6)
    /// Times `by` whenever validation has not come below the best loss by the fraction `threshold` of it for more than
    /// `patience` times, never below `end`.
    case plateau(by: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, end: Double = 0)
    /// `(t + 1) / updates` for so many updates, then another, from its beginning.
    case warmUp(updates: Int, then: Schedule = .constant)

    /// What the learning rate is multiplied by.
    /// - Parameters:
    ///   - update: how many updates there were before.
    ///   - validations: every validation loss up to now.
    public func factor(at update: Int, validations: [Double] = []) -> Double {
        switch self {
        case .constant:
            return 1
        case .step(let every, let factor):
            require(every > 0, "Schedule: a step every \(every) updates")
            return pow(factor, Double(update / every))
        case .exponential(let factor):
            return pow(factor, Double(update))
        case .cosine(let updates, let end, let growth):
            require(
                updates > 0 && growth ?? 1 > 0, "Schedule: a cosine over \(updates) updates, growing by \(growth ?? 1)")
            let (place, length) = Self.place(of: update, in: updates, growth: growth)
            return Self.cosine(from: 1, to: end, Double(place) / Double(length))
        case .oneCycle(let updates, let rise, let start, let end):
            require(
                updates > 0 && (0...1).contains(rise), "Schedule: one cycle of \(updates) updates, rising over \(rise)")
            let (top, last) = (rise * Double(updates) - 1, Double(updates - 1))
            let place = min(Double(update), last)
            if place <= top { return Self.cosine(from: start, to: 1, top == 0 ? 1 : place / top) }
            // Without any rise it begins at the top.
            let begin = max(0, top)
            return Self.cosine(from: 1, to: end, last == begin ? 1 : (place - begin) / (last - begin))
        case .plateau(let factor, let patience, let threshold, let end):
            return Self.plateau(validations, by: factor, patience: patience, threshold: threshold, end: end)
        case .warmUp(let updates, let other):
            if update < updates { return Double(update + 1) / Double(updates) }
            return other.factor(at: update - max(0, updates), validations: validations)
        }
    }

    /// Where in which run of a cosine an update is.
    private static func place(of update: Int, in updates: Int, growth: Int?) -> (place: Int, length: Int) {
        guard let growth else { return (min(update, updates), updates) }
        if growth == 1 { return (update % updates, updates) }
        var (place, length) = (update, updates)
        while place >= length { (place, length) = (place - length, length * growth) }
        return (place, length)
    }

    /// Half a cosine, from one value at 0 to another at 1.
    private static func cosine(from start: Double, to end: Double, _ part: Double) -> Double {
        end + (start - end) * (1 + cos(.pi * part)) / 2
    }

    private static func plateau(
        _ validations: [Double], by factor: Double, patience: Int, threshold: Double, end: Double
    ) -> Double {
        var (best, waited, result) = (Double.infinity, 0, 1.0)
        for loss in validations {
            // As PyTorch; where losses are negative, below by the same fraction means further below.
            if loss < best - threshold * abs(best.isFinite ? best : 0) {
                (best, waited) = (loss, 0)
            } else {
                waited += 1
            }
            if waited > patience { (waited, result) = (0, max(end, result * factor)) }
        }
        return result
    }
}
