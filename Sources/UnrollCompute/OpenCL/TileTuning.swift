#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures shapes of the tiled kernels on a device, for `unroll tune`: many on work typical of training, slow ones only as
/// long as it takes to know that they are.
package final class TileTuning {
    /// What the measurements of one place came to.
    package struct Outcome: Sendable {
        package var place: TileTable.Place
        /// Shapes that ran.
        package var candidates: Int
        package var table: TileShape
        package var best: TileShape
        /// The table's time over the best's: the geometric mean over the works, the median of rounds in turns.
        package var gain: Double
    }

    private let backend: OpenCLBackend
    private let table: TileTable
    private let candidates: Int

    /// - Parameter backend: with the tiled kernels, and nothing else to do until `outcomes` returns.
    package init(_ backend: OpenCLBackend, candidates: Int = 64) {
        (self.backend, self.candidates) = (backend, candidates)
        table = TileTable(for: backend.device, backend.precision)
    }

    /// What the measurements hold for.
    package func key() throws -> TileTable.Key { try TileTable.Key(of: backend.device, backend.precision) }

    /// Measures a kernel, and leaves the backend with the table's shapes.
    /// - Throws: `ComputeError` when the table's own shapes do not run.
    package func outcomes(of kernel: TileTable.Kernel) throws -> [Outcome] {
        defer { backend.tiles = table }
        var contests = try TileTable.Load.allCases.map { load in
            try Contest(TileTable.Place(kernel, load), table: table, on: backend)
        }
        let smallest = TileWork.smallest(of: kernel, on: backend)
        for shape in Self.candidates(for: kernel, limits: table.limits, count: candidates) {
            backend.tiles = table.with(shape, for: kernel)
            // Builds the program; one that does not build or run on the device is no candidate.
            guard (try? smallest.seconds()) != nil else { continue }
            for index in contests.indices { contests[index].admit(shape) }
        }
        return contests.map { $0.outcome() }
    }

    /// Shapes that the device allows, spread over all there are; the same every time.
    package static func candidates(
        for kernel: TileTable.Kernel, limits: TileTable.Limits, count: Int
    ) -> [TileShape] {
        let grids = [
            (2, 16), (2, 32), (4, 8), (4, 16), (4, 32), (8, 4), (8, 8), (8, 16), (8, 32), (16, 4), (16, 8), (16, 16),
            (32, 4), (32, 8),
        ]
        var shapes: [TileShape] = []
        for rows in [4, 8, 16, 32, 48, 64, 96, 128] {
            for columns in [8, 16, 24, 32, 48, 64, 128] {
                for depth in [8, 16, 32] {
                    for (down, across) in grids {
                        guard
                            let shape = TileShape(
                                rows: rows, columns: columns, depth: depth, down: down, across: across),
                            limits.allow(shape, for: kernel), (2...64).contains(shape.sums(blocks: kernel.blocks)),
                            (rows + kernel.blocks * columns) * depth <= 32 * shape.items
                        else { continue }
                        shapes.append(shape)
                    }
                }
            }
        }
        // A stride that has no divisor in common with their number meets all of them once.
        guard var stride = shapes.isEmpty ? nil : max(1, shapes.count * 5 / 13) else { return [limits.smallest] }
        while greatestCommonDivisor(stride, shapes.count) > 1 { stride += 1 }
        return (0..<min(count, shapes.count)).map { shapes[$0 * stride % shapes.count] }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}

/// The candidates of one place against the table's shape.
private struct Contest {
    let place: TileTable.Place
    let table: TileTable
    let backend: OpenCLBackend
    let works: [TileWork]
    /// Seconds a run of each work takes with the table's shape.
    let reference: [Double]
    var candidates = 0
    var best: TileShape
    /// Its time over the table's.
    var ratio = 1.0

    init(_ place: TileTable.Place, table: TileTable, on backend: OpenCLBackend) throws {
        (self.place, self.table, self.backend) = (place, table, backend)
        best = table[place]
        backend.tiles = table.with(best, for: place.kernel)
        let works = try TileWork.typical(of: place, on: backend)
        self.works = works
        reference = try works.map { min(try $0.seconds(), try $0.seconds()) }
    }

    /// Measures a candidate whose program is built; one that does not run on the device is none.
    mutating func admit(_ shape: TileShape) {
        backend.tiles = table.with(shape, for: place.kernel)
        guard let ratio = try? ratioToTable() else { return }
        candidates += 1
        if ratio < self.ratio { (best, self.ratio) = (shape, ratio) }
    }

    /// Infinity as soon as a work takes far longer than the best shape's would: twice in its first run, which may find
    /// its data nowhere near, or half as long again after it.
    private func ratioToTable() throws -> Double {
        var product = 1.0
        for (work, reference) in zip(works, reference) {
            let limit = ratio * reference
            guard try work.seconds(repeats: 1) < 2 * limit else { return .infinity }
            let first = try work.seconds()
            guard first < 1.5 * limit else { return .infinity }
            product *= min(first, try work.seconds()) / reference
        }
        return pow(product, 1 / Double(works.count))
    }

    /// The best and the table's shape again, in turns: what chance has favoured does not stay the best.
    func outcome() -> TileTuning.Outcome {
        let gains = (0..<5).compactMap { _ in try? gainOnce() }.sorted()
        let gain = best == table[place] || gains.isEmpty ? 1 : gains[gains.count / 2]
        let isWorthIt = gain > 1.02
        return TileTuning.Outcome(
            place: place, candidates: candidates, table: table[place], best: isWorthIt ? best : table[place],
            gain: isWorthIt ? gain : 1)
    }

    private func gainOnce() throws -> Double {
        let product = try works.reduce(1.0) { product, work in
            backend.tiles = table.with(table[place], for: place.kernel)
            let slow = try work.seconds()
            backend.tiles = table.with(best, for: place.kernel)
            return product * slow / (try work.seconds())
        }
        return pow(product, 1 / Double(works.count))
    }
}

/// Something to measure a kernel with.
struct TileWork {
    let backend: OpenCLBackend
    let run: () -> Void
    /// Runs that take about a thousandth of a second together.
    var repeats = 1

    /// What one of several runs takes, all enqueued at once.
    func seconds(repeats: Int? = nil) throws -> Double {
        let repeats = repeats ?? self.repeats
        let start = ContinuousClock.now
        for _ in 0..<repeats { run() }
        try backend.synchronize()
        return (ContinuousClock.now - start) / .seconds(1) / Double(repeats)
    }

    /// Next to nothing, for which the program is built all the same.
    static func smallest(of kernel: TileTable.Kernel, on backend: OpenCLBackend) -> TileWork {
        TileWork(
            backend: backend, run: kernel == .matmul ? matmul(1, 1, 1, on: backend) : sweep(1, 1, kernel, on: backend))
    }

    static func typical(of place: TileTable.Place, on backend: OpenCLBackend) throws -> [TileWork] {
        let runs: [() -> Void] =
            switch (place.kernel, place.load) {
            case (.matmul, .few): [matmul(1, 512, 2048, on: backend), matmul(16, 1024, 2048, on: backend)]
            case (.matmul, .small): [matmul(64, 512, 512, on: backend), matmul(256, 256, 256, on: backend)]
            // An input projection, and the gradient of its weight.
            case (.matmul, .large):
                [matmul(1600, 512, 1024, on: backend), matmul(1024, 1600, 512, transposed: true, on: backend)]
            case (_, .few): [sweep(1, 256, place.kernel, on: backend), sweep(16, 512, place.kernel, on: backend)]
            case (_, .small): [sweep(32, 256, place.kernel, on: backend), sweep(64, 512, place.kernel, on: backend)]
            case (_, .large): [sweep(128, 512, place.kernel, on: backend), sweep(256, 512, place.kernel, on: backend)]
            }
        return try runs.map { run in
            var work = TileWork(backend: backend, run: run)
            _ = try work.seconds()
            work.repeats = max(1, min(50, Int(0.001 / (try work.seconds()))))
            return work
        }
    }

    /// `[rows, inner]` by the transpose of `[columns, inner]`, or the transpose of `[inner, rows]` by `[inner, columns]`.
    private static func matmul(
        _ rows: Int, _ inner: Int, _ columns: Int, transposed: Bool = false, on backend: OpenCLBackend
    ) -> () -> Void {
        let (a, b) = (backend.makeZeros(count: rows * inner), backend.makeZeros(count: inner * columns))
        let c = Matrix(backend.makeZeros(count: rows * columns), rows: rows, columns: columns)
        let (left, right) =
            transposed
            ? (Matrix(a, rows: inner, columns: rows).transposed, Matrix(b, rows: inner, columns: columns))
            : (Matrix(a, rows: rows, columns: inner), Matrix(b, rows: columns, columns: inner).transposed)
        return { backend.multiply(left, right, into: c, bias: nil, accumulating: transposed) }
    }

    /// A few steps of an LSTM, the cell with the most gates.
    private static func sweep(
        _ batch: Int, _ hidden: Int, _ kernel: TileTable.Kernel, on backend: OpenCLBackend
    ) -> () -> Void {
        let (cell, steps) = (Cell.lstm, 2)
        let zeros = { backend.makeZeros(count: $0) }
        let sweep = RecurrentSweep(
            cell: cell, rows: StepRows(batch: batch, steps: steps), hidden: hidden,
            recurrentWeight: zeros(cell.gates * hidden * hidden), recurrentBias: zeros(cell.gates * hidden),
            saved: zeros(steps * batch * cell.saved * hidden),
            states: (0..<cell.states).map { _ in zeros((steps + 1) * batch * hidden) })
        if kernel == .forward { return { backend.forwardByStep(sweep) } }
        let carry = (0..<cell.states).map { _ in zeros(batch * hidden) }
        return { backend.backwardByStep(sweep, SweepGradients(output: nil, carry: carry)) }
    }
}
