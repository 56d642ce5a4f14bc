import UnrollData

/// Examples, spoiled: the same for the same seed.
struct Mutations {
    private var random: Generator
    private let examples: [[UInt8]]
    /// Those that are JSON.
    private let values: [JSON]
    /// What parsers trip over.
    private static let tokens: [[UInt8]] =
        [
            "99999999999999999999", "9223372036854775807", "-1", "0", "1e999", "nan", "\"", "\n\n", "\r", "\t", ",",
            " ", ":",
            "#", "(", "{", "'", "\u{FEFF}", "é", "\u{0}", "4294967295", "2147483648",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC3], [0xF4, 0x90], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF],
        ]
    /// What readers of JSON trip over.
    private static let strange: [JSON] = [
        .null, true, 0, 1, -1, 3, 256, 65_536, 65_537, 2_147_483_647, 2_147_483_648, .integer(.max), .integer(.min),
        0.5,
        1.0, -0.25, 1e30, 1e300, 1e-300, "", "\n\u{85}\u{0}", "é", "e\u{301}", "<unk>", "</s>", "lstm", "gru", [], [0],
        ["a"], [["a"]], .object([]), ["a\n": 1],
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

    init(seed: UInt64, examples: [[UInt8]]) {
        (random, self.examples) = (Generator(state: seed), examples)
        values = examples.compactMap { try? JSON(parsing: $0, name: "example") }.filter {
            $0.array?.isEmpty == false || $0.members?.isEmpty == false
        }
    }

    mutating func next() -> [UInt8] {
        if below(16) == 0 { return (0..<below(200)).map { _ in UInt8.random(in: 0...255, using: &random) } }
        // Of JSON most bytes that are spoiled are none any more, which says nothing of who reads what it holds.
        if !values.isEmpty, below(4) != 0 {
            var value = values[below(values.count)]
            for _ in 0...below(3) { mutate(&value) }
            return Array(value.description.utf8)
        }
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

    /// Spoils one of the values of an array or object, or of those in it.
    private mutating func mutate(_ json: inout JSON) {
        switch json {
        case .array(var elements) where !elements.isEmpty:
            let place = below(elements.count)
            switch below(6) {
            case 0: elements.remove(at: place)
            case 1: elements.insert(elements[place], at: below(elements.count + 1))
            case 2: elements.swapAt(place, below(elements.count))
            case 3: elements[place] = Self.strange[below(Self.strange.count)]
            default: mutate(&elements[place])
            }
            json = .array(elements)
        case .object(var members) where !members.isEmpty:
            let place = below(members.count)
            switch below(8) {
            case 0: members.remove(at: place)
            case 1: members[place].value = members[below(members.count)].value
            case 2...3: members[place].value = Self.strange[below(Self.strange.count)]
            default: mutate(&members[place].value)
            }
            json = .object(members)
        case .integer(let value) where below(2) == 0: json = .integer(value &+ (below(5) - 2))
        case .string(let text) where below(2) == 0: json = .string(text + "x")
        default: json = Self.strange[below(Self.strange.count)]
        }
    }
}
