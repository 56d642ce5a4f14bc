import CUnrollKernelText

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Kernel text as a device is to compile it: files of `Kernels/` joined, after definitions.
struct OpenCLProgram: Hashable {
    var name: String
    var definitions: [String]
    var files: [String]

    static let elementwise = OpenCLProgram(
        name: "elementwise", definitions: [],
        files: ["prelude.cl", "functions.h", "update.h", "elementwise.cl"])
    static let softmax = OpenCLProgram(name: "softmax", definitions: [], files: ["prelude.cl", "softmax.cl"])
    static let lookup = OpenCLProgram(name: "lookup", definitions: [], files: ["lookup.cl"])

    static func reduce(_ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(name: "reduce", definitions: vectors(profile), files: ["prelude.cl", "reduce.cl"])
    }

    static func random(_ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(name: "random", definitions: vectors(profile), files: ["prelude.cl", "philox.h", "random.cl"])
    }

    static func matmul(_ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(
            name: "matmul", definitions: vectors(profile), files: ["prelude.cl", form("matmul", profile)])
    }

    static func recurrence(_ cell: Cell, _ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        let blocks = cell.inputBlocks.map(String.init).joined(separator: ", ")
        return OpenCLProgram(
            name: "recurrence of \(cell.equations)",
            definitions: vectors(profile) + [
                "CELL(part) cell_##part", "GATES \(cell.gates)", "SAVED \(cell.saved)", "STATES \(cell.states)",
                "INPUT_BLOCKS {\(blocks)}",
            ], files: ["prelude.cl", "functions.h", "cells/\(cell.equations).h", form("recurrence", profile)])
    }

    /// Work items of the vector forms handle this many numbers at a time.
    static func vector(_ profile: OpenCLBackend.Profile) -> Int { profile == .cpu ? 16 : 1 }

    private static func vectors(_ profile: OpenCLBackend.Profile) -> [String] { ["VECTOR \(vector(profile))"] }

    private static func form(_ name: String, _ profile: OpenCLBackend.Profile) -> String {
        profile == .cpu ? "\(name)_vector.cl" : "\(name)_tile.cl"
    }

    /// The whole text. `UNROLL_KERNELS=folder` reads the files from there instead, for working on them.
    func source() throws -> String {
        try definitions.map { "#define \($0)\n" }.joined() + files.map(Self.text).joined()
    }

    private static func text(_ file: String) throws -> String {
        if let folder = CPUInfo.setting("UNROLL_KERNELS") {
            guard let text = contents("\(folder)/\(file)") else {
                let expected = "a folder with the kernels (\(file) is missing)"
                throw ComputeError.badSetting(name: "UNROLL_KERNELS", value: folder, expected: expected)
            }
            return text
        }
        guard let text = unroll_kernel_text(file) else { fatalError("no kernel text '\(file)'") }
        return String(cString: text)
    }

    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += block.prefix(count)
        }
    }
}
