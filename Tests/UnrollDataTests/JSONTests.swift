import Testing
import UnrollData

@Suite struct JSONTests {
    static let sample: JSON = [
        "name": "a \"b\" \\ / \n\t\r\u{1}\u{7F} é 😀", "empty": [:], "none": .null, "yes": true, "no": false,
        "list": [1, -2, 2.5, [], [[.null]]], "largest": .integer(.max), "smallest": .integer(.min),
    ]

    @Test func readsWhatItWrote() throws {
        #expect(try JSON(parsing: Self.sample.description, name: "") == Self.sample)
        #expect(try JSON(parsing: Self.sample.indented, name: "") == Self.sample)
        #expect(!Self.sample.description.contains("\n"))
        #expect(JSON.object([.init("b", 1), .init("a", [true, 0.5])]).description == #"{"b":1,"a":[true,0.5]}"#)
        #expect((["a": [1], "b": []] as JSON).indented == "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}\n")
    }

    @Test func numbersComeBackExactly() throws {
        var random = SystemRandomNumberGenerator()
        var numbers: [Double] = [
            0, -0.0, 0.1, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53, 1e16, 123456789012345680,
        ]
        numbers += (0..<2000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        for number in numbers {
            let back = try JSON(parsing: JSON.number(number).description, name: "")
            #expect(back.number?.bitPattern == number.bitPattern)
        }
        for _ in 0..<2000 {
            let float = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000))
            #expect(try JSON(parsing: JSON.number(float).description, name: "").number.map { Float($0) } == float)
        }
        #expect(JSON.number(Float(0.002)).description == "0.002")
        #expect(JSON.number(Double.nan).description == "null")
        #expect(try JSON(parsing: "9223372036854775808", name: "") == .number(0x1p63))
    }

    @Test func readsWhatOthersWrite() throws {
        let text = " { \"a\" : [ 1E2 , -0.5e-1 ,\"\\u00e9\\ud83d\\ude00\\/\\b\\f\" ] \r\n}\t"
        #expect(try JSON(parsing: text, name: "") == ["a": [100.0, -0.05, "é😀/\u{8}\u{C}"]])
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("01", 1),
        ("1.", 2), ("-", 1), ("+1", 0), (".5", 0), ("1e", 2), ("nul", 0), ("truely", 4), ("\"abc", 0), ("\"\\x\"", 1),
        ("\"\\u12g4\"", 1), ("\"\\ud800\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"\\udc00\"", 1), ("\"a\nb\"", 2),
        ("{\"a\":1,\"a\":2}", 7), ("1e999", 0), ("[1]]", 3), ("NaN", 0), ("\"\\", 1), ("\"\\u00", 1),
    ])
    func refusesWithTheOffset(text: String, offset: Int) {
        let error = #expect(throws: DataError.self) { try JSON(parsing: text, name: "file") }
        guard case .malformed("file", offset, _) = error else {
            Issue.record("\(text): \(String(describing: error)), expected offset \(offset)")
            return
        }
    }

    @Test func depthIsLimited() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSON(parsing: nested(128), name: "")
        #expect(throws: DataError.self) { try JSON(parsing: nested(129), name: "") }
        #expect(throws: DataError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 100_000), name: "") }
    }

    /// Whatever is changed in the bytes, the parser throws or gives a value that writes and reads again.
    @Test func damagedBytesNeverCrash() throws {
        let original = Array(Self.sample.description.utf8)
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4) {
                let place = Int.random(in: 0..<bytes.count)
                switch Int.random(in: 0..<3) {
                case 0: bytes[place] = .random(in: 0...255)
                case 1: bytes.remove(at: place)
                default: bytes.insert(original.randomElement()!, at: place)
                }
            }
            if let value = try? JSON(parsing: bytes, name: "") {
                #expect(try JSON(parsing: value.description, name: "") == value)
            }
        }
    }
}
