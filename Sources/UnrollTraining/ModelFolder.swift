package import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A model on the disk: a folder of four files.
///
/// `training.safetensors` is the truth: all that a run needs to go on. The others are made from it: `model.safetensors`
/// the best weights under PyTorch's names, `config.json` what the model is, `metrics.jsonl` a line for each epoch.
public struct ModelFolder: Sendable, Equatable {
    /// Where it is.
    public let path: String

    /// The folder at a path, whether it exists or not.
    public init(_ path: String) { self.path = path }

    /// The best weights.
    public var weights: String { path + "/model.safetensors" }
    /// What the model is.
    public var configuration: String { path + "/config.json" }
    /// A line for each epoch.
    public var metrics: String { path + "/metrics.jsonl" }
    /// All that a run needs to go on.
    public var training: String { path + "/training.safetensors" }

    /// Makes the folder for a new run, and keeps others from writing there.
    /// - Throws: `TrainingError.folderInUse`, `.folderHoldsModel`, `DataError`.
    package func prepare() throws -> FolderLock {
        try Files.makeFolder(path)
        let lock = try lock()
        for file in [weights, configuration, metrics, training] where Files.exists(file) {
            throw TrainingError.folderHoldsModel(path: path)
        }
        return lock
    }

    /// Keeps others from writing in the folder for as long as the lock lives.
    /// - Throws: `TrainingError.folderInUse`.
    package func lock() throws -> FolderLock {
        guard let lock = FolderLock(path) else { throw TrainingError.folderInUse(path: path) }
        return lock
    }

    /// Makes the first of `parent/name-1`, `parent/name-2`, … that does not exist.
    /// - Throws: `DataError.unwritable`.
    public static func numbered(_ name: String, in parent: String) throws -> ModelFolder {
        try Files.makeFolder(parent)
        for number in 1... {
            let path = "\(parent)/\(name)-\(number)"
            if mkdir(path, 0o755) == 0 { return ModelFolder(path) }
            let failure = errno
            guard failure == EEXIST else {
                throw DataError.unwritable(path: path, reason: String(cString: strerror(failure)))
            }
        }
        fatalError("there is always another number")
    }
}
