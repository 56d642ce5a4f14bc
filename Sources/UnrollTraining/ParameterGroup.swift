public import UnrollLayers

/// Parameters that an optimizer treats in a way of their own.
///
///     optimizer.groups = [
///         ParameterGroup(.vectors, weightDecay: 0), ParameterGroup(.named(["embedding.*"]), learningRate: 0.1),
///     ]
///
/// A parameter belongs to the first group that has it. To leave parameters as they are, freeze them: `Module.freeze`.
public struct ParameterGroup: Sendable, Equatable {
    /// Which parameters.
    public var selection: ParameterSelection
    /// What the optimizer's learning rate is multiplied by.
    public var learningRate: Float
    /// λ; nil is the optimizer's own.
    public var weightDecay: Float?

    /// A group of these parameters.
    public init(_ selection: ParameterSelection, learningRate: Float = 1, weightDecay: Float? = nil) {
        (self.selection, self.learningRate, self.weightDecay) = (selection, learningRate, weightDecay)
    }
}
