/// How a tiled kernel cuts its work (see Kernels/tile.cl): the tile of a work-group, and the grid of work items that hold
/// it in their registers. As text `64x64x16/16x16`.
package struct TileShape: Hashable, Sendable, CustomStringConvertible {
    /// Rows and columns of the tile, and how much of the inner dimension is in local memory at a time. A step of a
    /// recurrence has rows of the batch and units, with a block of the tile for each gate.
    package let rows, columns, depth: Int
    /// Work items down and across.
    package let down, across: Int

    /// Where nothing larger fits: 64 work items, and less than 8 KB of local memory.
    package static let smallest = TileShape("8x8x16/8x8")!
    /// The same for matrix units: one warp, and less than 10 KB.
    package static let smallestWarp = TileShape("16x8x16/8x4")!

    /// Nil unless each work item has as many whole rows and columns as every other, and at most 8 of them.
    package init?(rows: Int, columns: Int, depth: Int, down: Int, across: Int) {
        let sides = [(rows, down), (columns, across)]
        guard depth > 0, depth <= 128, sides.allSatisfy({ $1 > 0 && $0 % $1 == 0 && (1...8).contains($0 / $1) })
        else { return nil }
        (self.rows, self.columns, self.depth, self.down, self.across) = (rows, columns, depth, down, across)
    }

    /// Nil for what is no shape.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        }
        guard parts.count == 2, parts[0].count == 3, parts[1].count == 2, !parts.joined().contains(nil) else {
            return nil
        }
        let numbers = parts.joined().map { $0! }
        guard numbers.allSatisfy({ (1...1024).contains($0) }) else { return nil }
        self.init(rows: numbers[0], columns: numbers[1], depth: numbers[2], down: numbers[3], across: numbers[4])
    }

    package var description: String { "\(rows)x\(columns)x\(depth)/\(down)x\(across)" }

    /// Work items of a group.
    package var items: Int { down * across }

    /// Whether it can be used: matrix units want fragments of 16 rows and 8 columns, and so many inner steps at once.
    package func suits(_ precision: Precision) -> Bool {
        if precision == .float32 { return true }
        return down % 8 == 0 && across % 4 == 0 && rows % (2 * down) == 0 && columns % (2 * across) == 0
            && depth % (precision == .tf32 ? 8 : 16) == 0
    }

    /// Bytes of local memory, as `tiles` in tile.cl has them, where the columns come in so many blocks.
    package func localMemory(blocks: Int, _ precision: Precision = .float32) -> Int {
        let (lines, padding) = (rows + blocks * columns, precision == .tf32 ? 8 : 4)
        return 4 * (2 * depth * (lines + 2 * padding) + lines + 4 * depth)
    }

    /// Sums that a work item holds.
    package func sums(blocks: Int) -> Int { rows / down * (columns / across) * blocks }

    /// Work-groups for a result of this size.
    func groups(rows: Int, columns: Int) -> (down: Int, across: Int) {
        ((rows + self.rows - 1) / self.rows, (columns + self.columns - 1) / self.columns)
    }

    /// Work items for a result of this size, columns first.
    func range(rows: Int, columns: Int) -> (global: [Int], local: [Int]) {
        let groups = groups(rows: rows, columns: columns)
        return ([groups.across * across, groups.down * down], [across, down])
    }

    /// What the kernel's text asks of the host.
    var definitions: [String] {
        ["TILE_M \(rows)", "TILE_N \(columns)", "DEPTH \(depth)", "ITEMS_M \(down)", "ITEMS_N \(across)"]
    }
}
