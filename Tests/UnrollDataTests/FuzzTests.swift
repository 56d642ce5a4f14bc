import Testing
import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Every parser of the module, shown what it does not expect: it throws an error of one line, or gives what fits
/// together. `UNROLL_FUZZ_SECONDS` is how long, over all formats; `UNROLL_FUZZ_SEED` begins elsewhere; and the bytes
/// that are read next are left in the file `UNROLL_FUZZ_FILE`, for the case that the process does not outlive them.
@Suite struct FuzzTests {
    private static func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static let seconds = setting("UNROLL_FUZZ_SECONDS").flatMap(Double.init) ?? 2

    @Test func nothingStopsAParser() throws {
        let formats = try FuzzedFormat.all()
        for format in formats {
            for example in format.examples {
                try #require(try format.read(example), "\(format.name): an example is not consistent")
            }
            let counts = try fuzz(format, for: .seconds(Self.seconds / Double(formats.count)))
            // Neither all is refused at once, nor is all taken.
            #expect(counts.refused > 0 && counts.read > 0, "\(format.name): \(counts)")
        }
    }

    private func fuzz(_ format: FuzzedFormat, for time: Duration) throws -> (read: Int, refused: Int) {
        let seed = Self.setting("UNROLL_FUZZ_SEED").flatMap(UInt64.init) ?? 1
        var mutations = Mutations(seed: seed, examples: format.examples)
        let end = ContinuousClock.now + time
        var (read, refused) = (0, 0)
        repeat {
            let bytes = mutations.next()
            if let path = Self.setting("UNROLL_FUZZ_FILE") { try Files.write(bytes, to: path) }
            do {
                let isConsistent = try format.read(bytes)
                try #require(isConsistent, "\(format.name): inconsistent, of \(hexadecimal(bytes))")
                read += 1
            } catch let error as DataError {
                refused += 1
                let text = error.description
                let isLine = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                if !isLine || text.utf8.count > 1000 {
                    Issue.record("\(format.name): '\(text)', of \(hexadecimal(bytes))")
                }
            }
        } while ContinuousClock.now < end || read + refused < 100
        return (read, refused)
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0, radix: 16).padded(2, with: "0", left: true) }.joined()
    }
}

/// Examples, spoiled: the same for the same seed.
private struct Mutations {
    private var random: Generator
    private let examples: [[UInt8]]
    /// What parsers trip over.
    private static let tokens: [[UInt8]] =
        [
            "99999999999999999999", "9223372036854775807", "-1", "0", "1e999", "nan", "\"", "\n\n", "\r", "\t", ",",
            " ", ":",
            "#", "(", "{", "'", "\u{FEFF}", "é", "\u{0}", "4294967295", "2147483648",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC3], [0xF4, 0x90], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF],
        ]

    /// Of Steele, Lea and Flood, 2014: SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    init(seed: UInt64, examples: [[UInt8]]) { (random, self.examples) = (Generator(state: seed), examples) }

    mutating func next() -> [UInt8] {
        if below(16) == 0 { return (0..<below(200)).map { _ in UInt8.random(in: 0...255, using: &random) } }
        var bytes = examples[below(examples.count)]
        for _ in 0...below(4) { mutate(&bytes) }
        return bytes
    }

    private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let start = below(bytes.count + 1)
        let end = start + below(min(bytes.count - start, 40) + 1)
        switch below(8) {
        case 0 where start < bytes.count: bytes[start] ^= 1 << UInt8(below(8))
        case 1 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(start..<end)
        case 3: bytes.removeSubrange(start...)
        case 4: bytes.insert(contentsOf: bytes[start..<end], at: end)
        case 5: bytes.insert(contentsOf: Self.tokens[below(Self.tokens.count)], at: start)
        case 6: bytes.replaceSubrange(start..<end, with: Self.tokens[below(Self.tokens.count)])
        default:
            let other = examples[below(examples.count)]
            let place = below(other.count + 1)
            bytes.insert(contentsOf: other[place..<min(other.count, place + 20)], at: start)
        }
    }
}
