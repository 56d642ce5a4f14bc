import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// A small task with everything a run has to keep: carried state, dropout, validation.
///
/// The target is the input one step before, which only a state can tell.
struct Echo: TrainingTask {
    final class Model: Module {
        let recurrent: Recurrent
        let dropout: Dropout
        let linear: Linear

        init(on device: Device, seed: UInt64) {
            let initializer = Initializer(seed: seed, on: device)
            recurrent = Recurrent(.gru, inputs: 3, hidden: 5, layers: 2, dropout: 0.25, initializer)
            dropout = Dropout(0.125)
            linear = Linear(inputs: 5, outputs: 3, initializer)
        }
    }

    let model: Model
    let batches: Int
    var tokensPerBatch: Int { 4 * 7 }
    let stateShapes = [[2, 4, 5]]

    init(on device: Device, batches: Int = 5, seed: UInt64 = 3) {
        (model, self.batches) = (Model(on: device, seed: seed), batches)
    }

    private func numbers(_ batch: Int) -> [Float] {
        RandomSource(seed: 11, step: batch).uniform(count: 4 * 8 * 3, site: 5)
    }

    private func loss(_ batch: Int, _ state: RecurrentState?) -> (Tensor, RecurrentState) {
        let x = Tensor(numbers(batch), shape: [4, 8, 3], on: model.linear.weight.value.device)
        let (output, next) = model.recurrent(x.slice(1..<8, along: 1), state)
        return (model.linear(model.dropout(output)).meanSquaredError(x.slice(0..<7, along: 1)), next)
    }

    func loss(batch: BatchPlace, state: [Tensor]) -> (loss: Tensor, state: [Tensor]) {
        let (loss, next) = loss(batch.number, state.isEmpty ? nil : RecurrentState(state))
        return (loss, next.tensors)
    }

    func validate() throws -> Validation? { Validation(loss: Double(try loss(1000, nil).0.scalar())) }
}
