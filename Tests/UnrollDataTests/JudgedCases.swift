import UnrollData
import UnrollTestSupport

/// What other programs say about the same input, as the scripts in `Fixtures` write it.
enum Judged {
    /// The cases that a fixture has under a name.
    static func cases(_ name: String, of file: String) throws -> [JSON] {
        let path = fixture(file)
        return try JSON(parsing: try Files.read(path), name: path)[name]?.array ?? []
    }

    /// Whether two lists of numbers are the same up to rounding.
    static func close(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-9) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }
}

extension JSON {
    /// The elements of a list that the fixture has under a name.
    func list(_ name: String) -> [JSON] { self[name]?.array ?? [] }

    /// A list of numbers.
    func doubles(_ name: String) -> [Double] { list(name).compactMap(\.number) }

    /// A list of whole numbers.
    func wholeNumbers(_ name: String) -> [Int] { list(name).compactMap(\.integer) }

    /// A list of lists of numbers.
    func rows(_ name: String) -> [[Double]] { list(name).map { $0.array?.compactMap(\.number) ?? [] } }

    /// A list of lists of strings.
    func sentences(_ name: String) -> [[String]] { list(name).map(\.strings) }

    /// The strings of a list.
    var strings: [String] { array?.compactMap(\.string) ?? [] }

    /// A number; NaN where there is none, which no comparison passes.
    func double(_ name: String) -> Double { self[name]?.number ?? .nan }
}
