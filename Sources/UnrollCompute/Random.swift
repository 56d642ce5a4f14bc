import CUnrollMicroKernels

/// The key of one stream of random numbers: everything but the place a number is for.
package struct RandomKey: Sendable, Hashable {
    package var word0: UInt32
    package var word1: UInt32

    package init(word0: UInt32, word1: UInt32) { (self.word0, self.word1) = (word0, word1) }
}

/// Where random numbers come from: a seed and a training step, never hidden state.
///
/// Every random number is Philox 4x32-10 of a key and a counter (Salmon et al. 2011), so it depends on what it is for
/// and on nothing else: not on memory layout, batch tiles, threads or the device. `key(site:)` folds seed, training
/// step and site (which layer asks) into a key; the counter is then (unit / 4, step, row, 0).
public struct RandomSource: Sendable, Hashable {
    /// What makes one run different from another.
    public var seed: UInt64
    /// The training step, so that every step has fresh numbers.
    public var step: Int

    /// - Parameters:
    ///   - seed: what makes one run different from another.
    ///   - step: the training step; give each step its own, for example `optimizer.steps`.
    public init(seed: UInt64, step: Int = 0) {
        (self.seed, self.step) = (seed, step)
    }

    /// The stream of one site: a dropout layer, a parameter to initialise.
    package func key(site: Int) -> RandomKey {
        let step = UInt64(bitPattern: Int64(step))
        let words = Self.philox(
            counter: (UInt32(truncatingIfNeeded: step), UInt32(step >> 32), UInt32(truncatingIfNeeded: site), 0),
            key: RandomKey(word0: UInt32(truncatingIfNeeded: seed), word1: UInt32(seed >> 32)))
        return RandomKey(word0: words.0, word1: words.1)
    }

    /// `count` numbers evenly spread over [0, 1), 24 bits each.
    package func uniform(count: Int, site: Int) -> [Float] {
        let key = key(site: site)
        var values: [Float] = []
        values.reserveCapacity(count + 3)
        for block in 0..<(count + 3) / 4 {
            let words = Self.philox(counter: (UInt32(truncatingIfNeeded: block), 0, 0, 0), key: key)
            for word in [words.0, words.1, words.2, words.3] { values.append(Float(word >> 8) * 0x1p-24) }
        }
        return Array(values.prefix(count))
    }

    package static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: RandomKey
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var counter = counter
        unroll_philox(&counter.0, &counter.1, &counter.2, &counter.3, key.word0, key.word1)
        return counter
    }
}

/// Zeroes with a probability and scales what remains by `1 / (1 − probability)`.
package struct DropoutMask: Sendable, Hashable {
    package var probability: Float
    package var key: RandomKey

    package init(probability: Float, key: RandomKey) {
        require(probability >= 0 && probability < 1, "dropout: probability \(probability) is not in [0, 1)")
        (self.probability, self.key) = (probability, key)
    }

    /// A word below this drops its number.
    package var threshold: UInt32 { UInt32(Double(probability) * 0x1p32) }
    /// What a number that stays is multiplied by.
    package var scale: Float { 1 / (1 - probability) }
}
