/// Random numbers in order: number n is a hash of the seed and n.   (SplitMix64: Steele, Lea & Flood 2014)
package struct SplitMix: Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private let seed: UInt64
    private var count: UInt64 = 0

    package init(seed: UInt64) { self.seed = seed }

    /// Numbers of their own for every stream of a seed, such as an epoch.
    package init(seed: UInt64, stream: UInt64) {
        self.init(seed: Self.hash(Self.hash(seed &+ Self.step) &+ stream &* Self.step))
    }

    private static func hash(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// Any number.
    package mutating func next() -> UInt64 {
        count += 1
        return Self.hash(seed &+ count &* Self.step)
    }

    /// In [0, 1), 53 bits.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// In `0 ..< bound`, each as likely as the others: the upper half of a product, where draws of which there would be
    /// one too many are drawn again.   (Lemire 2019)
    package mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a random number below \(bound)")
        let bound = UInt64(bound)
        let excess = (0 &- bound) % bound
        while true {
            let (high, low) = next().multipliedFullWidth(by: bound)
            if low >= excess { return Int(high) }
        }
    }

    /// Puts elements in a random order, every order as likely as the others.   (Fisher & Yates; Durstenfeld 1964)
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, next(below: last + 1))
        }
    }

    /// `0 ..< count` in a random order.
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }
}
