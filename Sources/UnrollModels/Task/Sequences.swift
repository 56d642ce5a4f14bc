package import UnrollCompute
package import UnrollTensors

/// A batch of sequences of different lengths, filled up behind their ends to the longest of them.
package struct SequenceBatch {
    /// Indices `[batch, steps]`, −1 behind a row's end (for which an embedding gives zeros, and cross-entropy nothing), or
    /// numbers `[batch, steps, inputs]`, 0 behind it.
    package let values: Tensor
    /// Which steps are there.
    package let mask: SequenceMask

    /// Rows of indices: tokens or classes. Rows may be empty; there is always one step.
    /// - Parameter steps: at least so many, for batches that go with others.
    package init(_ rows: [[Int32]], steps: Int = 1, on device: Device) {
        let width = rows.reduce(max(1, steps)) { max($0, $1.count) }
        let padded = rows.flatMap { $0 + Array(repeating: -1, count: width - $0.count) }
        values = Tensor(padded, shape: [rows.count, width], on: device)
        mask = Self.mask(rows.map(\.count), steps: width)
    }

    /// Rows of steps of `inputs` numbers each, one behind the other.
    package init(_ rows: [[Float]], inputs: Int, on device: Device) {
        precondition(
            rows.allSatisfy { $0.count.isMultiple(of: inputs) },
            "SequenceBatch: rows of \(rows.map(\.count)) numbers, \(inputs) a step")
        let width = rows.reduce(1) { max($0, $1.count / inputs) }
        let padded = rows.flatMap { $0 + Array(repeating: 0, count: width * inputs - $0.count) }
        values = Tensor(padded, shape: [rows.count, width, inputs], on: device)
        mask = Self.mask(rows.map { $0.count / inputs }, steps: width)
    }

    /// How many rows there are.
    package var count: Int { mask.batch }
    /// How many steps the longest row has.
    package var steps: Int { mask.steps }

    private static func mask(_ lengths: [Int], steps: Int) -> SequenceMask {
        do {
            return try SequenceMask(lengths: lengths, steps: steps)
        } catch {
            preconditionFailure("SequenceBatch: \(error)")
        }
    }
}

extension Tensor {
    /// Of every row of scores `[rows, classes]` the place of the largest, the first of several.
    /// - Throws: `ComputeError`.
    package func bestClasses() throws -> [Int] {
        let classes = shape[shape.count - 1]
        return try floats().withUnsafeBufferPointer { scores in
            stride(from: 0, to: scores.count, by: classes).map { start in
                (1..<classes).reduce(0) { scores[start + $1] > scores[start + $0] ? $1 : $0 }
            }
        }
    }
}
