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

    /// What is wrong with the products of the shapes in use; nil if nothing is.
    private func fault() -> String? {
        let table = tiles
        defer { tiles = table }
        do {
            for shape in Set(TileTable.Load.allCases.map { table[.init(.matmul, $0)] }) {
                tiles = table.with(shape, for: .matmul)
                for roundsLeft in [true, false] {
                    if let fault = try ExactProduct(precision, roundsLeft: roundsLeft).fault(on: self) { return fault }
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// A product whose operands, rounded, have few bits: in whatever order and precision its sums are made, there is one
/// result. Sides are larger than any tile's, and odd.
private struct ExactProduct {
    static let (rows, inner, columns) = (131, 43, 135)
    /// Row-major, as given and as rounded.
    let a: (given: [Float], rounded: [Float])
    let b: (given: [Float], rounded: [Float])

    /// - Parameter roundsLeft: whether it is A whose numbers are to be rounded, or else B.
    init(_ precision: Precision, roundsLeft: Bool) {
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
        a = draw(Self.rows * Self.inner, 1, roundsLeft)
        b = draw(Self.inner * Self.columns, 2, !roundsLeft)
    }

    /// The first wrong number.
    func fault(on backend: OpenCLBackend) throws -> String? {
        let c = backend.makeBuffer(.float32, count: Self.rows * Self.columns)
        backend.multiply(
            Matrix(backend.makeBuffer(a.given), rows: Self.rows, columns: Self.inner),
            Matrix(backend.makeBuffer(b.given), rows: Self.inner, columns: Self.columns),
            into: Matrix(c, rows: Self.rows, columns: Self.columns), bias: nil, accumulating: false)
        let found = try backend.read(c)
        for row in 0..<Self.rows {
            for column in 0..<Self.columns {
                let right = (0..<Self.inner).reduce(Float(0)) {
                    $0 + a.rounded[row * Self.inner + $1] * b.rounded[$1 * Self.columns + column]
                }
                let number = found[row * Self.columns + column]
                if number != right { return "a product has \(number) where \(right) is right" }
            }
        }
        return nil
    }
}
