/// An array as numpy's `save` writes it. (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
public struct NPYFile: Sendable, Equatable {
    /// The extent of each axis.
    public let shape: [Int]
    /// What the array is, for errors: a path.
    public let name: String
    private let numbers: StoredNumbers
    private let isFortranOrder: Bool

    /// The numbers, row-major whatever their order in the file, each as the nearest Float.
    /// - Complexity: O(numbers), each time.
    public var values: [Float] { rowMajor(numbers.floats) }

    /// The numbers as labels are: whole. Nil where one is not.
    /// - Complexity: O(numbers), each time.
    public var integers: [Int]? { numbers.integers.map(rowMajor) }

    /// How many numbers there are.
    public var count: Int { numbers.count }

    /// Reads a file.
    /// - Throws: `DataError`: what `Files.read` throws, or `.malformed` with the byte that is wrong.
    public init(reading path: String) throws { try self.init(parsing: try Files.read(path), name: path) }

    /// Reads the bytes of a file: format versions 1 to 3; booleans, integers and floating-point numbers of one to
    /// eight bytes, but for `u8`, `f2` and what is larger; of either byte order.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte that is wrong.
    public init(parsing bytes: [UInt8], name: String) throws {
        let wrong = { (offset: Int, reason: String) in DataError.malformed(name: name, offset: offset, reason: reason) }
        guard bytes.starts(with: [0x93] + "NUMPY".utf8), bytes.count >= 10 else {
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
        (shape, self.name, isFortranOrder) = (header.shape, name, header.isFortranOrder)
        numbers = StoredNumbers(kind: header.kind, isBigEndian: header.isBigEndian, bytes: body)
    }

    /// In Fortran order the first axis is the fastest.
    private func rowMajor<Number>(_ numbers: [Number]) -> [Number] {
        guard isFortranOrder, shape.count > 1, !numbers.isEmpty else { return numbers }
        // Where the axes' next elements lie in the file.
        var (strides, stride) = ([Int](), 1)
        for extent in shape {
            strides.append(stride)
            stride *= extent
        }
        var (place, offset) = ([Int](repeating: 0, count: shape.count), 0)
        var result: [Number] = []
        result.reserveCapacity(numbers.count)
        while true {
            result.append(numbers[offset])
            var axis = shape.count - 1
            while axis >= 0 {
                place[axis] += 1
                offset += strides[axis]
                if place[axis] < shape[axis] { break }
                offset -= strides[axis] * shape[axis]
                place[axis] = 0
                axis -= 1
            }
            if axis < 0 { return result }
        }
    }
}

extension NPYFile {
    /// The bytes of a file of float32 numbers.
    /// - Parameters:
    ///   - values: row-major.
    ///   - shape: the extent of each axis.
    /// - Precondition: the shape's product is the number of values.
    public static func encode(_ values: [Float], shape: [Int]) -> [UInt8] {
        precondition(shape.reduce(1, *) == values.count, "npy: \(values.count) values for shape \(shape)")
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        // With the ten bytes in front and an end of line, a multiple of 64.
        let padding = (64 - (10 + header.count + 1) % 64) % 64
        header += [UInt8](repeating: 0x20, count: padding) + [0x0A]
        precondition(header.count <= UInt16.max, "npy: \(shape.count) axes")

        var bytes =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header
        bytes.reserveCapacity(bytes.count + 4 * values.count)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
