/// The minimum of a smooth convex function of many variables, by the method of Broyden, Fletcher, Goldfarb and Shanno
/// with a limited memory: the last ten steps say how the gradient bends.   (Liu & Nocedal 1989)
struct LBFGS {
    /// How many steps are remembered.
    static let memory = 10
    /// The value there, the gradient written to the second argument.
    typealias Function = (_ x: [Double], _ gradient: inout [Double]) -> Double

    /// Iterations taken.
    private(set) var iterations = 0
    /// Whether the gradient is within the tolerance; otherwise the iterations ran out, or what is left is rounding.
    private(set) var converged = false
    private(set) var x: [Double]

    private struct Step {
        let (x, gradient): ([Double], [Double])
        let inverse: Double
    }
    private var steps: [Step] = []

    /// Goes from `x` until no part of the gradient is larger than `tolerance`.
    init(from x: [Double], tolerance: Double, iterations limit: Int, _ function: Function) {
        self.x = x
        var gradient = x
        var value = function(x, &gradient)
        while iterations < limit {
            converged = gradient.allSatisfy { abs($0) <= tolerance }
            if converged { return }
            let direction = direction(gradient)
            let first = steps.isEmpty ? 1 / max(1, dot(gradient, gradient).squareRoot()) : 1
            let old = gradient
            guard let length = search(along: direction, first: first, &value, &gradient, function) else { return }
            iterations += 1
            remember(direction.map { length * $0 }, zip(gradient, old).map { $0 - $1 })
        }
        converged = gradient.allSatisfy { abs($0) <= tolerance }
    }

    private mutating func remember(_ x: [Double], _ gradient: [Double]) {
        let product = dot(x, gradient)
        guard product > 0 else { return }
        if steps.count == Self.memory { steps.removeFirst() }
        steps.append(Step(x: x, gradient: gradient, inverse: 1 / product))
    }

    /// `-H g`, H the inverse of the second derivatives as the steps remembered have it.
    private func direction(_ gradient: [Double]) -> [Double] {
        var direction = gradient.map { -$0 }
        var factors: [Double] = []
        for step in steps.reversed() {
            let factor = step.inverse * dot(step.x, direction)
            factors.append(factor)
            add(-factor, step.gradient, to: &direction)
        }
        if let last = steps.last {
            let scale = 1 / (last.inverse * dot(last.gradient, last.gradient))
            for i in direction.indices { direction[i] *= scale }
        }
        for (step, factor) in zip(steps, factors.reversed()) {
            add(factor - step.inverse * dot(step.gradient, direction), step.x, to: &direction)
        }
        return direction
    }

    /// Moves along a direction to where the value is lower and the slope at most 0.9 of what it was (Wolfe's conditions);
    /// returns how far, or nil where rounding leaves no such place.
    ///
    /// The function is convex: a slope that still falls steeply is before the minimum, and one that rises beyond it.
    private mutating func search(
        along direction: [Double], first: Double, _ value: inout Double, _ gradient: inout [Double],
        _ function: Function
    ) -> Double? {
        let slope = dot(gradient, direction)
        guard slope < 0 else { return nil }
        // Near the minimum values differ by less than rounding, and only slopes tell.
        let rounding = 1e-15 * abs(value)
        var (low, high, length) = (0.0, Double.infinity, first)
        var (lowSlope, highSlope) = (slope, Double.infinity)
        var next = gradient
        for _ in 0..<50 {
            var moved = x
            add(length, direction, to: &moved)
            let nextValue = function(moved, &next)
            let nextSlope = dot(next, direction)
            if !nextValue.isFinite || nextValue > value + 1e-4 * length * slope + rounding || nextSlope > -0.9 * slope {
                (high, highSlope) = (length, nextSlope)
            } else if nextSlope < 0.9 * slope {
                (low, lowSlope) = (length, nextSlope)
            } else {
                (x, value, gradient) = (moved, nextValue, next)
                return length
            }
            if high == .infinity {
                length *= 2
            } else {
                // Where a straight line through both slopes is zero, not too near either end.
                let zero = lowSlope / (lowSlope - highSlope)
                length = low + (high - low) * (zero.isFinite ? min(0.9, max(0.1, zero)) : 0.5)
            }
        }
        return nil
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
}

private func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
    for i in b.indices { b[i] += factor * a[i] }
}
