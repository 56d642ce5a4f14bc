import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

extension LanguageModel {
    /// The mean of `−ln p(character)` over a text of at least two characters, in nats.
    ///
    /// The text is read in up to `batch` rows side by side, `steps` characters at a time with the state carried on; a
    /// text too short for that in fewer rows, down to one. Of a long text up to `batch − 1` characters at the end are
    /// left out.
    /// - Throws: `DataError.unknownCharacter`, `ModelError.badText`, `ComputeError`.
    /// - Parameter name: where the text comes from, for errors.
    public func evaluate(
        _ text: [Unicode.Scalar], name: String, batch: Int = 32, steps: Int = 64
    ) throws -> Double {
        let indices = try configuration.vocabulary.encode(text, name: name)
        guard indices.count > 1 else {
            throw ModelError.badText(name: name, reason: "a text of at least two characters is needed")
        }
        return try evaluate(indices, batch: batch, steps: steps)
    }

    /// The same for indices of characters.
    package func evaluate(_ indices: [Int32], batch: Int, steps: Int) throws -> Double {
        let rows = TextRows(indices, batch: min(batch, max(1, (indices.count - 1) / steps)))
        var state: RecurrentState?
        var log = LossLog(on: device)
        var (sum, weights) = (0.0, [Int]())
        for start in stride(from: 0, to: rows.length, by: steps) {
            let width = min(steps, rows.length - start)
            let (inputs, targets) = window(of: rows, from: start, steps: width)
            let (loss, next) = self.loss(inputs: inputs, targets: targets, state: state)
            state = next
            log.append(loss)
            weights.append(width)
            if log.isFull || start + width == rows.length {
                for (loss, weight) in zip(try log.drain(), weights) { sum += Double(loss) * Double(weight) }
                weights = []
            }
        }
        return sum / Double(rows.length)
    }

    /// Inputs and targets of every row, each `[batch, steps]`.
    func window(of rows: TextRows, from start: Int, steps: Int) -> (inputs: Tensor, targets: Tensor) {
        let (inputs, targets) = rows.window(from: start, steps: steps)
        let shape = [rows.batch, steps]
        return (Tensor(inputs, shape: shape, on: device), Tensor(targets, shape: shape, on: device))
    }
}
