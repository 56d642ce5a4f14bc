#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// What `unroll tune` stores, and what a backend finds of it when it starts: a line a place, after what it holds for.
//
//     unroll tiles 1
//     device NVIDIA CUDA, NVIDIA H200
//     driver 570.86.15
//     kernels 9b1f0c6e52a47d38
//     matmul few 8x32x32/4x16
//     …

extension TileTable {
    /// What measurements hold for.
    package struct Key: Sendable, Equatable {
        package var device: String
        package var driver: String
        /// A hash of the tiled kernels' text.
        package var kernels: String

        package init(device: String, driver: String, kernels: String) {
            (self.device, self.driver, self.kernels) = (device, driver, kernels)
        }

        init(of device: OpenCLDescription, _ precision: Precision) throws {
            self.init(
                device: "\(device.platform), \(device.model)\(precision.suffix)", driver: device.driver,
                kernels: try OpenCLProgram.hashOfTiledKernels())
        }

        fileprivate var lines: [String] {
            [TileTable.title, "device \(device)", "driver \(driver)", "kernels \(kernels)"]
        }

        /// The file's name: the device's, in letters that any file system takes.
        package var file: String {
            let letters = device.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
            return String(letters).split(separator: "-").joined(separator: "-") + ".txt"
        }
    }

    private static let title = "unroll tiles 1"

    /// Why a file is not used, as the user should read it.
    package enum Unusable: Error, Equatable {
        case broken(line: Int)
        /// Measured with another driver, device or text of the kernels.
        case stale(String)
    }

    /// The text of a file.
    package static func text(_ measured: [Place: TileShape], for key: Key) -> String {
        let shapes = Place.all.compactMap { place in
            measured[place].map { "\(place.kernel.rawValue) \(place.load.rawValue) \($0)" }
        }
        return (key.lines + shapes).map { $0 + "\n" }.joined()
    }

    /// The shapes in a file's text.
    /// - Throws: `Unusable`.
    package static func measured(in text: String, for key: Key) throws -> [Place: TileShape] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard lines.first ?? "" == title else { throw Unusable.broken(line: 1) }
        var measured: [Place: TileShape] = [:]
        for (index, (line, expected)) in zip(lines, key.lines).enumerated() where line != expected {
            let name = expected.prefix { $0 != " " }
            throw line.hasPrefix(name + " ") ? Unusable.stale(String(name)) : .broken(line: index + 1)
        }
        guard lines.count > key.lines.count else { throw Unusable.broken(line: lines.count + 1) }
        for (index, line) in lines.enumerated().dropFirst(key.lines.count) {
            let words = line.split(separator: " ")
            guard words.count == 3, let kernel = Kernel(rawValue: String(words[0])),
                let load = Load(rawValue: String(words[1])), let shape = TileShape(words[2])
            else { throw Unusable.broken(line: index + 1) }
            measured[Place(kernel, load)] = shape
        }
        return measured
    }

    /// Where tuning is stored: in the user's folder for caches, if there is one.
    package static var folder: String? {
        if let caches = CPUInfo.setting("XDG_CACHE_HOME") { return "\(caches)/unroll/tuning" }
        #if os(macOS)
            return CPUInfo.setting("HOME").map { "\($0)/Library/Caches/unroll/tuning" }
        #else
            return CPUInfo.setting("HOME").map { "\($0)/.cache/unroll/tuning" }
        #endif
    }

    /// With what was measured on this device, if it still holds; else as the table has it, with a note on standard error.
    static func stored(for device: OpenCLDescription, _ precision: Precision) -> TileTable {
        let table = TileTable(for: device, precision)
        guard let folder, let key = try? Key(of: device, precision) else { return table }
        let path = "\(folder)/\(key.file)"
        guard let text = OpenCLProgram.contents(path) else { return table }
        do {
            return TileTable(for: device, precision, measured: try measured(in: text, for: key))
        } catch {
            let reason =
                switch error as? Unusable {
                case .stale(let what): "was measured with another \(what == "kernels" ? "version of Unroll" : what)"
                case .broken(let line): "is not what 'unroll tune' writes (line \(line))"
                case nil: "\(error)"
                }
            let note = "unroll: \(path) \(reason) and is ignored; 'unroll tune' measures again\n"
            _ = note.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return table
        }
    }
}

extension OpenCLProgram {
    /// FNV-1a of the tiled kernels' text, 64 bits in hexadecimal. A cell's equations count little for their time.
    static func hashOfTiledKernels() throws -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for file in ["mma.cl", "tile.cl", "matmul_tile.cl", "recurrence_tile.cl"] {
            for byte in try text(file).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
