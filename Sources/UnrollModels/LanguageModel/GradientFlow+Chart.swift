public import UnrollCharts
public import UnrollTensors

extension GradientFlow {
    /// `‖∂L/∂hₜ‖` over the steps, a line for each direction of each layer, on a logarithmic scale: what vanishes or
    /// explodes is a straight slope.
    /// - Throws: `ComputeError`.
    public func chart(_ title: String = "The gradient through time", subtitle: String = "") throws -> Chart {
        let lines = try curves().map { curve in
            Chart.Line(curve.name, curve.norms.enumerated().map { (x: Double($0 + 1), y: $1) })
        }
        return Chart(
            title, subtitle: subtitle, x: .init("step"), y: .init("‖∂L/∂h‖", scale: .logarithmic), lines: lines)
    }
}

extension GradientFlow.Curve {
    /// `layer 0`, of the direction that reads from the end `layer 0 reverse`.
    public var name: String { "layer \(layer)\(isReversed ? " reverse" : "")" }
}
