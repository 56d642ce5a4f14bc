import Testing
import UnrollCompute
import UnrollTestSupport

/// The shapes of the tiled OpenCL kernels: which are chosen, and that none changes a result.
@Suite struct TileTests {
    private static let roomy = TileTable.Limits(groupSize: 1024, localMemory: 48 << 10, computeUnits: 100)

    @Test func textAndShapeAreOne() throws {
        let shape = try #require(TileShape("32x128x8/4x16"))
        #expect((shape.rows, shape.columns, shape.depth, shape.down, shape.across) == (32, 128, 8, 4, 16))
        #expect("\(shape)" == "32x128x8/4x16" && shape.items == 64 && shape.sums(blocks: 4) == 256)
        // Tiles, rows and columns, and where the inner steps lie.
        #expect(shape.localMemory(blocks: 1) == 4 * (2 * 8 * (36 + 132) + 32 + 128 + 4 * 8))
        for text in [
            "", "32", "32x128/4x16", "32x128x8", "32x128x8/4", "32x128x8/5x16", "32x128x8/3x16", "32x128x8/2x16",
            "0x128x8/4x16", "32x128x8/0x16", "-32x128x8/4x16", "32x128x0/4x16", "32x128x999/4x16", "32x128x8/4x16/1",
            "99999999999999999999x128x8/4x16", "4096x128x8/512x16", "axbxc/dxe", "32x128x8 /4x16",
        ] {
            #expect(TileShape(text) == nil, "'\(text)' is no shape")
        }
    }

    @Test(arguments: ["NVIDIA Corporation", "Advanced Micro Devices, Inc.", "Intel(R) Corporation", "Apple", ""])
    func shapesFitTheDevice(_ vendor: String) {
        for isCPU in [false, true] {
            let kind = TileTable.Kind(vendor: vendor, isCPU: isCPU)
            let large = TileTable(kind: kind, limits: Self.roomy)
            for (groupSize, kilobytes) in [(1024, 48), (256, 32), (64, 32), (64, 8)] {
                let limits = TileTable.Limits(
                    groupSize: groupSize, localMemory: kilobytes << 10, computeUnits: 100)
                let table = TileTable(kind: kind, limits: limits)
                for place in TileTable.Place.all {
                    #expect(limits.allow(table[place], for: place.kernel), "\(kind), \(place): \(table[place])")
                    if limits.allow(large[place], for: place.kernel) { #expect(table[place] == large[place]) }
                }
                if kilobytes == 8 { #expect(table != large) }
            }
        }
        let smallest = TileTable.Limits(groupSize: 64, localMemory: 32 << 10, computeUnits: 1)
        for kernel in TileTable.Kernel.allCases { #expect(smallest.allow(.smallest, for: kernel)) }
    }

    @Test(arguments: [Precision.tf32, .bf16]) func shapesSuitMatrixUnits(_ precision: Precision) {
        for text in ["16x8x16/16x4", "16x8x16/8x8", "16x8x16/4x4", "24x8x16/8x4", "16x12x16/8x4", "16x8x12/8x4"] {
            #expect(!TileShape(text)!.suits(precision) && TileShape(text)!.suits(.float32))
        }
        #expect(TileShape("16x8x8/8x4")!.suits(precision) == (precision == .tf32))
        for (groupSize, kilobytes) in [(1024, 48), (256, 32), (64, 32), (32, 12)] {
            let limits = TileTable.Limits(
                groupSize: groupSize, localMemory: kilobytes << 10, computeUnits: 100, precision: precision)
            for kind in TileTable.Kind.allCases {
                let table = TileTable(kind: kind, limits: limits)
                for place in TileTable.Place.all { #expect(limits.allow(table[place], for: place.kernel)) }
            }
            for kernel in TileTable.Kernel.allCases {
                let candidates = TileTuning.candidates(for: kernel, limits: limits, count: 64)
                #expect(!candidates.isEmpty && candidates.allSatisfy { limits.allow($0, for: kernel) })
                if groupSize == 1024 { #expect(candidates.count >= 50, "\(kernel): \(candidates.count)") }
            }
        }
        let roomy = TileTable(kind: .matrixUnits, limits: Self.roomy)
        let suited = TileTable.Limits(
            groupSize: 1024, localMemory: 48 << 10, computeUnits: 100, precision: precision)
        for place in TileTable.Place.all {
            #expect(TileTable(kind: .matrixUnits, limits: suited)[place] == roomy[place], "the table's own shapes fit")
        }
    }

    @Test func kindsAreTold() {
        let kinds = [
            ("NVIDIA Corporation", TileTable.Kind.nvidia), ("Advanced Micro Devices, Inc.", .amd), ("AMD", .amd),
            ("Intel(R) Corporation", .intel), ("Apple", .gpu),
        ]
        for (vendor, kind) in kinds {
            #expect(TileTable.Kind(vendor: vendor, isCPU: false) == kind)
            #expect(TileTable.Kind(vendor: vendor, isCPU: true) == .cpu)
        }
        let place = TileTable.Place(.matmul, .large)
        #expect(TileTable(kind: .nvidia, limits: Self.roomy)[place] != TileTable(kind: .amd, limits: Self.roomy)[place])
    }

    @Test func whatWasMeasuredComesFirstIfItFits() throws {
        let (matmul, forward) = (TileTable.Place(.matmul, .large), TileTable.Place(.forward, .large))
        let wide = try #require(TileShape("16x128x16/4x32"))
        let table = TileTable(kind: .gpu, limits: Self.roomy, measured: [matmul: wide, forward: wide])
        let plain = TileTable(kind: .gpu, limits: Self.roomy)
        // With the blocks of four gates it is more than there is.
        #expect(table[matmul] == wide && table[forward] == plain[forward] && plain[matmul] != wide)
    }

    @Test(arguments: TileTable.Kernel.allCases)
    func thereIsEnoughToMeasure(_ kernel: TileTable.Kernel) {
        for limits in [Self.roomy, TileTable.Limits(groupSize: 64, localMemory: 32 << 10, computeUnits: 2)] {
            let shapes = TileTuning.candidates(for: kernel, limits: limits, count: 64)
            #expect(shapes.count >= 50 && Set(shapes).count == shapes.count)
            #expect(shapes.allSatisfy { limits.allow($0, for: kernel) })
            #expect(Set(shapes.map(\.rows)).count > 3 && Set(shapes.map(\.columns)).count > 2)
        }
    }

    // MARK: Stored

    private static let key = TileTable.Key(device: "A platform, A GPU (R) 9", driver: "1.2 of 3", kernels: "0123abcd")

    @Test func whatIsStoredIsFound() throws {
        let measured = Dictionary(
            uniqueKeysWithValues: TileTable.Place.all.enumerated().map { ($1, TileShape("8x8x\($0 + 8)/8x8")!) })
        let text = TileTable.text(measured, for: Self.key)
        #expect(try TileTable.measured(in: text, for: Self.key) == measured)
        #expect(text.split(separator: "\n").count == 4 + 9)
        #expect(Self.key.file == "a-platform-a-gpu-r-9.txt")
        // A part of the places is a part of the table.
        let one = [TileTable.Place(.backward, .few): TileShape.smallest]
        #expect(try TileTable.measured(in: TileTable.text(one, for: Self.key), for: Self.key) == one)
    }

    @Test func whatIsBrokenOrStaleIsTold() {
        let text = TileTable.text([TileTable.Place(.matmul, .few): .smallest], for: Self.key)
        let unusable = { (text: String) -> TileTable.Unusable? in
            do {
                _ = try TileTable.measured(in: text, for: Self.key)
                return nil
            } catch { return error as? TileTable.Unusable }
        }
        #expect(unusable(text) == nil)
        for (what, other) in [("device", "A GPU"), ("driver", "1.2"), ("kernels", "0123")] {
            var lines = text.split(separator: "\n").map(String.init)
            for index in lines.indices where lines[index].hasPrefix(what) { lines[index] = "\(what) \(other)" }
            #expect(unusable(lines.map { $0 + "\n" }.joined()) == .stale(what))
        }
        #expect(unusable("") == .broken(line: 1) && unusable("\u{0}\u{FF}\n\n") == .broken(line: 1))
        #expect(unusable(text + "matmul few\n") == .broken(line: 6))
        #expect(unusable(text + "matmul many 8x8x16/8x8\n") == .broken(line: 6))
        #expect(unusable(text + "matmul few 8x8x16/3x8\n") == .broken(line: 6))
        // Cut off anywhere, it is never taken for a shape that was not there.
        for count in 0..<text.utf8.count {
            let part = String(decoding: text.utf8.prefix(count), as: UTF8.self)
            #expect(unusable(part) != nil, "\(count) bytes of it")
        }
    }

    // MARK: Results

    /// Tiles of one number an item and of many, in one round and in many, with items in every proportion.
    private static let shapes = [
        "8x8x16/8x8", "4x16x8/2x16", "32x16x32/4x16", "64x32x8/16x8", "12x24x5/4x8", "64x32x16/16x8",
    ].map { TileShape($0)! }

    /// One warp and many, down and across, with fragments in every proportion.
    private static let shapesOfWarps = ["16x8x16/8x4", "32x24x32/16x4", "16x32x16/8x16", "48x16x16/8x8"]
        .map { TileShape($0)! }

    @Test(.enabled(if: !TestedBackend.openCL.isEmpty), arguments: Precision.allCases)
    func allShapesGiveTheSameBits(_ precision: Precision) throws {
        let backend = try OpenCLBackend(
            device: 0, profile: .gpu, recurrence: .step, precision: precision, emulated: true)
        // Which cell it is makes no difference to the units, only to the time it takes to build the kernels.
        let cells = precision == .float32 ? Cell.all : [Cell.lstm]
        let cases = (PrimitiveCase.matmuls + PrimitiveCase.recurrences).filter { test in
            test.name.hasPrefix("matmul") || cells.contains { test.name.hasPrefix("\($0.name) ") }
        }.filter { test in
            ["130x520x129", "17x31x129", "7x17x65", "summed", "time-major", "13x4x19->67", "8x3x33->130"].contains {
                test.name.contains($0)
            }
        }
        #expect(cases.count >= 4 * 3 + 4 + 2 * (precision == .float32 ? Cell.all.count : 1))
        let table = backend.tiles
        var expected: [String: [String: [Double]]] = [:]
        let shapes = precision == .float32 ? Self.shapes : Self.shapesOfWarps
        for shape in shapes {
            #expect(shape.suits(precision))
            backend.tiles = TileTable.Kernel.allCases.reduce(table) { $0.with(shape, for: $1) }
            for test in cases {
                let found = try test.results(on: backend)
                let first = expected[test.name, default: found]
                expected[test.name] = first
                #expect(Set(found.keys) == Set(first.keys) && !found.isEmpty)
                for (name, values) in found {
                    let same = values.map(\.bitPattern) == first[name]?.map(\.bitPattern)
                    #expect(same, "\(test): \(name) is another with \(shape)")
                }
            }
        }
    }
}
