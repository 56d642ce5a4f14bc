/// Which shape a tiled kernel takes for which work on a device: from a table by kind of device, or from measurements
/// (`unroll tune`). All shapes give the same bits, so that this is a question of time alone.
package struct TileTable: Sendable, Equatable {
    /// The products there are: a matmul's, and those of a step of a recurrence.
    package enum Kernel: String, Sendable, CaseIterable {
        case matmul, forward, backward

        /// The most blocks of columns a tile of it has: a step forward multiplies by all gates.
        package var blocks: Int { self == .forward ? Cell.all.map(\.gates).max()! : 1 }
    }

    /// How much there is to do: few rows; or too few large tiles to give every compute unit one; or enough.
    package enum Load: String, Sendable, CaseIterable {
        case few, small, large
    }

    /// What a work-group of a device may have.
    package struct Limits: Sendable, Equatable {
        /// Work items.
        package var groupSize: Int
        /// Bytes.
        package var localMemory: Int
        /// How many work-groups run at once at least.
        package var computeUnits: Int
        /// How it multiplies.
        package var precision: Precision

        package init(groupSize: Int, localMemory: Int, computeUnits: Int, precision: Precision = .float32) {
            (self.groupSize, self.localMemory, self.computeUnits) = (groupSize, localMemory, computeUnits)
            self.precision = precision
        }

        package var smallest: TileShape { precision == .float32 ? .smallest : .smallestWarp }

        package func allow(_ shape: TileShape, for kernel: Kernel) -> Bool {
            shape.items <= groupSize && shape.localMemory(blocks: kernel.blocks, precision) <= localMemory
                && shape.suits(precision)
        }
    }

    package struct Place: Hashable, Sendable {
        package var kernel: Kernel
        package var load: Load

        package init(_ kernel: Kernel, _ load: Load) { (self.kernel, self.load) = (kernel, load) }

        package static let all = Kernel.allCases.flatMap { kernel in Load.allCases.map { Place(kernel, $0) } }
    }

    package let limits: Limits
    private var shapes: [Place: TileShape]

    /// For each place the first of these that the device allows: what was measured, its kind's, any GPU's, the smallest.
    package init(kind: Kind, limits: Limits, measured: [Place: TileShape] = [:]) {
        self.limits = limits
        shapes = [:]
        for place in Place.all {
            let choices = [measured[place], kind.shape(place), Kind.gpu.shape(place)].compactMap { $0 }
            shapes[place] = choices.first { limits.allow($0, for: place.kernel) } ?? limits.smallest
        }
    }

    init(for device: OpenCLDescription, _ precision: Precision, measured: [Place: TileShape] = [:]) {
        let limits = Limits(
            groupSize: device.groupSize, localMemory: device.localMemory, computeUnits: device.computeUnits,
            precision: precision)
        self.init(kind: Kind(of: device, precision), limits: limits, measured: measured)
    }

    /// One shape for every load of a kernel.
    package func with(_ shape: TileShape, for kernel: Kernel) -> TileTable {
        var table = self
        for load in Load.allCases { table.shapes[Place(kernel, load)] = shape }
        return table
    }

    package subscript(_ place: Place) -> TileShape { shapes[place]! }

    /// The shape for a result of this size.
    func shape(_ kernel: Kernel, rows: Int, columns: Int) -> TileShape {
        if rows <= Self.fewRows { return self[Place(kernel, .few)] }
        let large = self[Place(kernel, .large)]
        let groups = large.groups(rows: rows, columns: columns)
        return groups.down * groups.across < limits.computeUnits ? self[Place(kernel, .small)] : large
    }

    private static let fewRows = 16
}

extension TileTable {
    /// Devices that want shapes of their own. Those of `cpu` are for the tiled form on a processor.
    package enum Kind: String, Sendable, CaseIterable {
        case cpu, gpu, nvidia, matrixUnits, amd, intel

        init(of device: OpenCLDescription, _ precision: Precision) {
            self = precision == .float32 ? Kind(vendor: device.vendor, isCPU: device.isCPU) : .matrixUnits
        }

        package init(vendor: String, isCPU: Bool) {
            let vendor = vendor.lowercased()
            self =
                isCPU
                ? .cpu
                : vendor.contains("nvidia")
                    ? .nvidia
                    : vendor.contains("amd") || vendor.contains("advanced micro devices")
                        ? .amd : vendor.contains("intel") ? .intel : .gpu
        }

        func shape(_ place: Place) -> TileShape { Self.table[self]![place]! }

        private static let table: [Kind: [Place: TileShape]] = [
            // As 'unroll tune' found them on PoCL.
            .cpu: shapes(
                matmul: ["16x64x8/4x16", "64x64x32/16x16", "64x64x16/8x8"],
                forward: ["16x16x16/16x8", "64x32x16/16x8", "64x32x16/16x8"],
                backward: ["16x64x8/4x16", "32x128x16/8x16", "64x64x8/16x8"]),
            .gpu: shapes(
                matmul: ["8x32x32/4x16", "32x32x16/8x8", "64x64x16/16x16"],
                forward: ["8x8x16/8x8", "16x8x16/8x8", "32x16x16/8x16"],
                backward: ["8x16x32/4x16", "16x16x32/8x8", "32x32x16/8x16"]),
            // 32 items run together; 8 × 8 sums are worth the registers where there are tiles enough.
            .nvidia: shapes(
                matmul: ["8x32x32/4x16", "32x32x32/8x16", "128x128x8/16x16"],
                forward: ["8x8x32/8x8", "16x8x32/8x8", "32x16x16/8x16"],
                backward: ["8x16x32/4x16", "16x16x32/8x8", "32x32x32/8x16"]),
            // Grids of warps, 8 items down and 4 across, each with several fragments of 16 × 8 sums.
            .matrixUnits: shapes(
                matmul: ["16x32x32/8x16", "32x64x32/16x16", "128x128x16/16x16"],
                forward: ["16x8x16/8x4", "16x16x16/8x8", "64x16x16/16x8"],
                backward: ["16x16x32/8x8", "32x32x32/16x8", "64x64x32/16x16"]),
            // 64 items run together.
            .amd: shapes(
                matmul: ["8x32x32/4x16", "32x32x16/8x16", "64x64x16/16x16"],
                forward: ["8x16x16/4x16", "16x16x16/8x16", "32x16x16/8x16"],
                backward: ["8x32x32/4x16", "16x32x32/8x16", "32x32x16/8x16"]),
            // 8 or 16 items run together, with large register files.
            .intel: shapes(
                matmul: ["8x32x16/2x16", "32x32x16/4x16", "64x64x16/8x16"],
                forward: ["8x16x16/2x16", "16x16x16/4x16", "32x16x16/8x16"],
                backward: ["8x32x16/2x16", "16x32x16/4x16", "32x32x16/8x16"]),
        ]

        private static func shapes(matmul: [String], forward: [String], backward: [String]) -> [Place: TileShape] {
            Dictionary(uniqueKeysWithValues: zip(Place.all, (matmul + forward + backward).map { TileShape($0)! }))
        }
    }
}
