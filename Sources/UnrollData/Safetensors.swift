/// Named arrays in one file, in the safetensors format: eight bytes of header length, a JSON header, the numbers.
///
/// What PyTorch's `safetensors` package writes reads here, and the other way round.
/// (https://huggingface.co/docs/safetensors)
public struct Safetensors: Sendable, Equatable {
    /// Texts beside the arrays, by name.
    public var metadata: [String: String]
    /// The arrays by name.
    public var arrays: [String: Array]

    /// One array: its shape and its numbers, row-major.
    public struct Array: Sendable, Equatable {
        /// The extent of each axis.
        public var shape: [Int]
        /// As many as the shape has.
        public var values: Values

        /// - Precondition: the shape's product is the number of values.
        public init(shape: [Int], _ values: Values) {
            precondition(shape.reduce(1, *) == values.count, "array: \(values.count) values for shape \(shape)")
            (self.shape, self.values) = (shape, values)
        }

        /// An array of float32.
        public init(shape: [Int], _ values: [Float]) { self.init(shape: shape, .float32(values)) }
    }

    /// The numbers of an array. Half precision is read as float32.
    public enum Values: Sendable, Equatable {
        case float32([Float])
        case float64([Double])
        case int32([Int32])
        case int64([Int64])
        case uint8([UInt8])

        /// How many numbers there are.
        public var count: Int {
            switch self {
            case .float32(let values): values.count
            case .float64(let values): values.count
            case .int32(let values): values.count
            case .int64(let values): values.count
            case .uint8(let values): values.count
            }
        }

        /// The numbers as Float, where they are floating-point numbers.
        public var floats: [Float]? {
            switch self {
            case .float32(let values): values
            case .float64(let values): values.map(Float.init)
            default: nil
            }
        }
    }

    /// The contents of a file to be.
    public init(metadata: [String: String] = [:], arrays: [String: Array] = [:]) {
        (self.metadata, self.arrays) = (metadata, arrays)
    }
}

extension Safetensors {
    /// The bytes of the file. The same contents give the same bytes.
    public func encoded() -> [UInt8] {
        // Larger elements first, then by name, as the reference implementation does: so every array is aligned.
        let sorted = arrays.sorted { a, b in
            (b.value.values.elementSize, a.key) < (a.value.values.elementSize, b.key)
        }
        var members: [JSON.Member] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
            members.append(JSON.Member("__metadata__", .object(texts)))
        }
        var end = 0
        for (name, array) in sorted {
            let start = end
            end += array.values.count * array.values.elementSize
            let entry: JSON = [
                "dtype": .string(array.values.code), "shape": .array(array.shape.map { .integer($0) }),
                "data_offsets": [.integer(start), .integer(end)],
            ]
            members.append(JSON.Member(name, entry))
        }
        var header = Swift.Array(JSON.object(members).description.utf8)
        header.append(contentsOf: repeatElement(0x20, count: (8 - header.count % 8) % 8))

        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + end)
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: header)
        for (_, array) in sorted { array.values.append(to: &bytes) }
        return bytes
    }
}

extension Safetensors.Values {
    /// The format's name of the element type.
    fileprivate var code: String {
        switch self {
        case .float32: "F32"
        case .float64: "F64"
        case .int32: "I32"
        case .int64: "I64"
        case .uint8: "U8"
        }
    }

    fileprivate var elementSize: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .uint8: 1
        }
    }

    fileprivate func append(to bytes: inout [UInt8]) {
        #if !_endian(little)
            #error("safetensors files are little-endian, and so must the machine be")
        #endif
        switch self {
        case .float32(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .float64(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .int32(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .int64(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .uint8(let values): bytes.append(contentsOf: values)
        }
    }
}
