// Numbers in text files: decimal digits with an optional sign, point and exponent. Swift's own readers take names and
// hexadecimal digits too.

extension ArraySlice<UInt8> {
    /// The finite number that the bytes spell, to the nearest Double; nil where they spell none or it is out of range.
    var double: Double? {
        guard isDecimal, let number = Double(String(decoding: self, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    /// The finite number that the bytes spell, to the nearest Float; nil where they spell none or it is out of range.
    var float: Float? {
        if let number = shortFloat { return number }
        guard isDecimal, let number = Float(String(decoding: self, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    /// The whole number that the bytes spell, if it fits.
    var integer: Int? {
        guard let first, first != UInt8(ascii: "+"), count <= 20 else { return nil }
        return Int(String(decoding: self, as: UTF8.self))
    }

    private var isDecimal: Bool {
        !isEmpty
            && allSatisfy { byte in
                switch byte {
                case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
                    UInt8(ascii: "E"):
                    true
                default: false
                }
            }
    }

    /// `-0.561106` and the like, which fill files of vectors: up to seven digits over a power of ten that a Float
    /// holds exactly, so that one division rounds correctly (Clinger, 1990).
    private var shortFloat: Float? {
        let isNegative = first == UInt8(ascii: "-")
        var (digits, count, decimals): (Int, Int, Int?) = (0, 0, nil)
        for byte in isNegative ? dropFirst() : self {
            switch byte {
            case 0x30...0x39:
                digits = digits * 10 + Int(byte - 0x30)
                count += 1
                if let places = decimals { decimals = places + 1 }
                if digits >= 1 << 24 || count > 10 { return nil }
            case UInt8(ascii: "."):
                if decimals != nil { return nil }
                decimals = 0
            default: return nil
            }
        }
        // "5." and ".5" are left to the reader that knows what Swift allows.
        guard count > (decimals ?? 0), decimals != 0 else { return nil }
        let magnitude = Float(digits) / powersOfTen[decimals ?? 0]
        return isNegative ? -magnitude : magnitude
    }
}

private let powersOfTen: [Float] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
