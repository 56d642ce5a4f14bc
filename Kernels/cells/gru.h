// Gated recurrent unit, the reset gate applied after the recurrent matmul.   (Cho et al. 2014; this form: cuDNN, PyTorch)
//
//     r, z = σ(x + q)                x = W·input + b,  q = R·h + bᵣ, a block for each of r z n
//     n    = tanh(xₙ + r·qₙ)
//     h'   = (1 − z)·n + z·h
//
// Three gates, four saved blocks, one state (h). The saved blocks are r z qₙ n, in which n's input side and its
// recurrent side stand apart: after the backward pass the first three are ∂q, and r, z and the last are ∂x. Dropped
// candidates (Semeniuta et al. 2016) are those of n.

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const real *extra,
                          const UnrollCellOptions *options) {
    const real r = gate(options, 0, x[0] + q[0]);
    const real z = gate(options, 1, x[1] + q[1]);
    const real n = gate(options, 2, x[2] + r * q[2]);
    const real kept = n * extra[EXTRA_CANDIDATE];

    next[0] = kept + z * (state[0] - kept);

    saved[0] = r;
    saved[1] = z;
    saved[2] = q[2];
    saved[3] = n;
}

//     ∂n = ∂h'·(1 − z)    ∂z = ∂h'·(h − n)    ∂r = ∂aₙ·qₙ    ∂qₙ = ∂aₙ·r    ∂h = ∂h'·z (+ Rᵀ·∂q)
INLINE void CELL(backward)(real *saved, const real *state, real *gradient, real *extra,
                           const UnrollCellOptions *options) {
    const real r = saved[0], z = saved[1], qn = saved[2], n = saved[3];
    const real dn = gradient[0] * (1.0f - z) * extra[EXTRA_CANDIDATE] * gate_slope(options, 2, n);

    saved[0] = dn * qn * gate_slope(options, 0, r);
    saved[1] = gradient[0] * (state[0] - n * extra[EXTRA_CANDIDATE]) * gate_slope(options, 1, z);
    saved[2] = dn * r;
    saved[3] = dn;

    gradient[0] = gradient[0] * z;
}
