// The simple recurrent cell.   (Elman 1990; with relu, Le, Jaitly & Hinton 2015)
//
//     h' = φ(x + q)        x = W·input + b,  q = R·h + bᵣ,  φ = tanh or another activation
//
// One gate, one saved block (φ, then its pre-activation's gradient), one state (h). Dropped candidates (Semeniuta et al.
// 2016) are those of h'.

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const real *extra,
                          const UnrollCellOptions *options) {
    (void)state;
    saved[0] = gate(options, 0, x[0] + q[0]);
    next[0] = saved[0] * extra[EXTRA_CANDIDATE];
}

// ∂a = ∂h'·φ'(a), the slope read off the output. Nothing of ∂h passes except through R.
INLINE void CELL(backward)(real *saved, const real *state, real *gradient, real *extra,
                           const UnrollCellOptions *options) {
    (void)state;
    saved[0] = gradient[0] * extra[EXTRA_CANDIDATE] * gate_slope(options, 0, saved[0]);
    gradient[0] = real_of(0.0f);
}
