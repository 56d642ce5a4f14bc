/// The weights of a layer, or their gradients: PyTorch's `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`,
/// and what options add.
package struct RecurrentWeights<Value> {
    /// `[input gates·hidden, inputs]`
    package var input: Value
    /// `[gates·hidden, width]`
    package var recurrent: Value
    /// `[input gates·hidden]`
    package var inputBias: Value
    /// `[gates·hidden]`
    package var recurrentBias: Value
    /// `[3·hidden]`, where the cell has them, or `[5·hidden]`.
    package var peepholes: Value?
    /// `[width, hidden]`, where h is projected.
    package var projection: Value?
    /// Where the cell has layer normalisation.
    package var norm: RecurrentNorm<Value>?

    package init(
        input: Value, recurrent: Value, inputBias: Value, recurrentBias: Value, peepholes: Value? = nil,
        projection: Value? = nil, norm: RecurrentNorm<Value>? = nil
    ) {
        (self.input, self.recurrent, self.inputBias, self.recurrentBias) = (input, recurrent, inputBias, recurrentBias)
        (self.peepholes, self.projection, self.norm) = (peepholes, projection, norm)
    }
}

/// The weights of a layer's layer normalisation, or their gradients.
package struct RecurrentNorm<Value> {
    /// Of `W·x`, `[input gates·hidden]`, and of `R·h`, `[gates·hidden]`.
    package var inputGain, recurrentGain: Value
    /// Of c on its way to h, `[hidden]`, where there is c.
    package var memory: (gain: Value, bias: Value)?

    package init(inputGain: Value, recurrentGain: Value, memory: (gain: Value, bias: Value)?) {
        (self.inputGain, self.recurrentGain, self.memory) = (inputGain, recurrentGain, memory)
    }
}

extension RecurrentWeights {
    /// Whether there is more than PyTorch's four.
    package var hasMore: Bool { peepholes != nil || projection != nil || norm != nil }

    private var more: [Value] {
        var more = [peepholes, projection].compactMap { $0 }
        if let norm { more += [norm.inputGain, norm.recurrentGain] + (norm.memory.map { [$0.gain, $0.bias] } ?? []) }
        return more
    }

    /// In PyTorch's order, then those of peepholes, projection and normalisation.
    package var all: [Value] { [input, recurrent, inputBias, recurrentBias] + (hasMore ? more : []) }

    /// Theirs in the same order, with `suffix`.
    package func names(_ suffix: String) -> [String] {
        let norm = norm.map { ["gain_ih", "gain_hh"] + ($0.memory == nil ? [] : ["gain_ch", "bias_ch"]) } ?? []
        let more = (peepholes == nil ? [] : ["weight_ch"]) + (projection == nil ? [] : ["weight_hr"]) + norm
        return (["weight_ih", "weight_hh", "bias_ih", "bias_hh"] + more).map { $0 + suffix }
    }

    package func forEach(_ body: (Value) -> Void) {
        body(input)
        body(recurrent)
        body(inputBias)
        body(recurrentBias)
        if hasMore { more.forEach(body) }
    }

    package func contains(where condition: (Value) -> Bool) -> Bool {
        condition(input) || condition(recurrent) || condition(inputBias) || condition(recurrentBias)
            || hasMore && more.contains(where: condition)
    }

    /// Of each weight, what `transform` makes of it.
    package func map<Other>(_ transform: (Value) -> Other) -> RecurrentWeights<Other> {
        RecurrentWeights<Other>(
            input: transform(input), recurrent: transform(recurrent), inputBias: transform(inputBias),
            recurrentBias: transform(recurrentBias), peepholes: peepholes.map(transform),
            projection: projection.map(transform),
            norm: norm.map { norm in
                RecurrentNorm<Other>(
                    inputGain: transform(norm.inputGain), recurrentGain: transform(norm.recurrentGain),
                    memory: norm.memory.map { (transform($0.gain), transform($0.bias)) })
            })
    }
}

extension RecurrentStack {
    /// Of the weights of layer `layer`.
    package func shapes(of layer: Int) -> RecurrentWeights<[Int]> {
        let cell = cell(of: layer)
        let (inputRows, rows) = (cell.inputGates * hidden, cell.gates * hidden)
        return RecurrentWeights(
            input: [inputRows, inputs(of: layer)], recurrent: [rows, width], inputBias: [inputRows],
            recurrentBias: [rows], peepholes: options.hasPeepholes ? [cell.peepholes * hidden] : nil,
            projection: projection.map { [$0, hidden] },
            norm: options.hasLayerNorm
                ? RecurrentNorm(
                    inputGain: [inputRows], recurrentGain: [rows], memory: cell.states > 1 ? ([hidden], [hidden]) : nil)
                : nil)
    }
}
