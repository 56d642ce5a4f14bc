/// Anything with parameters: a layer, or a model made of layers.
///
/// Parameters are found by name among the stored properties of a module and of the modules it holds, so that a module
/// of your own needs nothing but properties and a function:
///
///     final class Tagger: Module {
///         let embedding: Embedding
///         let layers: [Linear]
///
///         func callAsFunction(_ words: Tensor) -> Tensor { … }
///     }
///
/// Its parameters are `embedding.weight`, `layers.0.weight`, `layers.0.bias`, `layers.1.weight`, … These names are the
/// keys of model files.
public protocol Module: AnyObject {
    /// The parameters under dotted names, each once, in the order of the properties.
    var parameters: [(name: String, parameter: Parameter)] { get }
}

extension Module {
    /// Found by reflection: stored properties that are parameters, modules, arrays of them, or optionals of these.
    public var parameters: [(name: String, parameter: Parameter)] {
        var seen: Set<ObjectIdentifier> = []
        return Mirror(reflecting: self).properties
            .flatMap { found(in: $0.value, under: $0.name) { $0.parameters } }
            .filter { seen.insert(ObjectIdentifier($0.parameter)).inserted }
    }

    /// The further names of parameters that are found more than once, and the name each of them goes by.
    package var otherNames: [String: String] {
        let named = parameters.map { (ObjectIdentifier($0.parameter), $0.name) }
        let own = Dictionary(named) { first, _ in first }
        var others: [String: String] = [:]
        for (name, parameter) in allFound {
            if let first = own[ObjectIdentifier(parameter)], first != name { others[name] = first }
        }
        return others
    }

    /// How many numbers there are to train.
    public var parameterCount: Int {
        parameters.reduce(0) { $0 + ($1.parameter.isTrained ? $1.parameter.value.count : 0) }
    }
}

/// - Parameter inside: of a module, what is found in it.
private func found(
    in value: Any, under name: String, _ inside: (any Module) -> [(name: String, parameter: Parameter)]
) -> [(name: String, parameter: Parameter)] {
    switch value {
    case let parameter as Parameter:
        [(name, parameter)]
    case let module as any Module:
        inside(module).map { ("\(name).\($0.name)", $0.parameter) }
    case let modules as [any Module]:
        modules.enumerated().flatMap { found(in: $1, under: "\(name).\($0)", inside) }
    case let parameters as [Parameter]:
        parameters.enumerated().map { ("\(name).\($0)", $1) }
    default:
        []
    }
}

extension Module {
    /// As reflection finds them, each under all its names.
    fileprivate var allFound: [(name: String, parameter: Parameter)] {
        Mirror(reflecting: self).properties.flatMap { found(in: $0.value, under: $0.name) { $0.allFound } }
    }
}

extension Mirror {
    /// Stored properties by name, those of superclasses first.
    fileprivate var properties: [(name: String, value: Any)] {
        (superclassMirror?.properties ?? []) + children.compactMap { child in child.label.map { ($0, child.value) } }
    }
}
