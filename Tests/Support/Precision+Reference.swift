package import UnrollCompute

extension Precision {
    /// The nearest number of so many bits behind the point: of two as near the larger in tf32, the even one in bf16.
    package func rounded(_ x: Double) -> Double {
        guard self != .float32, x != 0, x.isFinite else { return x }
        let spacing = Double(sign: .plus, exponent: x.exponent - (self == .tf32 ? 10 : 7), significand: 1)
        return (x / spacing).rounded(self == .tf32 ? .toNearestOrAwayFromZero : .toNearestOrEven) * spacing
    }
}
