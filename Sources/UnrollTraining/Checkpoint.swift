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
    package var optimizer = Optimizer.State()
    /// The state carried to the next batch, or to as many next ones as make an update.
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

// Arrays are named weights.NAME, best.NAME, moments.0.NAME, moments.1.NAME, …, average.NAME, state.0, state.1, …; the rest
// is metadata. A file may leave out "optimizer", and may count updates and means once for all parameters.
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
        for (name, values) in optimizer.averages {
            file.arrays["average." + name] = .init(shape: weights[name]?.shape ?? [values.count], values)
        }
        for (index, state) in carried.enumerated() {
            file.arrays["state.\(index)"] = .init(shape: state.shape, state.values)
        }
        let progress: JSON = [
            "epoch": .integer(position.epoch), "batch": .integer(position.batch), "steps": .integer(optimizer.steps),
            "loss_sum": .number(position.lossSum), "best": .optional(position.best),
        ]
        let optimizer: JSON = [
            "name": .optional(optimizer.name),
            "updates": json(optimizer.updates), "averaged": json(optimizer.averaged),
            // So that a missing one is missed.
            "moments": .integer(optimizer.moments.values.reduce(0) { $0 + $1.count }),
            "averages": .integer(optimizer.averages.count),
        ]
        file.metadata = [
            "optimizer": optimizer.description, "progress": progress.description,
            "metrics": JSON.array(metrics).description,
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
        optimizer = try optimizerState(file, name, steps: steps)
        let state = try values("state.", of: file, name)
        carried = try (0..<state.count).map { index in
            guard let values = state[String(index)] else {
                throw TrainingError.unusable(path: name, reason: "'state.\(index)' is missing")
            }
            return values
        }
    }

    private func optimizerState(_ file: Safetensors, _ name: String, steps: Int) throws -> Optimizer.State {
        var state = Optimizer.State()
        state.steps = steps
        state.validations = metrics.compactMap { $0["validation_loss"]?.number }
        for index in 0..<3 {
            for (parameter, value) in try values("moments.\(index).", of: file, name) {
                state.moments[parameter, default: []].append(value.values)
            }
        }
        state.averages = try values("average.", of: file, name).mapValues(\.values)
        state.updates = state.moments.mapValues { _ in steps }
        guard let text = file.metadata["optimizer"] else { return state }
        let json = try JSON(parsing: text, name: "\(name) (optimizer)")
        let moments = state.moments.values.reduce(0) { $0 + $1.count }
        let averaged = json["averaged"].flatMap { all in
            counts(all) ?? all.integer.map { count in state.averages.mapValues { _ in count } }
        }
        guard let averaged, Set(averaged.keys) == Set(state.averages.keys),
            let updates = json["updates"].map(counts) ?? state.updates,
            state.moments.keys.allSatisfy({ updates[$0] != nil }),
            [updates, averaged].joined().allSatisfy({ (0...steps).contains($0.value) }),
            json["moments"]?.integer == moments, json["averages"]?.integer == state.averages.count
        else { throw TrainingError.unusable(path: name, reason: "the state of its optimizer is incomplete") }
        (state.name, state.updates, state.averaged) = (json["name"]?.string, updates, averaged)
        return state
    }

    /// Counts by name; nil if it is anything else.
    private func counts(_ json: JSON) -> [String: Int]? {
        guard let members = json.members else { return nil }
        let counts = members.compactMap { member in member.value.integer.map { (member.name, $0) } }
        return counts.count == members.count ? Dictionary(counts) { _, last in last } : nil
    }

    private func json(_ counts: [String: Int]) -> JSON {
        .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })
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
