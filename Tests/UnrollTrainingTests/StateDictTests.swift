import Testing
import UnrollCompute
import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTestSupport
import UnrollTraining

/// Weights go to and from PyTorch in its own file.
@Suite struct StateDictTests {
    private let temporary = TemporaryFolder()

    private func recurrent(_ cell: String, on device: Device) -> Recurrent {
        Recurrent(Cell(named: cell)!, inputs: 5, hidden: 7, layers: 2, Initializer(seed: 4, on: device))
    }

    @Test(arguments: TestedBackend.allAndReference, ["rnn", "lstm", "gru"])
    func givesPyTorchsOutputs(_ tested: TestedBackend, _ cell: String) throws {
        let module = recurrent(cell, on: tested.device)
        try module.load(safetensors: fixture("state_dict-\(cell).safetensors"))
        let expected = try Safetensors(path: fixture("state_dict-\(cell)-expected.safetensors"))
        let x = try #require(expected.arrays["x"]?.values.floats)
        let (output, state) = module(Tensor(x, shape: [3, 4, 5], on: tested.device))
        let results = [("output", output)] + state.tensors.enumerated().map { ("final.\($0)", $1) }
        #expect(results.count == expected.arrays.count - 1)
        for (name, tensor) in results {
            let array = try #require(expected.arrays[name])
            guard case .float64(let values) = array.values else { throw DataError.missing(path: name) }
            let error = relativeError(try tensor.doubles(), values)
            #expect(tensor.shape == array.shape && error < 2e-6, "\(name)")
        }
    }

    /// Running statistics come with the weights; how many batches PyTorch has counted does not matter.
    @Test(arguments: TestedBackend.allAndReference) func batchNormGivesPyTorchsOutputs(_ tested: TestedBackend) throws {
        let module = BatchNorm(size: 7, Initializer(seed: 4, on: tested.device))
        let path = fixture("state_dict-batch-norm.safetensors")
        #expect(try Safetensors(path: path).arrays.keys.contains("num_batches_tracked"))
        try module.load(safetensors: path)
        let expected = try Safetensors(path: fixture("state_dict-batch-norm-expected.safetensors"))
        let output = module(Tensor(expected.floats("x"), shape: [3, 4, 7], on: tested.device))
        #expect(relativeError(try output.doubles(), expected.doubles("output")) < 2e-6)
    }

    /// What is written has PyTorch's names, shapes and bits.
    @Test(arguments: ["rnn", "lstm", "gru"]) func writesWhatPyTorchWrote(_ cell: String) throws {
        let (path, original) = (temporary(cell), fixture("state_dict-\(cell).safetensors"))
        let module = recurrent(cell, on: TestedBackend.cpu[0].device)
        try module.load(safetensors: original)
        try module.save(safetensors: path)
        let (written, expected) = (try Safetensors(path: path), try Safetensors(path: original))
        #expect(written.arrays == expected.arrays && written.arrays.count == 8)
    }

    /// What does not fit is named with its file, and nothing is set.
    @Test func misfitsAreNamed() throws {
        let module = recurrent("lstm", on: TestedBackend.cpu[0].device)
        let before = try module.parameterValues().map(\.values)
        let path = fixture("state_dict-gru.safetensors")
        let error = #expect(throws: TrainingError.self) { try module.load(safetensors: path) }
        #expect("\(error!)".contains(path) && "\(error!)".contains("'weight_ih_l0' has shape [21, 5]"))
        let after = try module.parameterValues().map(\.values)
        #expect(after == before)
    }
}
