/// Text as models see it: Unicode scalars.
public enum Text {
    /// Decodes UTF-8. A byte order mark at the start says nothing. A zero byte is refused: no text has one, and most other
    /// files do.
    /// - Parameter name: where the bytes come from, for errors: a path.
    /// - Throws: `DataError.notText` or `.zeroByte` with the offset of the first byte that is wrong.
    public static func decode(_ bytes: [UInt8], name: String) throws -> [Unicode.Scalar] {
        var characters: [Unicode.Scalar] = []
        characters.reserveCapacity(bytes.count)
        var position = bytes.markEnd
        while position < bytes.count {
            guard let (scalar, length) = scalar(in: bytes, at: position) else {
                throw DataError.notText(name: name, offset: position)
            }
            if scalar == "\0" { throw DataError.zeroByte(name: name, offset: position) }
            characters.append(scalar)
            position += length
        }
        return characters
    }

    /// The scalar whose shortest encoding begins at `position`, and how many bytes it takes.
    static func scalar(in bytes: [UInt8], at position: Int) -> (Unicode.Scalar, Int)? {
        let first = bytes[position]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = min(first.leadingBitCount, 5)
        guard (2...4).contains(length), position + length <= bytes.count else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for byte in bytes[(position + 1)..<(position + length)] {
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let least: [UInt32] = [0x80, 0x800, 0x10000]
        guard value >= least[length - 2], let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}

extension UInt8 {
    /// How many ones it begins with.
    fileprivate var leadingBitCount: Int { (~self).leadingZeroBitCount }
}
