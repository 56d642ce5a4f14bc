package import UnrollData
public import UnrollLayers

extension Module {
    /// Sets every parameter from a safetensors file of arrays under the parameters' names: for `Recurrent`, `Linear` and
    /// `Embedding` a `state_dict` of PyTorch's modules, saved with the `safetensors` package. Nothing is set if anything is
    /// missing, unknown or of another shape. A parameter that two layers share may be there under both names.
    /// - Throws: `TrainingError.unusable`, `DataError`: both name the file.
    public func load(safetensors path: String) throws {
        try load(try Safetensors(path: path), name: path)
    }

    /// Writes every parameter to a safetensors file that PyTorch's `load_state_dict` takes. An existing file is replaced
    /// when the new one is complete, never half. A parameter that two layers share is written under its first name alone:
    /// a PyTorch module of tied weights takes the file with `strict=False`.
    /// - Throws: `DataError`, `ComputeError`.
    public func save(safetensors path: String) throws {
        var file = Safetensors()
        file.metadata = ["format": "pt"]
        for (name, value) in try parameterValues() { file.arrays[name] = .init(shape: value.shape, value.values) }
        try Files.write(file.encoded(), to: path)
    }

    /// - Parameter name: where the file comes from, for errors: a path.
    package func load(_ file: Safetensors, name: String) throws {
        var values: [String: ParameterValues] = [:]
        // PyTorch's batch normalisation counts the batches it has seen; nothing depends on the number.
        for (key, array) in file.arrays where !key.hasSuffix("num_batches_tracked") {
            guard let floats = array.values.floats else {
                throw TrainingError.unusable(path: name, reason: "'\(key)' does not hold floating-point numbers")
            }
            values[key] = ParameterValues(shape: array.shape, values: floats)
        }
        do {
            try load(values)
        } catch let error as ParameterError {
            throw TrainingError.unusable(path: name, reason: error.description)
        }
    }
}
