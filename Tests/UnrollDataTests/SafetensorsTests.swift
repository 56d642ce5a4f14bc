import Testing
import UnrollData
import UnrollTestSupport

@Suite struct SafetensorsTests {
    /// What `Fixtures/generate.py FILE` checks.
    static let sample = Safetensors(
        metadata: ["format": "pt", "note": "a \"quoted\"\nline, é"],
        arrays: [
            "weights": .init(shape: [2, 3], [0.1, -2.5, 3e-38, 1e10, -0.0, 7]),
            "counts": .init(shape: [3], .int32([1, -2, .max])),
            "large": .init(shape: [1], .int64([1 << 53 + 1])),
            "bytes": .init(shape: [3, 1], .uint8([1, 255, 7])),
            "scalar": .init(shape: [], .float64([1 / 3])),
            "none": .init(shape: [0, 4], []),
        ])

    @Test func readsWhatItWrote() throws {
        #expect(try Safetensors(bytes: Self.sample.encoded(), name: "") == Self.sample)
        #expect(Self.sample.encoded() == Self.sample.encoded())
        #expect(try Safetensors(bytes: Safetensors().encoded(), name: "") == Safetensors())
        // As Python's reader wants: the numbers begin at a multiple of eight.
        let bytes = Self.sample.encoded()
        #expect((Int(bytes[0]) + Int(bytes[1]) << 8) % 8 == 0)
    }

    /// The bytes Python's reader was shown; `generate.py unroll.safetensors` checks them again.
    @Test func writesWhatPythonReads() throws {
        #expect(try Files.read(fixture("unroll.safetensors")) == Self.sample.encoded())
    }

    @Test func readsWhatPythonWrites() throws {
        let file = try Safetensors(path: fixture("python.safetensors"))
        let values: [Float] = [0.5, -1.25, 65504, 0x1p-24, 1e-3, -0.0]
        #expect(file.metadata == ["by": "Python", "text": "ä\n"])
        #expect(file.arrays["float64"] == .init(shape: [2], .float64([1 / 3, -1e300])))
        #expect(file.arrays["float32"] == .init(shape: [2, 3], values))
        #expect(
            file.arrays["float16"] == .init(shape: [2, 3], values.map { $0 == 1e-3 ? 0.001000404357910156250 : $0 }))
        let rounded = values.map { $0 == 65504 ? 65536 : $0 == 1e-3 ? 0.00099945068359375 : $0 }
        #expect(file.arrays["bfloat16"] == .init(shape: [2, 3], rounded))
        #expect(file.arrays["int64"] == .init(shape: [2, 1], .int64([-(1 << 62), 5])))
        #expect(file.arrays["int32"] == .init(shape: [2], .int32([3, -4])))
        #expect(file.arrays["uint8"] == .init(shape: [3], .uint8([0, 200, 17])))
        #expect(file.arrays["scalar"] == .init(shape: [], [0.1]))
        #expect(file.arrays["é \""] == .init(shape: [0, 3], []))
        #expect(file.arrays.count == 9)
    }

    static func file(_ header: String, numbers: Int, length: UInt64? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + header.utf8 + [UInt8](repeating: 0, count: numbers)
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7),  // truncated
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9),  // something behind
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),  // shape and bytes differ
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),  // overflow
        (#"{"a":{"dtype":"F32","shape":[9000000000000000000],"data_offsets":[0,36000000000000000000]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),  // a gap
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8),
        (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}"#, 8),
        (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8), (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, 8),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            12
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#,
            16
        ),
        (#"{"__metadata__":{"a":1}}"#, 0), (#"{"__metadata__":[]}"#, 0), ("[]", 0), ("", 0), ("{", 0),
    ])
    func refuses(header: String, numbers: Int) {
        #expect(throws: DataError.self) { try Safetensors(bytes: Self.file(header, numbers: numbers), name: "file") }
    }

    @Test func lengthsAreCheckedBeforeTheyAreUsed() {
        for length in [UInt64(3), 100, 1 << 40, .max, 1 << 63] {
            #expect(throws: DataError.self) {
                try Safetensors(bytes: Self.file("{}", numbers: 0, length: length), name: "file")
            }
        }
        for count in 0..<8 {
            #expect(throws: DataError.self) { try Safetensors(bytes: .init(repeating: 0, count: count), name: "file") }
        }
    }

    /// Whatever is changed in the bytes, the reader throws or gives arrays that fit their shapes.
    @Test func damagedBytesNeverCrash() {
        let original = Self.sample.encoded()
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3) {
                let place = Int.random(in: 0..<min(bytes.count, 500))
                switch Int.random(in: 0..<4) {
                case 0: bytes[place] = .random(in: 0...255)
                case 1: bytes.remove(at: place)
                case 2: bytes.removeLast()
                default: bytes[place] = UInt8(ascii: "0") + .random(in: 0...9)
                }
            }
            guard let file = try? Safetensors(bytes: bytes, name: "") else { continue }
            for array in file.arrays.values { #expect(array.shape.reduce(1, *) == array.values.count) }
        }
    }

    @Test func everyTruncationIsNoticed() {
        let bytes = Self.sample.encoded()
        for count in bytes.indices {
            #expect(throws: DataError.self) { try Safetensors(bytes: Array(bytes[..<count]), name: "") }
        }
    }
}
