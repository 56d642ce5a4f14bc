package import UnrollCompute

extension PrimitiveCase {
    /// One, two, about a block, about several; enough for work to be shared out, by chains and by blocks. And each option
    /// of a scan, and every pair.
    package static let scans =
        (ScanKind.allCases.flatMap(ScanCase.plain) + ScanKind.allCases.flatMap(ScanCase.optional))
        .map { test in
            PrimitiveCase(test.name, tolerance: 1e-5) { bench in try bench.values(test.results(bench)) }
        }

    /// Not among `all`, since every activation is a program of its own on some devices.
    package static let scanActivations = ScanKind.allCases.filter(\.hasWeight).flatMap(ScanCase.activations)
        .map(scan)

    private static func scan(_ test: ScanCase) -> PrimitiveCase {
        PrimitiveCase(test.name, tolerance: 1e-5) { bench in try bench.values(test.results(bench)) }
    }
}

extension RecurrentOptions {
    package typealias Setting = (name: String, set: @Sendable (inout RecurrentOptions) -> Void)

    /// What can be turned on in a scan, by name.
    package static func settings(of kind: ScanKind) -> [Setting] {
        var settings: [Setting] = [
            ("zoneout", { $0.zoneout = 0.3 }), ("candidate dropout", { $0.candidateDropout = 0.25 }),
            ("clip", { $0.clip = 0.8 }),
        ]
        if kind.hasWeight { settings.append(("elu", { $0.activations = [.elu(alpha: 0.7)] })) }
        return settings
    }
}

extension Array {
    /// Each element alone, and every pair.
    package var alonePaired: [[Element]] {
        map { [$0] } + indices.flatMap { a in self[(a + 1)...].map { [self[a], $0] } }
    }
}

/// What a scan is tried with.
private struct ScanCase {
    let kind: ScanKind
    var reverse: Bool
    let batch: Int
    let steps: Int
    let hidden: Int
    var masked: Bool
    /// Whether there is an initial state, and a gradient of outputs as well as of the final state.
    var given: Bool
    var options = RecurrentOptions()
    /// The names of what is on.
    var settings = ""
    var isTraining = true

    var name: String {
        let marks = [
            reverse ? "reverse" : "", masked ? "holes" : "", given ? "given state" : "", settings,
            isTraining ? "" : "inference",
        ]
        return "scan \(kind) \(batch)x\(steps)x\(hidden) " + marks.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    static func plain(_ kind: ScanKind) -> [ScanCase] {
        let block = Scan.linearBlock
        let sizes = [
            (1, 1, 1), (2, 2, 3), (3, block - 1, 5), (2, block, 17), (2, block + 5, 1), (1, block + 1, 19),
            (2, 3 * block + 5, 3),
            (1, 7 * block + 9, 33), (6, 5 * block, 67), (13, 70, 35),
        ]
        return sizes.enumerated().flatMap { index, size in
            [false, true].map { reverse in
                ScanCase(
                    kind: kind, reverse: reverse, batch: size.0, steps: size.1, hidden: size.2,
                    masked: (index + (reverse ? 1 : 0)) % 3 != 0, given: index % 2 == (reverse ? 0 : 1))
            }
        }
    }

    /// Each setting, every pair and all of them, where one block is enough, in training and as inference has it, and where
    /// workers share several; directions, holes and states change from one to the next.
    static func optional(_ kind: ScanKind) -> [ScanCase] {
        let settings = RecurrentOptions.settings(of: kind)
        let chosen = settings.alonePaired + [settings]
        return chosen.enumerated().flatMap { number, settings in
            [(3, 7, 5), (2, 2 * Scan.linearBlock + 9, 35)].enumerated().flatMap { place, size in
                (place == 0 ? [true, false] : [true]).map { isTraining in
                    var test = ScanCase(
                        kind: kind, reverse: (number + place) % 2 == 1, batch: size.0, steps: size.1, hidden: size.2,
                        masked: number % 3 != 0, given: (number + (isTraining ? 1 : 0)) % 2 == 0)
                    test.set(settings, isTraining: isTraining)
                    return test
                }
            }
        }
    }

    static func activations(_ kind: ScanKind) -> [ScanCase] {
        let all: [Activation] = [
            .sigmoid, .tanh, .relu, .affine(alpha: 0.8, beta: 0.1), .leakyReLU(alpha: 0.2),
            .thresholdedReLU(alpha: 0.15), .scaledTanh(alpha: 1.2, beta: 0.7), .hardSigmoid(alpha: 0.3, beta: 0.4),
            .elu(alpha: 0.7), .softsign, .softplus,
        ]
        return all.enumerated().map { number, activation in
            var test = ScanCase(
                kind: kind, reverse: number % 2 == 0, batch: 3, steps: 7, hidden: 19, masked: number % 3 != 0,
                given: true)
            test.set([("\(activation)", { $0.activations = [activation] })], isTraining: true)
            return test
        }
    }

    private mutating func set(_ settings: [RecurrentOptions.Setting], isTraining: Bool) {
        for setting in settings { setting.set(&options) }
        (self.settings, self.isTraining) = (settings.map(\.name).joined(separator: " + "), isTraining)
    }

    func results(_ bench: Bench) -> [String: Buffer] {
        let (count, states) = (batch * steps * hidden, batch * hidden)
        // Coefficients below 1 in size, inputs on both sides of every bend.
        let x = bench.buffer(count * kind.gates, bound: kind == .linear ? 0.99 : 3)
        let weight = bench.buffer(hidden, bound: 1)
        let before = holed(batch: batch, steps: steps).stepsBefore(reverse: reverse)
        let initial = bench.buffer(states)
        var scan = Scan(
            kind, reverse: reverse, batch: batch, steps: steps, hidden: hidden, x: x,
            weight: kind.hasWeight ? weight : nil, initial: given ? initial : nil,
            before: masked ? bench.indices(before) : nil)
        (scan.options, scan.key) = (options, isTraining ? RandomSource(seed: 3, step: 1).key(site: 2) : nil)
        let (y, final) = (bench.buffer(count), bench.buffer(states))
        bench.backend.scan(scan, into: y, final: final)
        let (dy, dFinal) = (bench.buffer(count), bench.buffer(states))
        let (dx, dWeight, dInitial) = (bench.buffer(count * kind.gates), bench.buffer(hidden), bench.buffer(states))
        let flow = bench.buffer(count)
        bench.backend.scanBackward(
            scan, y: y, dy: given || !masked ? dy : nil, dFinal: given || masked ? dFinal : nil, into: dx,
            dWeight: kind.hasWeight ? dWeight : nil, dInitial: given ? dInitial : nil, flow: reverse ? flow : nil)
        return ["y": y, "final": final, "dx": dx, "dWeight": dWeight, "dInitial": dInitial, "flow": flow]
    }
}
