import Testing
import UnrollData

@Suite struct ArrayFilesTests {
    @Test func readsWhatNumpyWrites() throws {
        for entry in try FormatFixtures.entries("npy") {
            let file = try ArrayFile(npy: entry.bytes("bytes"), name: "f")
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            #expect(try file.shape == entry.integers("shape"), name)
            #expect(try file.values == entry.floats("values"), name)
            #expect(try file.count == entry.numbers("values").count)
            if entry["integers"] != .null {
                #expect(try file.integers == entry.integers("integers"), name)
            } else if file.count > 1 {
                #expect(file.integers == nil, name)
            }
        }
    }

    /// The same bytes as `numpy.save`, for each fixture of float32 that has them in order.
    @Test func writesWhatNumpyWrites() throws {
        var compared = 0
        for entry in try FormatFixtures.entries("npy") {
            let bytes = try entry.bytes("bytes")
            let header = String(decoding: bytes.prefix(60), as: UTF8.self)
            guard bytes[6] == 1, header.contains("'<f4'"), header.contains("False") else { continue }
            #expect(try ArrayFile.npy(entry.floats("values"), shape: entry.integers("shape")) == bytes)
            compared += 1
        }
        #expect(compared >= 5)
    }

    @Test func readsIDX() throws {
        for entry in try FormatFixtures.entries("idx") {
            let bytes = try entry.bytes("bytes")
            let file = try ArrayFile(idx: bytes, name: "f")
            #expect(try file.shape == entry.integers("shape"))
            #expect(try file.values == entry.floats("values"))
            if bytes[2] < 0x0D { #expect(try file.integers == entry.numbers("values").map { Int($0) }) }
            for count in 0..<bytes.count {
                #expect(throws: DataError.self) { try ArrayFile(idx: Array(bytes[..<count]), name: "f") }
            }
        }
    }

    @Test func refusesSizesThatDoNotFit() throws {
        try expectFailure("f: the file is compressed; gunzip it first") {
            _ = try ArrayFile(idx: [0x1F, 0x8B, 8, 0, 0], name: "f")
        }
        let large: [UInt8] = [0, 0, 0x0E, 4] + [UInt8](repeating: 0xFF, count: 16)
        try expectFailure("(byte 20)") { _ = try ArrayFile(idx: large, name: "f") }
        try expectFailure("7 is no type") { _ = try ArrayFile(idx: [0, 0, 7, 0], name: "f") }
        try expectFailure("1 bytes of numbers") { _ = try ArrayFile(idx: [0, 0, 8, 1, 0, 0, 0, 2, 5], name: "f") }
    }

    private func npy(_ header: String, body: [UInt8] = []) -> [UInt8] {
        [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count), 0] + header.utf8 + body
    }

    @Test func readsHeadersAsPythonWritesThem() throws {
        let old = npy("{'shape': (2L, 1L), 'fortran_order': False, 'descr': \"|u1\"}\n", body: [7, 9])
        #expect(try ArrayFile(npy: old, name: "f").values == [7, 9])
        let scalar = npy("{'descr': '<i2', 'fortran_order': True, 'shape': (), }", body: [0xFE, 0xFF])
        #expect(try ArrayFile(npy: scalar, name: "f").integers == [-2])
    }

    @Test(arguments: [
        ("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "numbers of type '<f2' are not read"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "'|O'"),
        ("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}", "an array of records"),
        ("{'descr': '<f4', 'shape': (1,)}", "lacks one of"),
        ("{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", "'descr' where it should not"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}", "not what shape"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (92233720368547758070,)}", "up to 64 whole numbers"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "up to 64 whole numbers"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "not what shape [3] takes"),
        ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", "'False' is missing"),
        ("{'descr': '<f4' 'fortran_order'", "'}' is missing"), ("{'descr", "a text in quotes is missing"),
    ])
    func refusesHeaders(header: String, reason: String) throws {
        try expectFailure(reason) { _ = try ArrayFile(npy: npy(header, body: [0, 0, 0, 0]), name: "f") }
    }

    @Test func refusesWhatIsCutOff() throws {
        let bytes = ArrayFile.npy([1, 2, 3], shape: [3])
        for count in 0..<bytes.count {
            #expect(throws: DataError.self) { try ArrayFile(npy: Array(bytes[..<count]), name: "f") }
        }
        try expectFailure("format version 4") {
            _ = try ArrayFile(npy: bytes.replacing([1, 0], with: [4, 0], maxReplacements: 1), name: "f")
        }
    }
}
