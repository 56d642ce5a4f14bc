#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Sparse rows one after the other.
struct SparseMatrix {
    /// `[rows + 1]`: where each row begins in the others.
    let starts: [Int]
    let indices: [Int32]
    let values: [Double]
    /// How many columns there are.
    let features: Int

    /// - Parameter features: how many columns there are; by default one more than the last that is named.
    init(_ rows: [SparseRow], features: Int?) {
        var starts = [0]
        for row in rows { starts.append(starts[starts.count - 1] + row.indices.count) }
        (self.starts, indices, values) = (starts, rows.flatMap(\.indices), rows.flatMap(\.values))
        let named = indices.reduce(0) { max($0, Int($1) + 1) }
        self.features = features ?? named
        precondition(
            named <= self.features && indices.allSatisfy { $0 >= 0 },
            "SparseMatrix: rows name columns that are not among \(self.features)")
    }
}

/// Logistic regression's mean loss with its penalty, of weights `[features + 1, outputs]`, the last row the intercepts:
///
///     f = (Σ -log p[label] + ½ |W|² / C) / rows       ∂f/∂W = (Σ (p - one(label)) xᵀ + W / C) / rows
struct LogisticLoss {
    let matrix: SparseMatrix
    let labels: [Int]
    /// 1 for two classes, otherwise the number of classes.
    let outputs: Int
    let c: Double

    /// The value; the gradient is written over `gradient`, `[features + 1, outputs]`.
    func callAsFunction(_ weights: [Double], _ gradient: inout [Double]) -> Double {
        let (rows, penalized) = (Double(labels.count), matrix.features * outputs)
        var penalty = 0.0
        for i in gradient.indices {
            let weight = i < penalized ? weights[i] : 0
            penalty += weight * weight
            gradient[i] = weight / c
        }
        var loss = penalty / (2 * c)
        var scores = Array(repeating: 0.0, count: outputs)
        weights.withUnsafeBufferPointer { weights in
            gradient.withUnsafeMutableBufferPointer { gradient in
                matrix.indices.withUnsafeBufferPointer { indices in
                    matrix.values.withUnsafeBufferPointer { values in
                        for row in labels.indices {
                            let entries = matrix.starts[row]..<matrix.starts[row + 1]
                            for k in 0..<outputs { scores[k] = weights[penalized + k] }
                            for entry in entries {
                                let (start, value) = (Int(indices[entry]) * outputs, values[entry])
                                for k in 0..<outputs { scores[k] += weights[start + k] * value }
                            }
                            loss += slopes(&scores, label: labels[row])
                            for k in 0..<outputs { gradient[penalized + k] += scores[k] }
                            for entry in entries {
                                let (start, value) = (Int(indices[entry]) * outputs, values[entry])
                                for k in 0..<outputs { gradient[start + k] += scores[k] * value }
                            }
                        }
                    }
                }
            }
        }
        for i in gradient.indices { gradient[i] /= rows }
        return loss / rows
    }

    /// The loss of a row's scores, which become `p - one(label)`.
    private func slopes(_ scores: inout [Double], label: Int) -> Double {
        if outputs == 1 {
            // log(1 + exp(-m)) of the margin m, without ever raising e to more than 0.
            let margin = label == 1 ? scores[0] : -scores[0]
            let small = exp(-abs(margin))
            let wrong = margin > 0 ? small / (1 + small) : 1 / (1 + small)
            scores[0] = label == 1 ? -wrong : wrong
            return log1p(small) + max(0, -margin)
        }
        let (largest, own) = (scores.max() ?? 0, scores[label])
        var sum = 0.0
        for k in 0..<outputs {
            scores[k] = exp(scores[k] - largest)
            sum += scores[k]
        }
        for k in 0..<outputs { scores[k] /= sum }
        scores[label] -= 1
        return log(sum) + largest - own
    }
}
