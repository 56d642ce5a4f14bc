extension ArrayFile {
    /// Reads the bytes of an IDX file: big-endian numbers, with their type and sizes in front, which must be those of
    /// what follows them. (http://yann.lecun.com/exdb/mnist)
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte that is wrong; a compressed file says so.
    package init(idx bytes: [UInt8], name: String) throws {
        let wrong = { (offset: Int, reason: String) in DataError.malformed(name: name, offset: offset, reason: reason) }
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw DataError.unfit(name: name, reason: "the file is compressed; gunzip it first")
        }
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
            throw wrong(0, "an IDX file begins with two zero bytes, a type and the number of axes")
        }
        guard let kind = Self.kind(bytes[2]) else { throw wrong(2, "\(bytes[2]) is no type of IDX numbers") }
        let start = 4 + 4 * Int(bytes[3])
        guard bytes.count >= start else { throw wrong(bytes.count, "the sizes of \(bytes[3]) axes are cut off") }
        let shape = stride(from: 4, to: start, by: 4).map { place in
            bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
        guard let size = StoredNumbers.size(of: shape, kind), size == bytes.count - start else {
            throw wrong(start, "\(bytes.count - start) bytes of numbers, which is not what shape \(shape) takes")
        }
        let numbers = StoredNumbers(kind: kind, isBigEndian: true, bytes: bytes[start...])
        self.init(shape: shape, name: name, numbers: numbers)
    }

    private static func kind(_ code: UInt8) -> StoredNumbers.Kind? {
        switch code {
        case 0x08: .uint8
        case 0x09: .int8
        case 0x0B: .int16
        case 0x0C: .int32
        case 0x0D: .float32
        case 0x0E: .float64
        default: nil
        }
    }
}
