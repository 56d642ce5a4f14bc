import CUnrollMicroKernels

extension Scan {
    /// The options as kernels want them; no flag is set where nothing is on.
    var kernelOptions: UnrollCellOptions {
        let isRandom = key != nil && (options.candidateDropout > 0 || options.zoneout > 0)
        let flags: [(Bool, Int)] = [
            (isRandom, CELL_IS_RANDOM), (key == nil && options.zoneout > 0, CELL_IS_EXPECTED),
            (options.clip != nil, CELL_HAS_CLIP), (options.activations != nil, UNROLL_SCAN_HAS_ACTIVATION),
        ]
        var result = UnrollCellOptions()
        result.flags = flags.reduce(0) { $0 | ($1.0 ? Int32($1.1) : 0) }
        guard result.flags != 0 else { return result }
        result.clip = options.clip ?? 0
        if let activation = options.activations?.first ?? kind.activation {
            result.activations.0 = activation.forKernels
        }
        if let key, isRandom {
            let candidate = DropoutMask(probability: options.candidateDropout, key: key)
            result.key = (key.word0, key.word1)
            result.zoneout.0 = DropoutMask(probability: options.zoneout, key: key).threshold
            (result.drop, result.drop_scale) = (candidate.threshold, candidate.scale)
        }
        result.staying.0 = options.zoneout
        return result
    }
}
