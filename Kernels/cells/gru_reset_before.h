// Gated recurrent unit, the reset gate applied before the recurrent matmul.   (Cho et al. 2014, as first published; ONNX's
// default)
//
//     r, z = σ(x + q)                x = W·input + b,  q = R·h + bᵣ, a block for each of r z
//     n    = tanh(xₙ + qₙ)           qₙ = Rₙ·(r·h) + bᵣ: a product of its own, once r is known
//     h'   = (1 − z)·n + z·h
//
// Three gates, of which the first two have the first product; three saved blocks (r z n, then their pre-activations'
// gradients), one state (h). Dropped candidates (Semeniuta et al. 2016) are those of n.

// What h is multiplied by where the second product reads it.
INLINE real CELL(reset)(const real x, const real q, const UnrollCellOptions *options) {
    return gate(options, 0, x + q);
}

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const real *extra,
                          const UnrollCellOptions *options) {
    saved[0] = CELL(reset)(x[0], q[0], options);
    saved[1] = gate(options, 1, x[1] + q[1]);
    saved[2] = gate(options, 2, x[2] + q[2]);

    const real kept = saved[2] * extra[EXTRA_CANDIDATE];
    next[0] = kept + saved[1] * (state[0] - kept);
}

//     ∂n = ∂h'·(1 − z)    ∂z = ∂h'·(h − n)    ∂h = ∂h'·z
INLINE void CELL(backward)(real *saved, const real *state, real *gradient, real *extra,
                           const UnrollCellOptions *options) {
    const real z = saved[1], n = saved[2];
    saved[1] = gradient[0] * (state[0] - n * extra[EXTRA_CANDIDATE]) * gate_slope(options, 1, z);
    saved[2] = gradient[0] * (1.0f - z) * extra[EXTRA_CANDIDATE] * gate_slope(options, 2, n);
    gradient[0] = gradient[0] * z;
}

// Then, of what the second product read, v = r·h:   ∂r = ∂v·h    ∂h += ∂v·r.   Gives ∂v·r.
INLINE real CELL(reset_backward)(real *saved, const real h, const real dv, const UnrollCellOptions *options) {
    const real r = saved[0];
    saved[0] = dv * h * gate_slope(options, 0, r);
    return dv * r;
}
