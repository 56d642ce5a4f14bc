import UnrollCompute
public import UnrollLayers
import UnrollTensors

/// Moves the parameters of a model against their gradients: `SGD`, `Adam` and others.
///
///     let (loss, gradients) = model.valueWithGradient { … }
///     gradients.clip(norm: 5)
///     optimizer.update(model, gradients)
///
/// Parameters move in place, on their device; nothing waits.
public class Optimizer {
    /// η: how far a step goes, before `schedule` and `groups`.
    public var learningRate: Float
    /// λ: how much of a weight is added to its gradient, which draws it towards zero; AdamW takes it from the weight.
    public var weightDecay: Float
    /// How the learning rate changes.
    public var schedule = Schedule.constant
    /// Parameters with a learning rate or weight decay of their own. A name that fits none is a mistake of the program.
    public var groups: [ParameterGroup] = [] { didSet { chosen = [:] } }
    /// The mean of the weights to keep besides; see `withAverages`.
    public var averaging: Averaging?
    /// How many updates there were.
    public package(set) var steps = 0
    /// Every loss that `observe` was told.
    public package(set) var validations: [Double] = []

    /// What the rule remembers of each parameter, by the parameter's name; shapes are the parameter's.
    var moments: [String: [Buffer]] = [:]
    /// How many updates each parameter had: fewer than there were where it was frozen or had no gradient.
    var updates: [String: Int] = [:]
    /// The mean of each parameter on its way, and of how many.
    var averages: [String: Buffer] = [:]
    var averaged: [String: Int] = [:]
    /// The group of each parameter, found when first asked for.
    private var chosen: [String: ParameterGroup] = [:]

    init(learningRate: Float, weightDecay: Float) {
        (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
    }

    /// Tells what validation came to: `schedule` and `averaging` may depend on it.
    public func observe(validation loss: Double) { validations.append(loss) }

    /// One step. Parameters that are frozen, or that the loss did not depend on, stay as they are.
    /// - Parameter model: the module whose gradients these are.
    public func update(_ model: some Module, _ gradients: Gradients) {
        let rate = Double(learningRate) * schedule.factor(at: steps, validations: validations)
        let parameters = model.parameters
        if !groups.isEmpty, chosen.isEmpty { for group in groups { _ = model.parameters(group.selection) } }
        steps += 1
        for (name, parameter) in parameters {
            guard let gradient = gradients.buffer(of: parameter) else { continue }
            let group = group(of: name, parameter)
            let update = updates[name, default: 0] + 1
            var rule = rule(
                rate: rate * Double(group.learningRate), decay: group.weightDecay ?? weightDecay, step: update)
            rule.limit = gradients.limit
            let (backend, count) = (parameter.value.device.backend, parameter.value.count)
            let moments = moments[name] ?? (0..<rule.moments).map { _ in backend.makeZeros(count: count) }
            require(
                moments.allSatisfy { $0.count == count },
                "update: '\(name)' has \(count) numbers, and had \(moments.first?.count ?? 0): an optimizer is for one model"
            )
            (self.moments[name], updates[name]) = (moments, update)
            backend.update(
                rule, parameter: parameter.value.buffer, gradient: gradient, moments: moments, scale: gradients.scale)
        }
        average(parameters)
    }

    private func group(of name: String, _ parameter: Parameter) -> ParameterGroup {
        if let group = chosen[name] { return group }
        let group = groups.first { $0.selection.contains(name, shape: parameter.shape) } ?? ParameterGroup(.all)
        chosen[name] = group
        return group
    }

    /// What to do in a parameter's update number `step`, from 1.
    func rule(rate: Double, decay: Float, step: Int) -> UpdateRule { fatalError("an optimizer has a rule") }

    /// What it and its file are known by.
    var name: String { fatalError("an optimizer has a name") }
}

// MARK: Averages

extension Optimizer {
    /// Whether there is a mean of the weights yet.
    public var hasAverages: Bool { !averages.isEmpty }

    /// Runs something while the model has the mean of its weights, where there is one, in place of the weights.
    public func withAverages<Result>(of model: some Module, _ body: () throws -> Result) rethrows -> Result {
        var own: [(Parameter, Tensor)] = []
        for (name, parameter) in model.parameters {
            guard let average = averages[name] else { continue }
            own.append((parameter, parameter.value))
            parameter.value = Tensor(average, shape: parameter.shape, on: parameter.value.device)
        }
        defer { for (parameter, value) in own { parameter.value = value } }
        return try body()
    }

    /// What has no gradient but follows the data, as running statistics, is averaged with the weights it belongs to.
    private func average(_ parameters: [(name: String, parameter: Parameter)]) {
        guard let averaging else { return }
        for (name, parameter) in parameters where !parameter.isFrozen {
            let count = averaged[name, default: 0]
            guard let weight = averaging.weight(count: count, update: steps, validations: validations) else { continue }
            let backend = parameter.value.device.backend
            let average = averages[name] ?? backend.makeZeros(count: parameter.value.count)
            (averages[name], averaged[name]) = (average, count + 1)
            backend.update(
                .average(weight: Float(weight)), parameter: average, gradient: parameter.value.buffer, moments: [],
                scale: nil)
        }
    }
}
