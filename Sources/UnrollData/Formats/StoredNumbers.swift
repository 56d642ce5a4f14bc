/// Numbers as a binary file holds them: what readers of arrays share.
struct StoredNumbers: Sendable, Equatable {
    /// How one number is stored.
    enum Kind: Sendable, CaseIterable {
        case bool, int8, int16, int32, int64, uint8, uint16, uint32, float32, float64

        /// In bytes.
        var size: Int {
            switch self {
            case .bool, .int8, .uint8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float32: 4
            case .int64, .float64: 8
            }
        }
    }

    let kind: Kind
    let isBigEndian: Bool
    /// `count` numbers one behind the other.
    let bytes: ArraySlice<UInt8>

    var count: Int { bytes.count / kind.size }

    /// The numbers, each as the nearest Float.
    var floats: [Float] {
        switch kind {
        case .float32: load(UInt32.self) { Float(bitPattern: $0) }
        case .float64: load(UInt64.self) { Float(Double(bitPattern: $0)) }
        case .bool: load(UInt8.self) { $0 == 0 ? 0 : 1 }
        case .uint8: load(UInt8.self) { Float($0) }
        case .uint16: load(UInt16.self) { Float($0) }
        case .uint32: load(UInt32.self) { Float($0) }
        case .int8: load(UInt8.self) { Float(Int8(bitPattern: $0)) }
        case .int16: load(UInt16.self) { Float(Int16(bitPattern: $0)) }
        case .int32: load(UInt32.self) { Float(Int32(bitPattern: $0)) }
        case .int64: load(UInt64.self) { Float(Int64(bitPattern: $0)) }
        }
    }

    /// The numbers, if all of them are whole and fit.
    var integers: [Int]? {
        switch kind {
        case .float32: whole(load(UInt32.self) { Double(Float(bitPattern: $0)) })
        case .float64: whole(load(UInt64.self) { Double(bitPattern: $0) })
        case .bool: load(UInt8.self) { $0 == 0 ? 0 : 1 }
        case .uint8: load(UInt8.self) { Int($0) }
        case .uint16: load(UInt16.self) { Int($0) }
        case .uint32: load(UInt32.self) { Int($0) }
        case .int8: load(UInt8.self) { Int(Int8(bitPattern: $0)) }
        case .int16: load(UInt16.self) { Int(Int16(bitPattern: $0)) }
        case .int32: load(UInt32.self) { Int(Int32(bitPattern: $0)) }
        case .int64: load(UInt64.self) { Int(Int64(bitPattern: $0)) }
        }
    }

    private func whole(_ numbers: [Double]) -> [Int]? {
        let integers = numbers.compactMap(Int.init(exactly:))
        return integers.count == numbers.count ? integers : nil
    }

    private func load<Bits: FixedWidthInteger & BitwiseCopyable, Number>(
        _ type: Bits.Type, _ number: (Bits) -> Number
    ) -> [Number] {
        bytes.withUnsafeBytes { bytes in
            (0..<(bytes.count / MemoryLayout<Bits>.size)).map { place in
                let bits = bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<Bits>.size, as: Bits.self)
                return number(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
            }
        }
    }

    /// The bytes that numbers of a shape take; nil where that is more than can be counted.
    static func size(of shape: [Int], _ kind: Kind) -> Int? {
        var size = kind.size
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            size = product
        }
        return size
    }
}
