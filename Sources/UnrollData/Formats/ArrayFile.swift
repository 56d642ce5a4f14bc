/// An array from a file: numpy's `.npy`, or IDX, the format that MNIST's images and labels come in.
public struct ArrayFile: ParsedFile, Equatable {
    /// The extent of each axis: `[images, height, width]`, or `[labels]`.
    public let shape: [Int]
    /// What the array is, for errors: a path.
    public let name: String
    private let numbers: StoredNumbers
    private let isFortranOrder: Bool

    init(shape: [Int], name: String, numbers: StoredNumbers, isFortranOrder: Bool = false) {
        (self.shape, self.name, self.numbers, self.isFortranOrder) = (shape, name, numbers, isFortranOrder)
    }

    /// Reads the bytes of a file, of the format that its first bytes say.
    /// - Parameter name: what the bytes are, for errors: a path.
    /// - Throws: `DataError.malformed` with the byte that is wrong.
    public init(parsing bytes: [UInt8], name: String) throws {
        let isNPY = bytes.starts(with: Self.npyMagic)
        self = isNPY ? try ArrayFile(npy: bytes, name: name) : try ArrayFile(idx: bytes, name: name)
    }

    /// The numbers, row-major whatever their order in the file, each as the nearest Float.
    /// - Complexity: O(numbers), each time.
    public var values: [Float] { rowMajor(numbers.floats) }

    /// The numbers as labels are: whole. Nil where one is not.
    /// - Complexity: O(numbers), each time.
    public var integers: [Int]? { numbers.integers.map(rowMajor) }

    /// How many numbers there are.
    public var count: Int { numbers.count }

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
