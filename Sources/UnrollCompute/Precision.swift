/// What the products of matrices, a recurrence's among them, make of their operands. Whatever is kept, and every sum, is in
/// float32.
public enum Precision: String, Sendable, CaseIterable, CustomStringConvertible {
    /// As they are.
    case float32
    /// Rounded to the 10 bits behind the point of NVIDIA's TensorFloat-32, for its matrix units: relative errors of 2⁻¹¹.
    case tf32
    /// Rounded to the 7 bits behind the point of bfloat16, likewise: relative errors of 2⁻⁸.
    case bf16

    /// As `--precision` takes it.
    public var description: String { rawValue }

    /// As a user wrote it.
    /// - Throws: `ComputeError.badSetting`.
    package init(flag text: String) throws {
        guard let precision = Precision(rawValue: text) else {
            throw ComputeError.badSetting(name: "--precision", value: text, expected: "one of \(Self.names)")
        }
        self = precision
    }

    package static let names = allCases.map(\.rawValue).joined(separator: ", ")

    /// The largest relative error of an operand.
    package var roundingError: Double {
        switch self {
        case .float32: 0
        case .tf32: 0x1p-11
        case .bf16: 0x1p-8
        }
    }

    /// What a device that computes in it is called after its name: nothing for float32, else `/tf32`.
    var suffix: String { self == .float32 ? "" : "/\(self)" }

    /// A device's name without the suffix, and the precision of the suffix.
    static func split(_ name: String) -> (device: String, precision: Precision) {
        for precision in allCases where precision != .float32 && name.hasSuffix(precision.suffix) {
            return (String(name.dropLast(precision.suffix.count)), precision)
        }
        return (name, .float32)
    }
}
