import UnrollCompute

extension PrimitiveCase {
    /// Every rule with every number of moments it has, over three steps.
    package static let updates: [PrimitiveCase] = rules.flatMap { name, rule in
        [1, 1003, shared].flatMap { count in
            [false, true].map { clipped in
                var rule = rule
                if clipped { rule.limit = 0.15 }
                return updating(name + (clipped ? ", clipped" : ""), rule, count: count, scale: clipped ? 0.3 : nil)
            }
        }
    }

    private static let rules: [(String, UpdateRule)] = [
        ("sgd", .sgd(rate: 0.1, momentum: 0, decay: 0.3)),
        ("sgd with momentum", .sgd(rate: 0.1, momentum: 0.9, decay: 0.01)),
        ("adam", .adam(rate: 0.03, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, root: 7, decay: 0.02, keep: 1)),
        ("adamw", .adam(rate: 0.03, beta1: 0.8, beta2: 0.99, epsilon: 1e-5, root: 3, decay: 0, keep: 0.97)),
        ("nadam", .nadam(mean: 0.03, gradient: 0.02, beta1: 0.7, beta2: 0.9, epsilon: 1e-4, root: 2, decay: 0.1)),
        ("rmsprop", .rmsprop(rate: 0.01, alpha: 0.9, epsilon: 1e-3, momentum: 0, centred: false, decay: 0.1)),
        ("rmsprop, momentum", .rmsprop(rate: 0.01, alpha: 0.8, epsilon: 1e-3, momentum: 0.6, centred: false, decay: 0)),
        ("rmsprop, centred", .rmsprop(rate: 0.02, alpha: 0.7, epsilon: 1e-2, momentum: 0.4, centred: true, decay: 0.2)),
        ("adagrad", .adagrad(rate: 0.1, epsilon: 1e-3, decay: 0.3)),
        ("adadelta", .adadelta(rate: 0.8, rho: 0.9, epsilon: 1e-2, decay: 0.1)),
        ("average", .average(weight: 0.3)),
    ]

    private static func updating(_ name: String, _ rule: UpdateRule, count: Int, scale: Float?) -> PrimitiveCase {
        PrimitiveCase("update \(name) \(count)") { bench in
            let parameter = bench.buffer(count)
            let moments = (0..<rule.moments).map { _ in bench.backend.makeZeros(count: count) }
            let scale = scale.map { bench.backend.makeBuffer([$0]) }
            for _ in 0..<3 {
                bench.backend.update(
                    rule, parameter: parameter, gradient: bench.buffer(count), moments: moments, scale: scale)
            }
            var results = ["parameter": parameter]
            for (i, moment) in moments.enumerated() { results["moment \(i)"] = moment }
            return try bench.values(results)
        }
    }
}
