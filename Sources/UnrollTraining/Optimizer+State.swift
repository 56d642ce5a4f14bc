import UnrollCompute
package import UnrollLayers

extension Optimizer {
    /// All that the next step depends on besides the settings.
    package struct State: Sendable, Equatable {
        /// Which optimizer's; nil in files that do not say.
        package var name: String?
        package var steps = 0
        /// The moments of each parameter by its name.
        package var moments: [String: [[Float]]] = [:]
        /// How many updates each had.
        package var updates: [String: Int] = [:]
        /// The mean of each parameter by its name, and of how many it is.
        package var averages: [String: [Float]] = [:]
        package var averaged: [String: Int] = [:]
        /// Every loss that `observe` was told.
        package var validations: [Double] = []

        package init() {}

        /// The first moment or mean with a number that is infinite or none.
        var nonFinite: String? {
            let wrong = { (values: [Float]) in !values.allSatisfy(\.isFinite) }
            return moments.keys.sorted().first { moments[$0]!.contains(where: wrong) }
                ?? averages.keys.sorted().first { wrong(averages[$0]!) }
        }
    }

    /// Reads the state from a model's device; waits for it.
    package func state(for model: some Module) throws -> State {
        var state = State()
        (state.name, state.steps, state.validations) = (name, steps, validations)
        (state.updates, state.averaged) = (updates, averaged)
        for (name, parameter) in model.parameters {
            let backend = parameter.value.device.backend
            if let moments = moments[name], !moments.isEmpty { state.moments[name] = try moments.map(backend.read) }
            state.averages[name] = try averages[name].map(backend.read)
        }
        return state
    }

    /// Why `state` is not one of this optimizer for these parameters; nil if it is.
    package func refusal(of state: State, for model: some Module) -> String? {
        if let other = state.name, other != name { return "its optimizer is \(other), not \(name)" }
        let counts = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.parameter.value.count) })
        let expected = rule(rate: 0, decay: 0, step: 1).moments
        for (name, moments) in state.moments.sorted(by: { $0.key < $1.key }) {
            guard let count = counts[name] else { return "'\(name)' of the optimizer's is no parameter of the model" }
            guard moments.count == expected else {
                return "the optimizer keeps \(expected) numbers for each of '\(name)', and there are \(moments.count)"
            }
            guard moments.allSatisfy({ $0.count == count }) else {
                return "the optimizer's numbers for '\(name)' are not the \(count) of the parameter"
            }
        }
        for (name, average) in state.averages.sorted(by: { $0.key < $1.key }) where counts[name] != average.count {
            return "the mean of '\(name)' is not of a parameter of the model"
        }
        return nil
    }

    /// Continues where `state` was read; it is not refused.
    package func load(_ state: State, for model: some Module) {
        (steps, validations) = (state.steps, state.validations)
        (updates, averaged) = (state.updates, state.averaged)
        (moments, averages) = ([:], [:])
        for (name, parameter) in model.parameters {
            let backend = parameter.value.device.backend
            moments[name] = state.moments[name]?.map { backend.makeBuffer($0) }
            averages[name] = state.averages[name].map { backend.makeBuffer($0) }
        }
    }
}
