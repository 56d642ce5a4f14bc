extension ArrayFile {
    /// What a `.npy` file begins with.
    static let npyMagic = [0x93] + Array("NUMPY".utf8)

    /// Reads the bytes of a file as numpy's `save` writes it
    /// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): format versions 1 to 3; booleans, integers and floating-point numbers of one to
    /// eight bytes, but for `u8`, `f2` and what is larger; of either byte order.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte that is wrong.
    package init(npy bytes: [UInt8], name: String) throws {
        let wrong = { (offset: Int, reason: String) in DataError.malformed(name: name, offset: offset, reason: reason) }
        guard bytes.starts(with: Self.npyMagic), bytes.count >= 10 else {
            throw wrong(0, "a .npy file begins with '\\x93NUMPY'")
        }
        guard (1...3).contains(bytes[6]) else { throw wrong(6, "format version \(bytes[6]) is not known") }
        let start = bytes[6] == 1 ? 10 : 12
        guard bytes.count >= start else { throw wrong(bytes.count, "the header is cut off") }
        let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= bytes.count - start else {
            throw wrong(8, "a header of \(length) bytes in a file of \(bytes.count)")
        }
        var parser = NPYHeaderParser(text: bytes[start..<(start + length)], name: name)
        let header = try parser.whole()
        let body = bytes[(start + length)...]
        guard let size = StoredNumbers.size(of: header.shape, header.kind), size == body.count else {
            throw wrong(
                body.startIndex, "\(body.count) bytes of numbers, which is not what shape \(header.shape) takes")
        }
        let numbers = StoredNumbers(kind: header.kind, isBigEndian: header.isBigEndian, bytes: body)
        self.init(shape: header.shape, name: name, numbers: numbers, isFortranOrder: header.isFortranOrder)
    }

    /// The bytes of a `.npy` file of float32 numbers.
    /// - Parameters:
    ///   - values: row-major.
    ///   - shape: the extent of each axis.
    /// - Precondition: the shape's product is the number of values.
    public static func npy(_ values: [Float], shape: [Int]) -> [UInt8] {
        precondition(shape.reduce(1, *) == values.count, "npy: \(values.count) values for shape \(shape)")
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        // With the ten bytes in front and an end of line, a multiple of 64.
        let padding = (64 - (10 + header.count + 1) % 64) % 64
        header += [UInt8](repeating: 0x20, count: padding) + [0x0A]
        precondition(header.count <= UInt16.max, "npy: \(shape.count) axes")

        var bytes = npyMagic + [1, 0, UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header
        bytes.reserveCapacity(bytes.count + 4 * values.count)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
