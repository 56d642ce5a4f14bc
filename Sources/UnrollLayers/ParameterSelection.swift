import UnrollCompute

/// Some of a module's parameters, by name or by shape.
public enum ParameterSelection: Sendable, Hashable {
    /// Every one.
    case all
    /// Those whose dotted name is one of these, where `*` stands for anything: `embedding.weight`, `recurrent.*_l0`.
    case named([String])
    /// Those of fewer than two axes: biases, and the gains of norms.
    case vectors

    /// Whether a parameter of this name and shape is among them.
    public func contains(_ name: String, shape: [Int]) -> Bool {
        switch self {
        case .all: true
        case .named(let patterns): patterns.contains { matches(name, $0) }
        case .vectors: shape.count < 2
        }
    }
}

/// Whether the pieces between the pattern's stars follow each other in the name, the first and last at its ends.
private func matches(_ name: String, _ pattern: String) -> Bool {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard pieces.count > 1 else { return name == pattern }
    guard name.hasPrefix(pieces[0]) else { return false }
    var rest = name.dropFirst(pieces[0].count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
        guard let found = rest.firstRange(of: piece) else { return false }
        rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(pieces.last!)
}

extension Module {
    /// The parameters of a selection, in order. A name that fits none is a mistake of the program and stops it.
    public func parameters(_ selection: ParameterSelection) -> [(name: String, parameter: Parameter)] {
        if case .named(let patterns) = selection {
            for pattern in patterns {
                require(
                    parameters.contains { matches($0.name, pattern) },
                    "no parameter of \(Self.self) is called '\(pattern)'; there are \(parameters.map(\.name))")
            }
        }
        return parameters.filter { selection.contains($0.name, shape: $0.parameter.shape) }
    }

    /// Leaves these parameters as they are from now on, and computes no gradients for them.
    public func freeze(_ selection: ParameterSelection = .all) {
        for (_, parameter) in parameters(selection) { parameter.isFrozen = true }
    }

    /// Trains these parameters again.
    public func unfreeze(_ selection: ParameterSelection = .all) {
        for (_, parameter) in parameters(selection) { parameter.isFrozen = false }
    }
}
