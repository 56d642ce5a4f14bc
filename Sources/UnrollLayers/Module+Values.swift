import UnrollCompute

/// Why parameters could not be loaded, as the user should read it.
public enum ParameterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The module has a parameter that the values lack.
    case missing(name: String)
    /// The values have one that the module lacks.
    case unknown(name: String)
    /// A parameter that the module has under two names has other numbers under the second.
    case unequal(name: String, other: String)
    /// A parameter has another shape in the values.
    case wrongShape(name: String, expected: [Int], found: [Int])

    /// One line for the user.
    public var description: String {
        switch self {
        case .missing(let name):
            "parameter '\(name)' is missing"
        case .unknown(let name):
            "parameter '\(name)' does not belong to this model"
        case .unequal(let name, let other):
            "parameter '\(name)' is not '\(other)', which it is tied to in this model"
        case .wrongShape(let name, let expected, let found):
            "parameter '\(name)' has shape \(found), but this model needs \(expected)"
        }
    }
}

/// The numbers of a parameter, on the host.
package struct ParameterValues: Sendable, Equatable {
    package var shape: [Int]
    /// Row-major.
    package var values: [Float]

    package init(shape: [Int], values: [Float]) {
        (self.shape, self.values) = (shape, values)
    }
}

extension Module {
    /// The numbers of every parameter by name; waits for the device.
    package func parameterValues() throws -> [(name: String, values: ParameterValues)] {
        try parameters.map {
            ($0.name, ParameterValues(shape: $0.parameter.shape, values: try $0.parameter.value.floats()))
        }
    }

    /// Sets every parameter by name. All are checked before any is set. One that two layers share may come under each
    /// of its names, as in PyTorch's `state_dict`, with the same numbers.
    /// - Throws: `ParameterError`.
    package func load(_ values: [String: ParameterValues]) throws {
        let parameters = parameters
        let known = Set(parameters.map(\.name))
        let others = values.keys.contains { !known.contains($0) } ? otherNames : [:]
        for name in values.keys.sorted() where !known.contains(name) {
            guard let first = others[name] else { throw ParameterError.unknown(name: name) }
            guard values[first] == nil || values[first] == values[name] else {
                throw ParameterError.unequal(name: name, other: first)
            }
        }
        for (name, parameter) in parameters {
            guard let found = values[name] else {
                if parameter.mayBeMissing { continue }
                throw ParameterError.missing(name: name)
            }
            if found.shape != parameter.shape || found.values.count != parameter.value.count {
                throw ParameterError.wrongShape(name: name, expected: parameter.shape, found: found.shape)
            }
        }
        for (name, parameter) in parameters {
            guard let found = values[name] else { continue }
            parameter.value.device.backend.write(found.values, to: parameter.value.buffer)
        }
    }
}
