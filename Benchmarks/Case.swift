package import Unroll
package import UnrollCompute

/// What can be timed.
package enum Work: String, CaseIterable, Sendable {
    case matmul, recurrence
    case trainingStep = "training-step"
    case streaming, text, options

    /// The cases it has.
    package var cases: any Case.Type {
        switch self {
        case .matmul: MatmulCase.self
        case .recurrence: RecurrenceCase.self
        case .trainingStep: TrainingStepCase.self
        case .streaming: StreamingCase.self
        case .text: TextCase.self
        case .options: OptionCase.self
        }
    }
}

/// What of a case is timed.
package enum Pass: String, CaseIterable, Sendable {
    /// Outputs alone: nothing is kept for a backward pass.
    case forward
    /// Outputs, and the gradients of every weight and of the input.
    case training
}

/// One work of one size. A line of text makes one, and `description` is that line in its canonical form.
package protocol Case: Sendable, CustomStringConvertible {
    static var work: Work { get }
    /// The fields of a line, as errors and the help show them.
    static var grammar: String { get }
    /// What is timed when no cases are asked for.
    static var defaults: String { get }
    /// What `--quick` times: small, yet every path of the benchmark.
    static var quick: String { get }
    static var passes: [Pass] { get }

    init(_ fields: inout CaseFields) throws

    /// The fields by name, in the order of the grammar; a peer is sent these.
    var fields: [JSON.Member] { get }
    /// Floating-point operations of one run, a multiply-add being two.
    func operations(_ pass: Pass) -> Double
    /// About how many numbers are in memory at once.
    var numbers: Double { get }
    /// What its time is held against besides, in turns: the same without options, and how many times that.
    var plain: (item: any Case, times: Double)? { get }
    /// The case made ready on a device, from the same numbers on every device.
    func runner(_ pass: Pass, on device: Device) throws -> Runner
}

extension Case {
    package var description: String {
        fields.map { $0.value.string ?? $0.value.description }.joined(separator: ",")
    }

    package var plain: (item: any Case, times: Double)? { nil }

    package static func == (a: Self, b: Self) -> Bool { a.description == b.description }
}

/// What is wrong with the command's flags or cases, as the user should read it.
package struct BenchError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
