/// An array in the format that MNIST's images and labels come in: big-endian, with its type and sizes in front.
/// (http://yann.lecun.com/exdb/mnist)
public struct IDXFile: Sendable, Equatable {
    /// The extent of each axis: `[images, height, width]`, or `[labels]`.
    public let shape: [Int]
    /// What the array is, for errors: a path.
    public let name: String
    private let numbers: StoredNumbers

    /// The numbers, row-major, each as the nearest Float.
    /// - Complexity: O(numbers), each time.
    public var values: [Float] { numbers.floats }

    /// The numbers as labels are: whole. Nil where one is not.
    /// - Complexity: O(numbers), each time.
    public var integers: [Int]? { numbers.integers }

    /// How many numbers there are.
    public var count: Int { numbers.count }

    /// Reads a file.
    /// - Throws: `DataError`: what `Files.read` throws, or `.malformed` with the byte that is wrong.
    public init(reading path: String) throws { try self.init(parsing: try Files.read(path), name: path) }

    /// Reads the bytes of a file. The sizes must be those of what follows them.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte that is wrong; a compressed file says so.
    public init(parsing bytes: [UInt8], name: String) throws {
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
        (self.shape, self.name) = (shape, name)
        numbers = StoredNumbers(kind: kind, isBigEndian: true, bytes: bytes[start...])
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
