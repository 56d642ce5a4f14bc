public import UnrollCompute
import UnrollData
public import UnrollTraining

extension LanguageModel {
    /// Loads the best weights of a model folder.
    /// - Throws: `DataError`, `ModelError.unusable`, `TrainingError.unusable`, naming the file and what is wrong with it.
    public convenience init(_ folder: ModelFolder, on device: Device) throws {
        guard Files.isFolder(folder.path) else {
            throw ModelError.unusable(path: folder.path, reason: "there is no such folder")
        }
        let json = try JSON(parsing: try Files.read(folder.configuration), name: folder.configuration)
        let configuration = try LanguageModelConfiguration(json, name: folder.configuration)
        let file = try Safetensors(path: folder.weights)
        // What config.json claims must not take more memory than a model of the size of its weights has any use for.
        let (needed, found) = (configuration.parameterCount, file.arrays.values.reduce(0) { $0 + $1.values.count })
        guard needed <= max(1 << 24, 2 * found) else {
            throw ModelError.unusable(
                path: folder.weights, reason: "it has \(found) numbers where \(folder.configuration) asks for \(needed)"
            )
        }
        self.init(configuration, seed: 0, on: device)
        try load(file, name: folder.weights)
        if let name = try firstNonFinite() {
            throw ModelError.unusable(
                path: folder.weights, reason: "'\(name)' has a number that is infinite or not a number")
        }
    }
}
