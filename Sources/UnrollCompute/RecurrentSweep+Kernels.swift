import CUnrollMicroKernels

extension RecurrentSweep {
    /// The options as kernels want them.
    func kernelOptions(hasOutput: Bool, showsGradients: Bool = false) -> UnrollCellOptions {
        let zoneouts = [options.zoneout, options.stateZoneout]
        let isRandom = key != nil && (options.candidateDropout > 0 || zoneouts.contains { $0 > 0 })
        let flags: [(Bool, Int)] = [
            (options.hasPeepholes, CELL_HAS_PEEPHOLES), (options.couplesGates, CELL_IS_COUPLED),
            (isRandom, CELL_IS_RANDOM), (key == nil && zoneouts.contains { $0 > 0 }, CELL_IS_EXPECTED),
            (hasOutput, SWEEP_HAS_OUTPUT), (fed != nil, SWEEP_HAS_FACTORS), (order != nil && isRandom, SWEEP_IS_PACKED),
            (showsGradients, SWEEP_SHOWS_GRADIENTS), (options.clip != nil, CELL_HAS_CLIP),
            (options.stateClip != nil, CELL_HAS_STATE_CLIP), (stages?.norm != nil, CELL_IS_NORMALIZED),
            (stages?.projection != nil, CELL_IS_PROJECTED), (isReadAbove, SWEEP_HAS_ABOVE),
        ]
        var result = UnrollCellOptions()
        result.flags = flags.reduce(0) { $0 | ($1.0 ? Int32($1.1) : 0) }
        (result.clip, result.state_clip) = (options.clip ?? 0, options.stateClip ?? 0)
        let activations = (options.activations ?? cell.activations).prefix(cell.activations.count)
        withUnsafeMutableBytes(of: &result.activations) { bytes in
            let places = bytes.bindMemory(to: UnrollActivation.self)
            for (place, activation) in activations.enumerated() { places[place] = activation.forKernels }
        }
        if let clip = options.clip {
            withUnsafeMutableBytes(of: &result.ends) { bytes in
                let places = bytes.bindMemory(to: (Float, Float).self)
                for (place, activation) in activations.enumerated() {
                    places[place] = (activation.value(-clip), activation.value(clip))
                }
            }
        }
        if let key, isRandom {
            let candidate = DropoutMask(probability: options.candidateDropout, key: key)
            result.key = (key.word0, key.word1)
            result.zoneout = (
                DropoutMask(probability: options.zoneout, key: key).threshold,
                DropoutMask(probability: options.stateZoneout, key: key).threshold
            )
            (result.drop, result.drop_scale) = (candidate.threshold, candidate.scale)
        }
        result.staying = (options.zoneout, options.stateZoneout)
        return result
    }
}

extension RecurrentSweep {
    /// What is only read.
    var constants: [Buffer] {
        [recurrentWeight, recurrentBias] + [peepholes, fed?.factors, order].compactMap { $0 }
    }
}

extension SweepGradients {
    var written: [Buffer] { carry + [products, flow].compactMap { $0 } + (stages?.written ?? []) }
}

extension SweepStages {
    var constants: [Buffer] {
        let norm = norm.map { [$0.inputGain, $0.recurrentGain] + ($0.memory.map { [$0.gain, $0.bias] } ?? []) }
        return [inputBias] + (norm ?? [])
    }

    var written: [Buffer] { [q, m] + [x, v, memory, projection?.result].compactMap { $0 } }
}

extension StageGradients {
    var written: [Buffer] { [through, m] + [v, projected, gains].compactMap { $0 } }
}
