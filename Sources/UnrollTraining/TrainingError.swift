/// What can go wrong with a training run, as the user should read it: one line with the way out.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The folder of a new run has a model in it.
    case folderHoldsModel(path: String)
    /// Another process trains in the folder.
    case folderInUse(path: String)
    /// The folder has no run to continue.
    case nothingToResume(path: String)
    /// The file is not the state of such a run.
    case unusable(path: String, reason: String)
    /// The loss or a weight is infinite or not a number, since the update of this number; `tensor` turned first, if it
    /// could be found: a parameter or its gradient.
    case diverged(step: Int, tensor: String?)
    /// A loss is not finite as the data is not: the batch of this number has an input that is not.
    case nonFiniteInput(batch: Int, name: String)

    /// One line for the user.
    public var description: String {
        switch self {
        case .folderHoldsModel(let path):
            "\(path) already holds a model; continue it with --resume, or choose another folder"
        case .folderInUse(let path):
            "\(path) is in use by another run; wait for its end, or choose another folder"
        case .nothingToResume(let path):
            "\(path) holds no run that could be continued (there is no training.safetensors in it)"
        case .unusable(let path, let reason):
            "\(path) cannot be used: \(reason)"
        case .diverged(let step, let tensor):
            "training diverged: \(tensor ?? "the loss or a weight") is not finite at step \(step);"
                + " try a smaller --learning-rate or --clip"
        case .nonFiniteInput(let batch, let name):
            "'\(name)' of batch \(batch) (from 0) has a number that is infinite or not a number; correct the data"
        }
    }
}
