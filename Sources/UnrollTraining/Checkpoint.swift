package import UnrollData
package import UnrollLayers

/// All that a run needs to go on, as `training.safetensors` holds it.
package struct Checkpoint: Sendable, Equatable {
    /// Where the run is.
    package struct Position: Sendable, Equatable {
        /// Epochs finished.
        package var epoch = 0
        /// Batches of this epoch finished.
        package var batch = 0
        /// The sum of their losses, in the order they came.
        package var lossSum = 0.0
        /// The best validation loss so far.
        package var best: Double?

        package init() {}
    }

    package var position = Position()
    package var weights: [String: ParameterValues] = [:]
    /// Those of the epoch that validated best; nil before the first validation.
    package var best: [String: ParameterValues]?
    package var optimizer = Optimizer.State(steps: 0, moments: [:])
    /// The state carried to the next batch.
    package var carried: [ParameterValues] = []
    /// The lines of `metrics.jsonl`.
    package var metrics: [JSON] = []
    /// What `config.json` holds.
    package var configuration: JSON
    /// What the run was started with.
    package var settings: JSON

    package init(configuration: JSON, settings: JSON) {
        (self.configuration, self.settings) = (configuration, settings)
    }
}

// MARK: Files

extension Checkpoint {
    /// Writes `training.safetensors`, then what is made from it. Killed between two files, `writeDerived` makes up for it.
    package func write(to folder: ModelFolder) throws {
        try Files.write(safetensors.encoded(), to: folder.training)
        try writeDerived(to: folder)
    }

    /// Writes the files that follow from this one; those that are right already stay untouched.
    package func writeDerived(to folder: ModelFolder) throws {
        let model = Safetensors(
            metadata: ["format": "pt"], arrays: (best ?? weights).mapValues { .init(shape: $0.shape, $0.values) })
        let lines = metrics.map { $0.description + "\n" }.joined()
        for (bytes, path) in [
            (model.encoded(), folder.weights), (Array(configuration.indented.utf8), folder.configuration),
            (Array(lines.utf8), folder.metrics),
        ] where (try? Files.read(path)) != bytes {
            try Files.write(bytes, to: path)
        }
    }

    /// - Throws: `TrainingError`, `DataError`.
    package init(folder: ModelFolder) throws {
        guard Files.exists(folder.training) else { throw TrainingError.nothingToResume(path: folder.path) }
        try self.init(try Safetensors(path: folder.training), name: folder.training)
    }
}

// MARK: Safetensors

// Arrays are named weights.NAME, best.NAME, moments.0.NAME, moments.1.NAME, state.0, state.1; the rest is metadata.
extension Checkpoint {
    package var safetensors: Safetensors {
        var file = Safetensors()
        for (name, value) in weights { file.arrays["weights." + name] = .init(shape: value.shape, value.values) }
        for (name, value) in best ?? [:] { file.arrays["best." + name] = .init(shape: value.shape, value.values) }
        for (name, moments) in optimizer.moments {
            for (index, values) in moments.enumerated() {
                file.arrays["moments.\(index).\(name)"] = .init(shape: weights[name]?.shape ?? [values.count], values)
            }
        }
        for (index, state) in carried.enumerated() {
            file.arrays["state.\(index)"] = .init(shape: state.shape, state.values)
        }
        let progress: JSON = [
            "epoch": .integer(position.epoch), "batch": .integer(position.batch), "steps": .integer(optimizer.steps),
            "loss_sum": .number(position.lossSum), "best": position.best.map { .number($0) } ?? .null,
        ]
        file.metadata = [
            "progress": progress.description, "metrics": JSON.array(metrics).description,
            "configuration": configuration.description, "settings": settings.description,
        ]
        return file
    }

    package init(_ file: Safetensors, name: String) throws {
        let json = { (key: String) in
            guard let text = file.metadata[key] else {
                throw TrainingError.unusable(path: name, reason: "it has no '\(key)', so it is not the state of a run")
            }
            return try JSON(parsing: text, name: "\(name) (\(key))")
        }
        self.init(configuration: try json("configuration"), settings: try json("settings"))
        let progress = try json("progress")
        guard let metrics = try json("metrics").array, let epoch = progress["epoch"]?.integer,
            let batch = progress["batch"]?.integer, let steps = progress["steps"]?.integer,
            let lossSum = progress["loss_sum"]?.number, min(epoch, batch, steps) >= 0
        else { throw TrainingError.unusable(path: name, reason: "its progress is incomplete") }
        self.metrics = metrics
        (position.epoch, position.batch, position.lossSum) = (epoch, batch, lossSum)
        position.best = progress["best"]?.number

        weights = try values("weights.", of: file, name)
        let best = try values("best.", of: file, name)
        if !best.isEmpty { self.best = best }
        var moments: [String: [[Float]]] = [:]
        for index in 0..<2 {
            for (parameter, value) in try values("moments.\(index).", of: file, name) {
                moments[parameter, default: []].append(value.values)
            }
        }
        optimizer = Optimizer.State(steps: steps, moments: moments)
        let state = try values("state.", of: file, name)
        carried = try (0..<state.count).map { index in
            guard let values = state[String(index)] else {
                throw TrainingError.unusable(path: name, reason: "'state.\(index)' is missing")
            }
            return values
        }
    }

    /// The arrays whose names begin with `prefix`, under what follows it.
    private func values(_ prefix: String, of file: Safetensors, _ name: String) throws -> [String: ParameterValues] {
        var found: [String: ParameterValues] = [:]
        for (key, array) in file.arrays where key.hasPrefix(prefix) {
            guard case .float32(let values) = array.values else {
                throw TrainingError.unusable(path: name, reason: "'\(key)' does not hold float32 numbers")
            }
            found[String(key.dropFirst(prefix.count))] = ParameterValues(shape: array.shape, values: values)
        }
        return found
    }
}
