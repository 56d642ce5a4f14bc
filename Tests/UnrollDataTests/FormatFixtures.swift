import Testing
import UnrollData
import UnrollTestSupport

/// What `Fixtures/formats.py` wrote.
enum FormatFixtures {
    static func entries(_ name: String) throws -> [JSON] { try #require(try contents(name).array) }

    static func contents(_ name: String) throws -> JSON {
        let path = fixture("formats.json")
        return try #require(try JSON(parsing: try Files.read(path), name: path)[name])
    }
}

extension JSON {
    func required(_ name: String) throws -> JSON { try #require(self[name]) }

    func numbers(_ name: String) throws -> [Double] { try #require(self[name]?.array).compactMap(\.number) }

    func floats(_ name: String) throws -> [Float] { try numbers(name).map { Float($0) } }

    func integers(_ name: String) throws -> [Int] { try #require(self[name]?.array).compactMap(\.integer) }

    func strings(_ name: String) throws -> [String] { try #require(self[name]?.array).compactMap(\.string) }

    /// Bytes as hexadecimal digits.
    func bytes(_ name: String) throws -> [UInt8] {
        let digits = Array(try #require(self[name]?.string))
        return try stride(from: 0, to: digits.count, by: 2).map { place in
            try #require(UInt8(String(digits[place...(place + 1)]), radix: 16))
        }
    }
}

/// Whether reading fails at a place in the text, for a reason.
func expectFailure(
    at line: Int, _ column: Int, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: () throws -> Void
) throws {
    let error = #expect(throws: DataError.self, sourceLocation: sourceLocation) { try read() }
    guard case .malformedText("f", line, column, let found) = error else {
        Issue.record("\(String(describing: error)), expected \(line):\(column)", sourceLocation: sourceLocation)
        return
    }
    #expect(found.contains(reason), sourceLocation: sourceLocation)
    #expect("\(try #require(error))".hasPrefix("f:\(line):\(column): "), sourceLocation: sourceLocation)
}

/// Whether reading fails with a description that has a text in it.
func expectFailure(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation, _ read: () throws -> Void
) throws {
    let error = #expect(throws: DataError.self, sourceLocation: sourceLocation) { try read() }
    #expect("\(try #require(error))".contains(text), "\(String(describing: error))", sourceLocation: sourceLocation)
}
