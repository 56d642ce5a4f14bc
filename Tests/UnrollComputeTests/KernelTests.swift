import Testing
import UnrollCompute
import UnrollTestSupport

/// Every kernel on sizes that a simulator gets through, with memory that ends where its numbers do: what `.ci/check-kernels`
/// runs where races, reads out of bounds and numbers nobody wrote are reported.
@Suite(.enabled(if: !TestedBackend.openCL.isEmpty)) struct KernelTests {
    /// Both forms; tiles of which small matrices have several in every dimension, read by ones, twos and fours.
    enum Form: String, CaseIterable {
        case vectors = ""
        case wideTiles = "8x16x4/4x2"
        case narrowTiles = "2x6x3/2x2"

        /// More numbers than this, and a simulator takes long.
        var largest: Int { self == .vectors ? 45_000 : 5000 }

        func backend() throws -> OpenCLBackend {
            let shape = TileShape(rawValue)
            let backend = try OpenCLBackend(
                device: 0, profile: shape == nil ? .cpu : .gpu, recurrence: .step, reusesMemory: false)
            for kernel in TileTable.Kernel.allCases {
                if let shape { backend.tiles = backend.tiles.with(shape, for: kernel) }
            }
            return backend
        }
    }

    @Test(arguments: Form.allCases) func matmuls(_ form: Form) throws {
        #expect(try agreeing(PrimitiveCase.matmuls, form) >= 5 * 4)
    }

    @Test(arguments: Form.allCases) func recurrences(_ form: Form) throws {
        #expect(try agreeing(PrimitiveCase.fewRecurrences, form) > Cell.all.count)
    }

    /// Of one group, which meets nobody: a simulator runs one after another.
    @Test(arguments: OpenCLBackend.Profile.allCases) func persistentRecurrences(_ profile: OpenCLBackend.Profile) throws
    {
        let alone = OpenCLBackend.Persistence.Limits(groups: 1, looks: 1, triesFirst: false)
        var launches = 0
        let count = try agreeing(
            PrimitiveCase.fewRecurrences, largest: 5000, after: { launches += $0.persistentLaunches }
        ) {
            let backend = try OpenCLBackend(
                device: 0, profile: profile, recurrence: .persistent, persistence: alone, reusesMemory: false)
            // Products have tests of their own, and a whole group for a few numbers takes long.
            if let small = TileShape(Form.narrowTiles.rawValue), profile == .gpu {
                backend.tiles = backend.tiles.with(small, for: .matmul)
            }
            return backend
        }
        #expect(count > Cell.all.count && launches >= count)
    }

    /// Matrix units, emulated, of one warp: their probe, and the smallest cases. A simulator takes long for them, and which
    /// cell it is makes no difference.
    @Test(arguments: [Precision.tf32, .bf16]) func matrixUnits(_ precision: Precision) throws {
        var tiles = TileTable(kind: .nvidia, limits: .init(groupSize: 256, localMemory: 32768, computeUnits: 2))
        for kernel in TileTable.Kernel.allCases { tiles = tiles.with(.smallestWarp, for: kernel) }
        let cases = PrimitiveCase.matmuls + PrimitiveCase.fewRecurrences.filter { $0.name.hasPrefix("lstm ") }
        let count = try agreeing(cases, largest: 700) { [tiles] in
            try OpenCLBackend(
                device: 0, profile: .gpu, precision: precision, emulated: true, tiles: tiles, reusesMemory: false)
        }
        #expect(count > 3)
    }

    // What does not use tiles.

    @Test(arguments: [Form.vectors, .wideTiles]) func softmaxes(_ form: Form) throws {
        #expect(try agreeing(PrimitiveCase.softmaxes + PrimitiveCase.normalizations, form) > 15)
    }

    @Test(arguments: [Form.vectors, .wideTiles]) func lookups(_ form: Form) throws {
        #expect(try agreeing(PrimitiveCase.lookups, form) > 1)
    }

    @Test(arguments: [Form.vectors, .wideTiles]) func sequences(_ form: Form) throws {
        for cases in [PrimitiveCase.crfs, PrimitiveCase.ctcs, PrimitiveCase.scans] {
            #expect(try agreeing(cases, largest: 2500, on: form.backend) > 4)
        }
    }

    @Test(arguments: [Form.vectors, .wideTiles]) func others(_ form: Form) throws {
        let cases = PrimitiveCase.elementwise + PrimitiveCase.reductions + PrimitiveCase.randoms + PrimitiveCase.updates
        #expect(try agreeing(cases, form) > 60)
    }

    /// How many small cases there are, which all agree with the reference.
    private func agreeing(_ cases: [PrimitiveCase], _ form: Form) throws -> Int {
        try agreeing(cases, largest: form.largest, on: form.backend)
    }

    /// - Parameter backend: made anew for every few of them: a simulator gets slower with every buffer there has been.
    private func agreeing(
        _ cases: [PrimitiveCase], largest: Int, after: (OpenCLBackend) -> Void = { _ in },
        on backend: () throws -> OpenCLBackend
    ) throws -> Int {
        let small = try cases.map { (test: $0, expected: try $0.expected()) }.filter { $0.expected.size <= largest }
        for start in stride(from: 0, to: small.count, by: 10) {
            let backend = try backend()
            // Of both operands, through several steps; PrecisionTests has the close bounds.
            let rounding = 8 * backend.precision.roundingError
            for (test, expected) in small[start..<min(start + 10, small.count)] {
                let found = try test.results(on: backend)
                for (name, values) in expected.results {
                    let error = relativeError(found[name] ?? [], values)
                    #expect(
                        error <= max(test.tolerance, rounding),
                        "\(backend.profile), \(test): \(name) is off by \(error)")
                }
            }
            after(backend)
        }
        return small.count
    }
}
