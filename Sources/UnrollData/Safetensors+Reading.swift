extension Safetensors {
    /// Reads a file.
    /// - Throws: `DataError`: what `Files.read` throws, or `.malformed` naming the file, the array and what is wrong.
    public init(path: String) throws { try self.init(bytes: try Files.read(path), name: path) }

    /// Reads the bytes of a file. Every length and offset is checked against the number of bytes before it is used.
    /// - Parameter name: what the bytes are, for errors: a path.
    public init(bytes: [UInt8], name: String) throws {
        let wrong = { (offset: Int, reason: String) in DataError.malformed(name: name, offset: offset, reason: reason) }
        guard bytes.count >= 8 else { throw wrong(0, "too short for a safetensors file") }
        let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(bytes.count - 8) else {
            throw wrong(0, "a header of \(length) bytes in a file of \(bytes.count): truncated, or no safetensors file")
        }
        let start = 8 + Int(length)
        let header: JSON
        do {
            header = try JSON(parsing: Swift.Array(bytes[8..<start]), name: name)
        } catch DataError.malformed(_, let offset, let reason) {
            throw wrong(8 + offset, "header: " + reason)
        }
        guard let members = header.members else { throw wrong(8, "the header is not a JSON object") }

        self.init()
        var entries: [Entry] = []
        for member in members {
            if member.name == "__metadata__" {
                guard let texts = member.value.members else { throw wrong(8, "__metadata__ is not an object") }
                for text in texts {
                    guard let value = text.value.string else {
                        throw wrong(8, "metadata '\(text.name)' is not a string")
                    }
                    metadata[text.name] = value
                }
            } else {
                entries.append(try Entry(member, limit: bytes.count - start) { wrong(8, "'\(member.name)': \($0)") })
            }
        }
        // The arrays fill what follows the header, without gaps and overlaps.
        var end = 0
        let bounds = { (entry: Entry) in (entry.range.lowerBound, entry.range.upperBound) }
        for entry in entries.sorted(by: { bounds($0) < bounds($1) }) {
            guard entry.range.lowerBound == end else {
                throw wrong(start + end, "'\(entry.name)' begins at \(entry.range.lowerBound), not at \(end)")
            }
            end = entry.range.upperBound
        }
        guard start + end == bytes.count else {
            throw wrong(start + end, "\(bytes.count - start) bytes of numbers where the header has \(end)")
        }
        for entry in entries {
            let values = bytes.withUnsafeBytes { all in
                let numbers = UnsafeRawBufferPointer(rebasing: all[start...])
                return entry.type.decode(UnsafeRawBufferPointer(rebasing: numbers[entry.range]))
            }
            arrays[entry.name] = Array(shape: entry.shape, values)
        }
    }

    /// What the header says of one array.
    private struct Entry {
        var name: String
        var type: StoredType
        var shape: [Int]
        var range: Range<Int>

        init(_ member: JSON.Member, limit: Int, wrong: (String) -> DataError) throws {
            guard let code = member.value["dtype"]?.string else { throw wrong("no dtype") }
            guard let type = StoredType(rawValue: code) else {
                throw wrong("dtype \(code) is not one of \(StoredType.allCases.map(\.rawValue).joined(separator: " "))")
            }
            guard let dimensions = member.value["shape"]?.array else { throw wrong("no shape") }
            let shape = dimensions.compactMap(\.integer)
            guard shape.count == dimensions.count, shape.allSatisfy({ $0 >= 0 }) else {
                throw wrong("shape \(member.value["shape"] ?? .null) is not a list of sizes")
            }
            let offsets = member.value["data_offsets"]?.array?.compactMap(\.integer) ?? []
            guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= limit else {
                throw wrong(
                    "data_offsets \(member.value["data_offsets"] ?? .null) do not lie in \(limit) bytes of numbers")
            }
            var size = type.size
            for extent in shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: extent)
                guard !overflow else { throw wrong("shape \(shape) is too large") }
                size = product
            }
            guard size == offsets[1] - offsets[0] else {
                throw wrong("\(code) of shape \(shape) takes \(size) bytes, not \(offsets[1] - offsets[0])")
            }
            (self.name, self.type, self.shape, self.range) = (member.name, type, shape, offsets[0]..<offsets[1])
        }
    }

    /// The element types that are read.
    private enum StoredType: String, CaseIterable {
        case F64, F32, F16, BF16, I64, I32, U8

        var size: Int {
            switch self {
            case .F64, .I64: 8
            case .F32, .I32: 4
            case .F16, .BF16: 2
            case .U8: 1
            }
        }

        func decode(_ bytes: UnsafeRawBufferPointer) -> Values {
            switch self {
            case .F64: .float64(load(bytes))
            case .F32: .float32(load(bytes))
            case .F16: .float32(load(bytes).map(Self.float(half:)))
            case .BF16: .float32(load(bytes).map { (x: UInt16) in Float(bitPattern: UInt32(x) << 16) })
            case .I64: .int64(load(bytes))
            case .I32: .int32(load(bytes))
            case .U8: .uint8(load(bytes))
            }
        }

        /// The bytes as numbers, whatever their alignment in the file.
        private func load<Number: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer) -> [Number] {
            [Number](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Number>.stride) { numbers, count in
                UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
                count = bytes.count / MemoryLayout<Number>.stride
            }
        }

        /// IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of significand.
        private static func float(half: UInt16) -> Float {
            let sign = UInt32(half & 0x8000) << 16
            let (exponent, significand) = (UInt32(half >> 10 & 0x1F), UInt32(half & 0x3FF))
            let magnitude: UInt32
            switch exponent {
            case 0: magnitude = (Float(significand) * 0x1p-24).bitPattern
            case 31: magnitude = 0x7F80_0000 | significand << 13
            default: magnitude = (exponent + 112) << 23 | significand << 13
            }
            return Float(bitPattern: sign | magnitude)
        }
    }
}
