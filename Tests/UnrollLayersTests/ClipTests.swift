import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

/// Where a gate's pre-activation was clipped no gradient passes, whatever its activation makes of the ends: numbers that a
/// device works out with few bits left, and ends that are nearly flat.
@Suite struct ClipTests {
    static let ends: [(Activation, Float)] = [
        (.softplus, 6), (.softplus, 8), (.softplus, 1000), (.elu(alpha: 1), 0.003), (.hardSigmoid(), 2.49),
        (.sigmoid, 12), (.tanh, 8), (.scaledTanh(alpha: 30, beta: 0.1), 5), (.affine(alpha: 100, beta: -3), 0.03),
    ]

    @Test(arguments: TestedBackend.allAndReference, ends)
    func noGradientPassesAnEnd(_ tested: TestedBackend, _ end: (activation: Activation, clip: Float)) throws {
        var options = RecurrentOptions()
        (options.activations, options.clip) = ([end.activation], end.clip)
        let recurrent = Recurrent(
            .rnn, inputs: 1, hidden: 3, options: options, Initializer(seed: 1, on: tested.device))
        let x = Operands([[2, 3, 1]], in: -0.1...0.1, on: tested.device)
        for (place, passes) in [(Float(2), false), (-2, false), (0.5, true)] {
            for (name, parameter) in recurrent.parameters {
                let times: Float = name == "weight_ih_l0" ? 1 : name == "bias_ih_l0" ? place : 0
                parameter.value = .full(parameter.shape, with: times * end.clip, on: tested.device)
            }
            let gradient = x.valueWithGradient { recurrent(x.values[0]).output.weightedSum() }.gradients[x.tensors[0]]
            let found = try #require(gradient).doubles()
            #expect(found.allSatisfy { ($0 != 0) == passes }, "at \(place) of the clip: \(found)")
        }
    }
}
