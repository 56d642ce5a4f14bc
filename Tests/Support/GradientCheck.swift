package import UnrollCompute
package import UnrollLayers
package import UnrollTensors

/// How far a parameter's gradient is from what finite differences say.
package struct GradientError: CustomStringConvertible {
    package let name: String
    /// The largest difference, relative to the gradient's largest magnitude.
    package let error: Double
    /// That magnitude: a gradient of nothing but zeros checks nothing.
    package let magnitude: Double

    package var description: String { "\(name): error \(error), largest \(magnitude)" }
}

/// The gradients of a loss held against central differences `(f(w + ε) − f(w − ε)) / 2ε`, in Double: the module must live
/// on the reference backend. Of every parameter 40 places or more are tried, and all where tests may be long.
package func gradientErrors(
    of module: some Module, random: RandomSource? = nil, _ loss: () -> Tensor
) throws -> [GradientError] {
    let gradients = module.valueWithGradient(random: random, loss).gradients
    let step = 1e-5
    return try module.parameters.filter(\.parameter.isTrained).map { name, parameter in
        guard let gradient = gradients[parameter] else { return GradientError(name: name, error: .nan, magnitude: 0) }
        let values = try parameter.value.doubles()
        let places = places(of: values.count, about: testsAreLong ? values.count : 40, named: name)
        let expected = try places.map { index in
            let losses = try [step, -step].map { change in
                var moved = values
                moved[index] += change
                parameter.value.overwrite(with: moved)
                return try module.value(random: random, loss)
            }
            return (losses[0] - losses[1]) / (2 * step)
        }
        parameter.value.overwrite(with: values)
        let found = try gradient.doubles()
        return GradientError(
            name: name, error: relativeError(places.map { found[$0] }, expected), magnitude: largest(expected))
    }
}

/// So many places of a tensor, or up to twice as many, evenly spread; others for every name.
package func places(of count: Int, about few: Int, named name: String) -> [Int] {
    let distance = max(1, count / max(1, few))
    let first = name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 65521 } % distance
    return Array(stride(from: first, to: count, by: distance))
}

private struct LossAlone: Error { var value: Double }

extension Module {
    /// The loss alone, computed as where its gradient is asked for: thrown, so that nobody goes the way back.
    fileprivate func value(random: RandomSource?, _ loss: () -> Tensor) throws -> Double {
        do {
            return try valueWithGradient(random: random) { () throws -> Tensor in
                throw LossAlone(value: try loss().doubles()[0])
            }.value.doubles()[0]
        } catch let loss as LossAlone {
            return loss.value
        }
    }
}

/// A module of nothing but tensors: what an operation is differentiated by.
package final class Operands: Module {
    package let tensors: [Parameter]

    package init(_ tensors: [Parameter]) { self.tensors = tensors }

    /// Tensors of these shapes filled with numbers spread evenly over a range.
    package convenience init(
        _ shapes: [[Int]], in range: ClosedRange<Float> = -1...1, seed: UInt64 = 1, on device: Device
    ) {
        let source = RandomSource(seed: seed)
        let tensors = shapes.enumerated().map { site, shape in
            let values = source.uniform(count: shape.product, site: site)
                .map { range.lowerBound + $0 * (range.upperBound - range.lowerBound) }
            return Parameter(Tensor(values, shape: shape, on: device))
        }
        self.init(tensors)
    }

    /// What they hold, recorded inside `valueWithGradient`.
    package var values: [Tensor] { tensors.map(\.value) }
}

extension Tensor {
    /// A loss that gives every element a gradient of its own: `Σ yᵢ·kᵢ` with fixed random k.
    package func weightedSum() -> Tensor {
        let k = RandomSource(seed: 99).uniform(count: count, site: 0).map { 2 * $0 - 1 }
        return (self * Tensor(k, shape: shape, on: device)).sum()
    }
}
