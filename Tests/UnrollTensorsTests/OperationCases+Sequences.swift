import UnrollCompute
import UnrollTensors
import UnrollTestSupport

extension OperationCase {
    /// Losses of sequences and scans: with holes, padding on the left, a row of nothing, and nothing missing.
    static let sequences = crfs + ctcs + scans

    private static let crfs: [OperationCase] = [nil, holed(batch: 5, steps: 4)].map { (mask: SequenceMask?) in
        OperationCase("crfLoss\(mask == nil ? "" : " with holes")", [5, 4, 3], [3, 3], [3], [3], in: -2...2) {
            let tags = (0..<20).map { Int32($0 * $0 % 3) }
            return $0[0].crfLoss(
                Tensor(tags, shape: [5, 4], on: $0[0].device),
                TagScores(transitions: $0[1], start: $0[2], end: $0[3]), mask: mask)
        }
    }

    private static let ctcs: [OperationCase] = [0, 4].flatMap { blank in
        [nil, holed(batch: 5, steps: 7)].map { (mask: SequenceMask?) in
            OperationCase("ctcLoss\(mask == nil ? "" : " with holes"), blank \(blank)", [5, 7, 5], in: -2...2) {
                $0[0].ctcLoss([[1, 2], [3], [2, 2], [], []], mask: mask, blank: blank)
            }
        }
    }

    private static let scans: [OperationCase] =
        ScanKind.allCases.flatMap { kind in
            [false, true].flatMap { reverse in
                [nil, holed(batch: 4, steps: 6)].map { (mask: SequenceMask?) in
                    let name = "scan \(kind)\(reverse ? ", reverse" : "")\(mask == nil ? "" : " with holes")"
                    return OperationCase(name, [4, 6, 3 * kind.gates], [3], [4, 3], in: -2...2) {
                        // The weight stands for nothing where there is none, but is asked for its gradient.
                        let weight = kind.hasWeight ? $0[1] : nil
                        let (y, final) = $0[0].scan(kind, weight: weight, initial: $0[2], mask: mask, reverse: reverse)
                        return Tensor.concatenated([y.reshaped([72]), final.reshaped([12]), $0[1]])
                    }
                }
            }
        } + [
            OperationCase("linearScan", [2, 5, 3], [2, 5, 3]) { $0[0].linearScan(decay: $0[1]).output },
            OperationCase("linearScan's final state", [2, 5, 3], [2, 5, 3]) { $0[0].linearScan(decay: $0[1]).final },
        ]
}
