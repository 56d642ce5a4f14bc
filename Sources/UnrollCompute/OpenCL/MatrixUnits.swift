/// Instructions that multiply whole fragments of matrices (Kernels/mma.cl), in place of multiply-adds.
package struct MatrixUnits: Hashable, CustomStringConvertible {
    package let precision: Precision
    /// Whether all but the instruction runs, on any device and slowly: for tests.
    package let isEmulated: Bool

    /// Nil for float32, which does without.
    /// - Parameter emulated: nil for what the environment says.
    /// - Throws: `ComputeError.badSetting`.
    init?(_ precision: Precision, emulated: Bool?) throws {
        if precision == .float32 { return nil }
        self.precision = precision
        isEmulated = try emulated ?? Self.emulatedFromEnvironment()
    }

    static func emulatedFromEnvironment() throws -> Bool {
        let name = "UNROLL_OPENCL_MATRIX_UNITS"
        guard let value = CPUInfo.setting(name) else { return false }
        if value != "emulated" { throw ComputeError.badSetting(name: name, value: value, expected: "emulated") }
        return true
    }

    package var description: String { "\(precision)\(isEmulated ? " emulated" : "")" }

    /// What the kernel's text asks of the host.
    var definitions: [String] { [precision.rawValue.uppercased()] + (isEmulated ? ["EMULATED"] : []) }
}

extension OpenCLBackend {
    static let unitsMissing = "only the matrix units of NVIDIA's GPUs do"

    /// Tries another precision than float32 before it is used: kernels that the driver does not build, or that come to
    /// other numbers than they should, are as good as none.
    /// - Throws: `ComputeError.precisionRefused`.
    func provePrecision() throws {
        guard let units else { return }
        let refusal: String?
        if !units.isEmulated && !(device.isGPU && TileTable.Kind(of: device, .float32) == .nvidia) {
            refusal = Self.unitsMissing
        } else if profile == .cpu {
            refusal = "its kernels are those for a processor"
        } else {
            refusal = fault()
        }
        let name = String(name.dropLast(precision.suffix.count))
        if let refusal { throw ComputeError.precisionRefused(precision, device: name, reason: refusal) }
    }

    /// What is wrong with products and sweeps in the shapes in use; nil if nothing is.
    private func fault() -> String? {
        let table = tiles
        defer { tiles = table }
        do {
            let plain = try OpenCLBackend(
                device, name: name, profile: profile, tiles: TileTable(for: device, .float32),
                Persistence(form: .step, persistence.limits), trace: nil)
            for load in TileTable.Load.allCases {
                for kernel in TileTable.Kernel.allCases { tiles = tiles.with(table[.init(kernel, load)], for: kernel) }
                if let fault = try productFault() ?? sweepFault(beside: plain) { return fault }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func productFault() throws -> String? {
        let shape = tiles.shape(.matmul, rows: 1, columns: 1)
        for roundsLeft in [true, false] {
            let product = ExactProduct(precision, shape, roundsLeft: roundsLeft)
            if let fault = try product.fault(on: self) { return fault }
        }
        return nil
    }

    /// The sums of a sweep are known in float32 only, and to its rounding. It shares the products' fragments, but has a
    /// block of them for each gate.
    private func sweepFault(beside plain: OpenCLBackend) throws -> String? {
        let shape = tiles.shape(.forward, rows: 1, columns: 1)
        let results = try [self, plain].map {
            try $0.trialSweep(.lstm, batch: shape.rows + 3, steps: 2, hidden: shape.columns + 3)
        }
        for (found, right) in Swift.zip(results[0], results[1]) {
            let largest = right.reduce(0) { max($0, abs($1)) }
            // Also refuses what is no number.
            let isNear = Swift.zip(found, right).allSatisfy {
                abs($0 - $1) <= 8 * Float(precision.roundingError) * largest
            }
            if !isNear { return "a sweep is not what it is in float32" }
        }
        return nil
    }
}

/// A product whose operands, rounded, have few bits: in whatever order and precision its sums are made, there is one
/// result. Sides are larger than the tile's, and odd.
private struct ExactProduct {
    private let rows, inner, columns: Int
    /// Row-major, as given and as rounded.
    private let a, b: (given: [Float], rounded: [Float])

    /// - Parameter roundsLeft: whether it is A whose numbers are to be rounded, or else B.
    init(_ precision: Precision, _ shape: TileShape, roundsLeft: Bool) {
        (rows, inner, columns) = (shape.rows + 3, 2 * shape.depth + 11, shape.columns + 7)
        let draw = { (count: Int, site: Int, rounds: Bool) in
            let spacing: Float = precision == .tf32 ? 0x1p-10 : 0x1p-7
            let numbers = RandomSource(seed: 1).uniform(count: count, site: site).map { uniform in
                let kind = Int(uniform * 18)
                let power = [1, 2, 4, -1, -2, -4][kind % 6] as Float
                let excess = [0, 0.25, 0.75][rounds ? kind / 6 : 0] as Float
                return (power * (1 + excess * spacing), power * (1 + excess.rounded() * spacing))
            }
            return (numbers.map(\.0), numbers.map(\.1))
        }
        a = draw(rows * inner, 1, roundsLeft)
        b = draw(inner * columns, 2, !roundsLeft)
    }

    /// The first wrong number.
    func fault(on backend: OpenCLBackend) throws -> String? {
        let c = backend.makeBuffer(.float32, count: rows * columns)
        backend.multiply(
            Matrix(backend.makeBuffer(a.given), rows: rows, columns: inner),
            Matrix(backend.makeBuffer(b.given), rows: inner, columns: columns),
            into: Matrix(c, rows: rows, columns: columns), bias: nil, accumulating: false)
        let found = try backend.read(c)
        for row in 0..<rows {
            for column in 0..<columns {
                let right = (0..<inner).reduce(Float(0)) {
                    $0 + a.rounded[row * inner + $1] * b.rounded[$1 * columns + column]
                }
                let number = found[row * columns + column]
                if number != right { return "a product has \(number) where \(right) is right" }
            }
        }
        return nil
    }
}
