import Testing
import UnrollCompute
import UnrollTensors
import UnrollTestSupport

/// An operation on tensors of given shapes: one list of these feeds the gradient check and the agreement of backends.
struct OperationCase: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    /// Where the operands' numbers lie.
    var range: ClosedRange<Float> = -1...1
    let apply: @Sendable ([Tensor]) -> Tensor

    init(
        _ name: String, _ shapes: [Int]..., in range: ClosedRange<Float> = -1...1,
        apply: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
        (self.name, self.shapes, self.range, self.apply) = (name, shapes, range, apply)
    }

    var testDescription: String { "\(name) \(shapes)" }

    /// Every differentiable operation; sizes all different, none a multiple of a vector's width.
    static let all =
        arithmetic + functions + products + reductions + softmaxes + normalizations + shapes + lookups
        + masked + sequences

    static let arithmetic: [OperationCase] =
        // Equal shapes, a row, a column, a number, both sides repeating, a missing axis in the middle.
        [
            ([3, 5, 7], [3, 5, 7]), ([3, 5, 7], [7]), ([7], [3, 5, 7]), ([3, 5, 7], [5, 1]), ([3, 5, 7], []),
            ([1], [3, 5]), ([3, 1], [1, 5]), ([3, 5, 7], [3, 1, 7]), ([2, 3, 1], [3, 7]),
            ([2, 3, 1, 5], [2, 3, 7, 5]), ([2, 3, 1, 5], [2, 1, 7, 5]), ([3, 1, 7, 1], [1, 5, 1, 2]),
        ].flatMap { (a: [Int], b: [Int]) in
            [
                OperationCase("+", a, b) { $0[0] + $0[1] },
                OperationCase("-", a, b) { $0[0] - $0[1] },
                OperationCase("*", a, b) { $0[0] * $0[1] },
                OperationCase("/", a, b, in: 0.5...2) { $0[0] / $0[1] },
            ]
        } + [
            OperationCase("+ number", [3, 5]) { 1.5 + ($0[0] + 0.25) },
            OperationCase("- number", [3, 5]) { 1.5 - ($0[0] - 0.25) },
            OperationCase("* number", [3, 5]) { 1.5 * ($0[0] * 0.75) },
            OperationCase("/ number", [3, 5], in: 0.5...2) { 1.5 / ($0[0] / 0.75) },
            OperationCase("negated", [3, 5]) { -$0[0] },
            OperationCase("used twice", [3, 5]) { $0[0] * $0[0] + $0[0] },
        ]

    static let functions: [OperationCase] = [
        OperationCase("sigmoid", [5, 7], in: -4...4) { $0[0].sigmoid() },
        OperationCase("tanh", [5, 7], in: -4...4) { $0[0].tanh() },
        OperationCase("relu", [5, 7]) { $0[0].relu() },
        OperationCase("exp", [5, 7], in: -2...2) { $0[0].exp() },
        OperationCase("log", [5, 7], in: 0.5...3) { $0[0].log() },
        OperationCase("squareRoot", [5, 7], in: 0.5...3) { $0[0].squareRoot() },
        OperationCase("squared", [5, 7]) { $0[0].squared() },
        OperationCase("reciprocal", [5, 7], in: 0.5...3) { $0[0].reciprocal() },
        OperationCase("absolute", [5, 7]) { $0[0].absolute() },
        OperationCase("dropout of rows", [5, 7]) { $0[0].dropout(0.4) },
        OperationCase("dropout of steps, twice", [3, 5, 7]) { $0[0].dropout(0.25).dropout(0.5) },
        OperationCase("lockedDropout, twice", [3, 5, 7]) { $0[0].lockedDropout(0.25).lockedDropout(0.4) },
    ]

    static let products: [OperationCase] = [
        OperationCase("matmul", [5, 7], [7, 3]) { $0[0].matmul($0[1]) },
        OperationCase("matmul of leading axes", [2, 5, 7], [7, 3]) { $0[0].matmul($0[1]) },
        OperationCase("matmul of batches", [2, 5, 7], [2, 7, 3]) { $0[0].matmul($0[1]) },
        OperationCase("matmul of a vector", [7], [7, 3]) { $0[0].matmul($0[1]) },
        OperationCase("matmul of thin ones", [5, 1], [1, 3]) { $0[0].matmul($0[1]) },
        OperationCase("matmul beyond a vector", [13, 19], [19, 23]) { $0[0].matmul($0[1]) },
        OperationCase("matmul transposed", [2, 5, 7], [2, 3, 7]) { $0[0].matmul($0[1].transposed()) },
        OperationCase("matmul by what is transposed", [2, 5, 7], [3, 7]) { $0[0].matmul($0[1], transposed: true) },
        OperationCase("matmul by batches transposed", [2, 5, 7], [2, 3, 7]) { $0[0].matmul($0[1], transposed: true) },
        OperationCase("linear", [2, 5, 7], [3, 7], [3]) { $0[0].linear($0[1], bias: $0[2]) },
        OperationCase("linear without bias", [5, 7], [3, 7]) { $0[0].linear($0[1]) },
        OperationCase("linear of one input", [5, 1], [3, 1], [3]) { $0[0].linear($0[1], bias: $0[2]) },
    ]

    static let reductions: [OperationCase] =
        [
            OperationCase("sum", [3, 5, 7]) { $0[0].sum() },
            OperationCase("mean", [3, 5, 7]) { $0[0].mean() },
        ]
        + [0, 1, 2, -1].flatMap { axis in
            [
                OperationCase("sum along \(axis)", [3, 5, 7]) { $0[0].sum(along: axis) },
                OperationCase("mean along \(axis)", [3, 5, 7]) { $0[0].mean(along: axis) },
                OperationCase("max along \(axis)", [3, 5, 7]) { $0[0].max(along: axis) },
                OperationCase("distance from the mean along \(axis)", [3, 5, 7]) {
                    $0[0] - $0[0].mean(along: axis, keepingAxis: true)
                },
            ]
        }

    static let softmaxes: [OperationCase] = [
        OperationCase("softmax", [3, 5, 7], in: -3...3) { $0[0].softmax() },
        OperationCase("logSoftmax", [3, 5, 7], in: -3...3) { $0[0].logSoftmax() },
        OperationCase("crossEntropy", [2, 3, 7], in: -3...3) {
            $0[0].crossEntropy(Tensor([6, -1, 0, 3, 3, -1] as [Int32], shape: [2, 3], on: $0[0].device))
        },
        OperationCase("crossEntropy times a number", [3, 5], in: -3...3) {
            2.5 * $0[0].crossEntropy(Tensor([4, 0, 2] as [Int32], on: $0[0].device))
        },
        OperationCase("meanSquaredError", [3, 5], [3, 5]) { $0[0].meanSquaredError($0[1]) },
    ]

    static let normalizations: [OperationCase] = [
        OperationCase("layerNormalized", [3, 5, 7], [7], [7], in: -2...3) {
            $0[0].layerNormalized(scale: $0[1], shift: $0[2])
        },
        OperationCase("layerNormalized of one row", [19], [19], [19]) {
            $0[0].layerNormalized(scale: $0[1], shift: $0[2], epsilon: 0.125)
        },
    ]

    /// Lengths with a 0, and holes with padding on the left.
    static let masked: [OperationCase] =
        [
            ("lengths", try! SequenceMask(lengths: [3, 0, 5, 1], steps: 5)),
            (
                "holes",
                try! SequenceMask([
                    [false, true, false, true, true], [true, true, true, true, true],
                    [false, false, false, true, false], [false, false, false, false, false],
                ])
            ),
            ("nothing missing", try! SequenceMask(lengths: [5, 5, 5, 5], steps: 5)),
        ].flatMap { (name: String, mask: SequenceMask) in
            [
                OperationCase("masked, \(name)", [4, 5, 7]) { $0[0].masked(mask) },
                OperationCase("softmax over \(name)", [4, 5], in: -3...3) { $0[0].softmax(over: mask) },
                OperationCase("softmax of many over \(name)", [4, 3, 5], in: -3...3) { $0[0].softmax(over: mask) },
                OperationCase("activationPenalty, \(name)", [4, 5, 7]) { $0[0].activationPenalty(2, mask: mask) },
                OperationCase("temporalActivationPenalty, \(name)", [4, 5, 7]) {
                    $0[0].temporalActivationPenalty(0.5, mask: mask)
                },
            ]
                + Pooling.allCases.map { pooling in
                    OperationCase("pooled \(pooling), \(name)", [4, 5, 7]) { $0[0].pooled(pooling, mask: mask) }
                }
        } + Pooling.allCases.map { pooling in OperationCase("pooled \(pooling)", [4, 5, 7]) { $0[0].pooled(pooling) } }
        + [
            OperationCase("activationPenalty", [4, 5, 7]) { $0[0].activationPenalty(2) },
            OperationCase("temporalActivationPenalty", [4, 5, 7]) { $0[0].temporalActivationPenalty(0.5) },
        ]

    static let shapes: [OperationCase] =
        [
            OperationCase("reshaped", [3, 5, 7]) {
                ($0[0].reshaped([5, 21]) * $0[0].reshaped([5, 21])).reshaped([105])
            },
            OperationCase("transposed", [5, 7]) { $0[0].transposed() },
            OperationCase("transposed batches", [3, 5, 7]) { $0[0].transposed() },
        ]
        + [0, 1, 2, -2].flatMap { axis in
            [
                OperationCase("slice along \(axis)", [5, 7, 9]) { $0[0].slice(1..<4, along: axis) },
                OperationCase("slices that overlap along \(axis)", [5, 7, 9]) {
                    $0[0].slice(0..<3, along: axis) * $0[0].slice(2..<5, along: axis)
                },
            ]
        } + [
            OperationCase("concatenated along 0", [2, 5], [3, 5], [1, 5]) { .concatenated($0) },
            OperationCase("concatenated along 1", [2, 5, 7], [2, 3, 7], [2, 1, 7]) { .concatenated($0, along: 1) },
            OperationCase("concatenated along the last", [3, 5, 7], [3, 5, 2]) {
                .concatenated($0 + [$0[0]], along: -1)
            },
        ]

    static let lookups: [OperationCase] = [
        OperationCase("rows", [5, 7]) {
            $0[0].rows(at: Tensor([4, 0, 4, -1, 2, 4] as [Int32], shape: [2, 3], on: $0[0].device))
        },
        OperationCase("rows, some dropped", [5, 7]) {
            $0[0].rows(at: Tensor([4, 0, 4, -1, 2, 3] as [Int32], shape: [2, 3], on: $0[0].device), dropout: 0.4)
        },
    ]
}
