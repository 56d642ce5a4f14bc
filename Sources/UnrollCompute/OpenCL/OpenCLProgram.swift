import CUnrollKernelText
import CUnrollMicroKernels

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
    /// The language's version, as `-cl-std` wants it.
    var standard = "CL1.2"

    static let elementwise = OpenCLProgram(
        name: "elementwise", definitions: [],
        files: ["prelude.cl", "functions.h", "update.h", "elementwise.cl"])
    static let softmax = OpenCLProgram(name: "softmax", definitions: [], files: ["prelude.cl", "softmax.cl"])
    static let lookup = OpenCLProgram(name: "lookup", definitions: [], files: ["lookup.cl"])

    /// CRF and CTC, whose work items meet in the softmax's tree.
    static let sequences = OpenCLProgram(
        name: "sequences", definitions: [], files: ["prelude.cl", "softmax.cl", "crf.cl", "ctc.cl"])

    static func scan(_ options: UnrollCellOptions, _ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(
            name: "scan" + (options.flags == 0 ? "" : name(options)),
            definitions: vectors(profile) + definitions(options),
            files: [
                "prelude.cl", "functions.h", "philox.h", "recurrence_options.h", "activations.h", "scan.h", "scan.cl",
            ])
    }

    static func reduce(_ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(name: "reduce", definitions: vectors(profile), files: ["prelude.cl", "reduce.cl"])
    }

    static func random(_ profile: OpenCLBackend.Profile) -> OpenCLProgram {
        OpenCLProgram(name: "random", definitions: vectors(profile), files: ["prelude.cl", "philox.h", "random.cl"])
    }

    /// The form of matmul_vector.cl.
    static let vectorMatmul = OpenCLProgram(
        name: "matmul", definitions: vectors(.cpu), files: ["prelude.cl", "matmul_vector.cl"])

    /// The form of matmul_tile.cl.
    static func matmul(_ shape: TileShape, _ units: MatrixUnits?) -> OpenCLProgram {
        OpenCLProgram(
            name: "matmul \(shape)\(name(units))", definitions: shape.definitions + definitions(units),
            files: ["prelude.cl"] + tiles(units) + ["matmul_tile.cl"])
    }

    /// The form of recurrence_vector.cl.
    static func recurrence(_ cell: Cell, _ options: UnrollCellOptions) -> OpenCLProgram {
        OpenCLProgram(
            name: "recurrence of \(cell.kernels)\(name(options))",
            definitions: vectors(.cpu) + counts(of: cell) + definitions(options),
            files: ["prelude.cl"] + equations(of: cell) + ["recurrence_vector.cl"])
    }

    /// What packs weights for it, whatever is on in the cell.
    static func packing(_ cell: Cell) -> OpenCLProgram {
        OpenCLProgram(
            name: "packing of \(cell.gates) gates", definitions: vectors(.cpu) + ["GATES \(cell.gates)"],
            files: ["prelude.cl", "recurrence_pack.cl"])
    }

    /// The form of recurrence_tile.cl, which has one pass a program.
    static func recurrence(
        _ cell: Cell, _ options: UnrollCellOptions, _ pass: PackedForm.Pass, _ shape: TileShape, _ units: MatrixUnits?
    ) -> OpenCLProgram {
        OpenCLProgram(
            name: "recurrence of \(cell.kernels)\(name(options)), \(pass) \(shape)\(name(units))",
            definitions: counts(of: cell) + definitions(options) + shape.definitions + definitions(units)
                + (pass == .forward ? ["FORWARD", "BLOCKS GATES"] : []),
            files: ["prelude.cl"] + equations(of: cell) + tiles(units) + ["recurrence_tile.cl"])
    }

    /// recurrence_stages.cl: rows by work-groups, of one item where its vectors are long.
    static func stages(
        _ cell: Cell, _ options: UnrollCellOptions, _ profile: OpenCLBackend.Profile
    ) -> OpenCLProgram {
        OpenCLProgram(
            name: "stages of \(cell.kernels)\(name(options))",
            definitions: vectors(profile) + counts(of: cell) + definitions(options)
                + ["ITEMS \(OpenCLBackend.rowItems(profile))"],
            files: ["prelude.cl"] + equations(of: cell)
                + ["recurrence_team.cl", "recurrence_rows.h", "recurrence_stages.cl"])
    }

    /// What is on, and which activations: constants of the program, so that what is off takes no room in it.
    private static func definitions(_ options: UnrollCellOptions) -> [String] {
        let activations = withUnsafeBytes(of: options.activations) { bytes in
            bytes.bindMemory(to: UnrollActivation.self).map { "{\($0.function), \($0.alpha), \($0.beta)}" }
        }
        return [
            "FLAGS \(options.flags & ~Int32(SWEEP_CHANGES))", "ACTIVATIONS {\(activations.joined(separator: ", "))}",
        ]
    }

    private static func name(_ options: UnrollCellOptions) -> String {
        " with " + definitions(options).joined(separator: ", ")
    }

    private static func name(_ units: MatrixUnits?) -> String { units.map { ", \($0)" } ?? "" }
    private static func definitions(_ units: MatrixUnits?) -> [String] { units?.definitions ?? [] }
    private static func tiles(_ units: MatrixUnits?) -> [String] { (units == nil ? [] : ["mma.cl"]) + ["tile.cl"] }

    private static func equations(of cell: Cell) -> [String] {
        [
            "functions.h", "philox.h", "recurrence_options.h", "activations.h", "cells/\(cell.equations).h",
            "recurrence_units.h", "recurrence_step.h",
        ]
    }

    private static func counts(of cell: Cell) -> [String] {
        let blocks = (cell.inputBlocks + (cell.below.map { [$0] } ?? [])).map(String.init).joined(separator: ", ")
        return [
            "CELL(part) cell_##part", "GATES \(cell.gates)", "FIRST_GATES \(cell.firstGates)",
            "INPUTS \(cell.inputGates)", "BELOW \(cell.below == nil ? 0 : 1)", "SAVED \(cell.saved)",
            "STATES \(cell.states)", "INPUT_BLOCKS {\(blocks)}",
        ]
    }

    /// In the newest language there is: only from 2.0 on does it say what one work-group sees of another.
    static func persistentRecurrence(
        _ cell: Cell, _ options: UnrollCellOptions, _ profile: OpenCLBackend.Profile, on device: OpenCLDescription
    ) -> OpenCLProgram {
        var program = OpenCLProgram(
            name: "persistent recurrence of \(cell.kernels)\(name(options))",
            definitions: vectors(profile) + counts(of: cell) + definitions(options),
            files: ["prelude.cl"] + equations(of: cell) + ["recurrence_persistent.cl"])
        program.standard = device.languageStandard
        return program
    }

    /// Work items of the vector forms handle this many numbers at a time.
    static func vector(_ profile: OpenCLBackend.Profile) -> Int { profile == .cpu ? 16 : 1 }

    private static func vectors(_ profile: OpenCLBackend.Profile) -> [String] { ["VECTOR \(vector(profile))"] }

    /// The whole text. `UNROLL_KERNELS=folder` reads the files from there instead, for working on them.
    func source() throws -> String {
        try definitions.map { "#define \($0)\n" }.joined() + files.map(Self.text).joined()
    }

    static func text(_ file: String) throws -> String {
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

    static func contents(_ path: String) -> String? {
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
