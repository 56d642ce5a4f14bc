/// The largest magnitude.
package func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

/// The largest difference relative to the largest magnitude expected; infinite where a number is missing, not finite, or
/// not the same infinity.
package func relativeError(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    var difference = 0.0
    for (a, b) in zip(found, expected) where a != b {
        guard a.isFinite && b.isFinite else { return .infinity }
        difference = max(difference, abs(a - b))
    }
    return difference == 0 ? 0 : difference / largest(expected.filter(\.isFinite))
}
