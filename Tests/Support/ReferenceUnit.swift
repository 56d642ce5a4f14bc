package import UnrollCompute

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The equations of one unit of one row in one step, in Double, written from the papers and PyTorch's and ONNX's
/// documentation, apart from Kernels/cells.
package struct ReferenceUnit {
    package var cell: Cell
    package var options: RecurrentOptions
    /// Of i, f and o, then of d, for c and for c of the layer below.
    package var peepholes: [Double]?
    /// Random words in training: of zoneout of h and of c, and of the candidate.
    package var words: [UInt32]?

    private var p: [Double] { peepholes ?? [0, 0, 0] }

    /// Of the activations, that of the way from c to h.
    private var revealing: Int { cell.isLSTM ? 4 : 1 }

    /// What the candidate is multiplied by.
    private var candidate: Double {
        guard let words, options.candidateDropout > 0 else { return 1 }
        return isBelow(words[2], options.candidateDropout) ? 0 : 1 / (1 - Double(options.candidateDropout))
    }

    private func isBelow(_ word: UInt32, _ probability: Float) -> Bool { Double(word) < Double(probability) * 0x1p32 }

    /// How much of each state stays as it was.
    private func staying(_ state: Int) -> Double {
        let probability = state == 0 ? options.zoneout : options.stateZoneout
        guard let words else { return Double(probability) }
        return isBelow(words[state], probability) ? 1 : 0
    }

    private func activation(_ place: Int) -> Activation { (options.activations ?? cell.activations)[place] }

    private func gate(_ place: Int, _ a: Double) -> Double {
        let bound = options.clip.map(Double.init) ?? .infinity
        return activation(place).value(max(-bound, min(bound, a)))
    }

    /// Of a gate with this output. A clipped one has slope 0.
    private func slope(_ place: Int, _ y: Double) -> Double {
        if let clip = options.clip.map(Double.init) {
            let ends = [activation(place).value(-clip), activation(place).value(clip)]
            if ends.contains(where: { abs($0 - y) < 1e-12 }) { return 0 }
        }
        return activation(place).slope(y)
    }

    private func held(_ c: Double) -> Double {
        let bound = options.stateClip.map(Double.init) ?? .infinity
        return max(-bound, min(bound, c))
    }

    /// What is saved, and the new states.
    package func step(x: [Double], q: [Double], old: [Double]) -> (saved: [Double], new: [Double]) {
        let (saved, raw) = equations(x: x, q: q, old: old)
        return (saved, raw.indices.map { zoned($0, old[$0], raw[$0]) })
    }

    /// A state after the step, of which some stays as it was.
    package func zoned(_ state: Int, _ old: Double, _ raw: Double) -> Double { raw + staying(state) * (old - raw) }

    /// How much of a state's gradient goes past the step.
    package func staying(_ state: Int, of gradient: Double) -> Double { staying(state) * gradient }

    /// h' of what is saved and c', or c' normalised.
    package func reveal(saved: [Double], memory: Double) -> Double {
        (saved.count > 3 ? saved[3] : 1) * activation(revealing).value(memory)
    }

    /// The gradient of what `reveal` was given, and that of a gate of its own.
    package func concealed(saved: [Double], memory: Double, of d: Double) -> (memory: Double, gate: Double?) {
        let last = activation(revealing)
        let u = last.value(memory)
        guard saved.count > 3 else { return (d * last.slope(u), nil) }
        return (d * saved[3] * last.slope(u), d * u * slope(3, saved[3]))
    }

    /// What the second product reads h times.
    package func reset(x: Double, q: Double) -> Double { gate(0, x + q) }

    /// Of the gradient of that times h: of the gate's pre-activation.
    package func resetGradient(saved r: Double, h: Double, of d: Double) -> Double { d * h * slope(0, r) }

    package func equations(x: [Double], q: [Double], old: [Double]) -> (saved: [Double], new: [Double]) {
        let a = zip(x, q).map { $0 + $1 }
        switch cell.equations {
        case "rnn":
            let h = gate(0, a[0])
            return ([h], [h * candidate])
        case "ungated":
            let g = gate(0, a[0])
            let c = held(old[1] + g * candidate)
            return ([g], [activation(1).value(c), c])
        case "lstm":
            let i = gate(0, a[0] + p[0] * old[1])
            let f = options.couplesGates ? 1 - i : gate(1, a[1] + p[1] * old[1])
            let g = gate(2, a[2])
            var more: [Double] = []
            if cell.below != nil { more = [gate(5, x[4] + p[3] * old[1] + p[4] * x[5]), x[5]] }
            let c = held(f * old[1] + i * g * candidate + more.reduce(more.isEmpty ? 0 : 1, *))
            let o = gate(3, a[3] + p[2] * c)
            return ([i, f, g, o] + more, [o * activation(4).value(c), c])
        case "gru":
            let (r, z) = (gate(0, a[0]), gate(1, a[1]))
            let n = gate(2, x[2] + r * q[2])
            return ([r, z, q[2], n], [(1 - z) * n * candidate + z * old[0]])
        case "gru_reset_before":
            let (r, z, n) = (reset(x: x[0], q: q[0]), gate(1, a[1]), gate(2, a[2]))
            return ([r, z, n], [(1 - z) * n * candidate + z * old[0]])
        default:
            preconditionFailure("the reference has no cell '\(cell.name)'")
        }
    }

    /// Of the gradient of the new states: that of the pre-activations, where they were saved; of the old states, but for
    /// what comes through the recurrent weight; and of the peepholes. With layer normalisation the gradient of h' is that of
    /// c' already, and a gate of its own has its gradient.
    package func gradient(
        saved s: [Double], old: [Double], of gradient: [Double]
    ) -> (saved: [Double], old: [Double], peepholes: [Double]) {
        let stays = gradient.indices.map { staying($0) * gradient[$0] }
        let d = gradient.indices.map { gradient[$0] - stays[$0] }
        switch cell.equations {
        case "rnn":
            return ([d[0] * candidate * slope(0, s[0])], [stays[0]], [])
        case "ungated":
            let raw = old[1] + s[0] * candidate
            let dm = options.hasLayerNorm ? d[0] : concealed(saved: s, memory: held(raw), of: d[0]).memory
            let dc = held(raw) == raw ? d[1] + dm : 0
            return ([dc * candidate * slope(0, s[0])], [stays[0], dc + stays[1]], [])
        case "lstm":
            let (i, f, g, o) = (s[0], s[1], s[2], s[3])
            let (depth, below) = s.count > 4 ? (s[4], s[5]) : (0, 0)
            let raw = f * old[1] + i * g * candidate + depth * below
            let c = held(raw)
            let (dm, do_) =
                options.hasLayerNorm
                ? (d[0], o) : { ($0.memory, $0.gate!) }(concealed(saved: s, memory: c, of: d[0]))
            let dc = c == raw ? d[1] + dm + p[2] * do_ : 0
            let df = options.couplesGates ? 0 : dc * old[1] * slope(1, f)
            let di = (dc * g * candidate - (options.couplesGates ? dc * old[1] : 0)) * slope(0, i)
            let gates = [di, df, dc * i * candidate * slope(2, g), do_]
            let dOld = dc * f + p[0] * di + p[1] * df + stays[1]
            let peepholes = [di * old[1], df * old[1], do_ * c]
            guard s.count > 4 else { return (gates, [stays[0], dOld], peepholes) }
            let dd = dc * below * slope(5, depth)
            return (
                gates + [dd, dc * depth + p[4] * dd], [stays[0], dOld + p[3] * dd],
                peepholes + [dd * old[1], dd * below]
            )
        case "gru_reset_before":
            let (r, z, n) = (s[0], s[1], s[2])
            return (
                [
                    r, d[0] * (old[0] - n * candidate) * slope(1, z), d[0] * (1 - z) * candidate * slope(2, n),
                ], [d[0] * z + stays[0]], []
            )
        default:
            let (r, z, qn, n) = (s[0], s[1], s[2], s[3])
            let dn = d[0] * (1 - z) * candidate * slope(2, n)
            return (
                [dn * qn * slope(0, r), d[0] * (old[0] - n * candidate) * slope(1, z), dn * r, dn],
                [d[0] * z + stays[0]], []
            )
        }
    }
}

extension Activation {
    /// ONNX's definitions.
    func value(_ x: Double) -> Double {
        let (alpha, beta) = (Double(alpha), Double(beta))
        return switch function {
        case .sigmoid: 1 / (1 + exp(-x))
        case .tanh: hyperbolicTangent(x)
        case .relu: max(0, x)
        case .affine: alpha * x + beta
        case .leakyReLU: x >= 0 ? x : alpha * x
        case .thresholdedReLU: x > alpha ? x : 0
        case .scaledTanh: alpha * hyperbolicTangent(beta * x)
        case .hardSigmoid: max(0, min(1, alpha * x + beta))
        case .elu: x >= 0 ? x : alpha * (exp(x) - 1)
        case .softsign: x / (1 + abs(x))
        case .softplus: max(0, x) + log1p(exp(-abs(x)))
        }
    }

    /// Where the value is y.
    func slope(_ y: Double) -> Double {
        let (alpha, beta) = (Double(alpha), Double(beta))
        return switch function {
        case .sigmoid: y * (1 - y)
        case .tanh: 1 - y * y
        case .relu, .thresholdedReLU: y > 0 ? 1 : 0
        case .affine: alpha
        case .leakyReLU: y > 0 ? 1 : alpha
        case .scaledTanh: alpha * beta * (1 - (y / alpha) * (y / alpha))
        case .hardSigmoid: y > 0 && y < 1 ? alpha : 0
        case .elu: y > 0 ? 1 : y + alpha
        case .softsign: (1 - abs(y)) * (1 - abs(y))
        case .softplus: 1 - exp(-y)
        }
    }
}

// `Activation.tanh` hides the function.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
