import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers that PyTorch computed in float64, by name: see `Fixtures/generate.py`.
struct Fixture {
    struct Missing: Error { let path: String }

    private let entries: [String: (shape: [Int], values: [Double])]

    /// The fixture of that name beside this file.
    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let path = "\(folder)/Fixtures/\(name).txt"
        guard let file = fopen(path, "r") else { throw Missing(path: path) }
        defer { fclose(file) }
        var (text, bytes) = ("", [UInt8](repeating: 0, count: 1 << 20))
        while case let count = fread(&bytes, 1, bytes.count, file), count > 0 {
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        var entries: [String: (shape: [Int], values: [Double])] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            entries[String(words[0])] = (
                words[1] == "-" ? [] : words[1].split(separator: ",").map { Int($0)! }, words[2...].map { Double($0)! }
            )
        }
        self.entries = entries
    }

    var names: [String] { entries.keys.sorted() }

    /// PyTorch's numbers.
    func doubles(_ name: String) -> [Double] { entries[name]!.values }

    /// As a tensor; what goes into a computation is exact in float32.
    func tensor(_ name: String, on device: Device) -> Tensor {
        Tensor(entries[name]!.values.map { Float($0) }, shape: entries[name]!.shape, on: device)
    }

    func indices(_ name: String, on device: Device) -> Tensor {
        Tensor(entries[name]!.values.map { Int32($0) }, shape: entries[name]!.shape, on: device)
    }

    /// Sets every parameter of a module to the numbers of the same name.
    func load(into module: some Module) throws {
        let values = module.parameters.map { name, parameter in
            (name, ParameterValues(shape: entries[name]!.shape, values: entries[name]!.values.map { Float($0) }))
        }
        try module.load(Dictionary(uniqueKeysWithValues: values))
    }
}
